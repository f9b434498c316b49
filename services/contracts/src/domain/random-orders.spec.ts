import { describe, expect, it } from '@jest/globals';
import { Accepted, type Decision, type Effects } from '@yuzhi/messaging/decision';
import { confirmPatent } from '@yuzhi/protocol/register';
import fc from 'fast-check';
import {
  askedBy,
  at,
  BUYER,
  DAY_MS,
  documentData,
  note,
  oneStep,
  openingData,
  SALE,
  sampleTerms,
  SEALED,
  SELLER,
  signatureOf,
  signing,
  START,
  TOLD,
  toldBy,
} from './deal.fixture.ts';
import { type Ask, type Deal, SIDES } from './deal.ts';
import { dealProcess } from './deal-process.ts';
import { denied, documented, granted, noted, opened, sealed, signed, willing, woken } from './decisions.ts';

type Decide = (deal: Deal, now: number) => Decision<Deal>;
const everyCode = Object.keys(confirmPatent.rejections);

/** Anything that may reach a deal, whether or not it fits: errands twice, answers unasked, notes too early. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20 * DAY_MS) }),
  fc.record({
    kind: fc.constantFrom('granted' as const, 'denied' as const),
    what: fc.constantFrom<Ask>('confirm', 'expect', 'file', 'release'),
    code: fc.constantFrom(...everyCode, 'internal-fault'),
  }),
  fc.record({ kind: fc.constantFrom('document' as const, 'seal' as const) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('onward' as const) }) },
  fc.record({
    kind: fc.constantFrom('will' as const, 'signature' as const),
    side: fc.constantFrom(...SIDES),
    party: fc.constantFrom(SELLER, BUYER, '914403001922038216'),
    hash: fc.constantFrom(documentData.contentHash, documentData.contentHash, 'd'.repeat(64)),
  }),
  fc.record({
    kind: fc.constant('note' as const),
    what: fc.constantFrom(...TOLD),
  }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function decisionOn(one: Happening): Decide {
  if (one.kind === 'granted') return (deal, now) => granted(deal, one.what, {}, at(now));
  if (one.kind === 'denied') return (deal, now) => denied(deal, one.what, one.code, at(now));
  if (one.kind === 'document') return (deal, now) => documented(deal, documentData, at(now));
  if (one.kind === 'seal') return (deal, now) => sealed(deal, { saleId: SALE, fileHash: SEALED }, at(now));
  if (one.kind === 'will') return (deal, now) => willing(deal, signing(one.party, one.hash), at(now));
  if (one.kind === 'note') return (deal, now) => noted(deal, note(one.what), at(now));
  if (one.kind === 'onward') return onwardUnlessClosed;
  if (one.kind === 'wait') return (deal) => new Accepted(deal);
  const { side } = one as Extract<Happening, { side: unknown }>;
  return (deal, now) => signed(deal, { saleId: SALE, side, signature: signatureOf(side, now) }, at(now));
}

const onwardUnlessClosed: Decide = (deal, now) =>
  deal.state === 'closed' ? new Accepted(deal) : oneStep(deal, at(now));

const place = (deal: Deal) => dealProcess.states.indexOf(deal.state);
const passed = (deal: Deal, state: Deal['state']) => place(deal) > dealProcess.states.indexOf(state);

/** What holds of a deal whatever happened to it. */
function expectSound(deal: Deal): void {
  const { state, due, stuck, asking, notes, signing: made } = deal;
  expect(state === 'closed' || due !== null || stuck !== null).toBe(true);
  const waits = [due?.at, asking?.retryAt].filter((one) => one != null);
  expect(deal.deadlineAt).toBe(waits.length ? Math.min(...waits) : null);
  if (passed(deal, 'signing')) {
    expect(SIDES.every((side) => made[side]?.signature)).toBe(true);
    expect(deal.effectiveAt).not.toBeNull();
  }
  if (passed(deal, 'sealing')) expect(deal.sealedHash).toBe(SEALED);
  if (passed(deal, 'paying')) expect(notes.funded).toBe(true);
  if (passed(deal, 'registering')) expect(notes.registeredOn).not.toBeNull();
  if (state === 'closed') expect([notes.settled, due, stuck, asking]).toEqual([true, null, null, null]);
}

/** What holds of one decision: asked too early is money or a patent lost. */
function expectLawful(before: Deal, after: Deal, effects: Effects): void {
  expect(place(after)).toBeGreaterThanOrEqual(place(before));
  if (after !== before) expect(after.version).toBe(before.version + 1);
  else expect([...effects.events, ...effects.asks]).toEqual([]);
  const asks = askedBy(effects);
  expect(asks.length).toBeLessThanOrEqual(1);
  if (asks.length === 1) expect(after.asking?.retryAt).toBeNull();
  if (asks.includes('escrow.sale.expect')) expect(after.sealedHash).toBe(SEALED);
  if (asks.includes('register.filing.open')) expect([after.notes.funded, after.sealedHash]).toEqual([true, SEALED]);
  if (asks.includes('escrow.sale.release')) expect(after.notes.registeredOn).not.toBeNull();
  if (after.stuck && after.stuck.reason !== before.stuck?.reason) expect(toldBy(effects)).toContain('stuck');
}

/** Plays it as the committer does: deadlines first, then the decision; every step is checked. */
class Play {
  deal: Deal;
  readonly told: (string | undefined)[] = [];
  now = START;

  constructor() {
    const first = opened(openingData(), sampleTerms(), at(START));
    this.deal = first.state;
    this.told.push(...toldBy(first));
  }
  decide(decide: Decide): void {
    const due = woken(this.deal, at(this.now));
    if (due) this.#take(due.state, due.effects);
    const decision = decide(this.deal, this.now);
    if (decision instanceof Accepted) this.#take(decision.state, decision);
  }
  #take(after: Deal, effects: Effects): void {
    expectLawful(this.deal, after, effects);
    expectSound(after);
    this.told.push(...toldBy(effects));
    this.deal = after;
  }
}

const ONCE = ['opened', 'contract-offered', 'effective', 'closed'];
const times = (told: unknown[], type: string) => told.filter((one) => one === type).length;

describe('a deal to which anything happens in any order', () => {
  const chaos = fc.array(happening, { maxLength: 70, size: 'max' });

  it('never asks or tells too early, tells each step at most once, and is never silent', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(chaos, (happenings) => {
        const play = new Play();
        for (const one of happenings) {
          if (one.kind === 'wait') play.now += one.ms;
          play.decide(decisionOn(one));
          reached.add(play.deal.state);
        }
        for (const type of ONCE) expect(times(play.told, type)).toBeLessThanOrEqual(1);
        expect(times(play.told, 'signed')).toBeLessThanOrEqual(2);
      }),
      { numRuns: 120 },
    );
    expect(reached.size).toBe(dealProcess.states.length);
  });

  it('closes by itself once everything that it waits for has come', () => {
    fc.assert(
      fc.property(chaos, (happenings) => {
        const play = new Play();
        for (const one of happenings) {
          if (one.kind === 'wait') play.now += one.ms;
          play.decide(decisionOn(one));
        }
        for (let n = 0; play.deal.state !== 'closed' && n < 30; n++) {
          play.now += DAY_MS;
          play.decide(onwardUnlessClosed);
        }
        expect(play.deal.state).toBe('closed');
        for (const type of ONCE) expect(times(play.told, type)).toBe(1);
        expect(times(play.told, 'signed')).toBe(2);
      }),
      { numRuns: 120 },
    );
  });
});
