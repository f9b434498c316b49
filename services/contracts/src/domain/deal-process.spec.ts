import { describe, expect, it } from '@jest/globals';
import { contractOffered, dealClosed, dealEffective, dealOpened } from '@yuzhi/protocol/contracts';
import {
  askedBy,
  at,
  BUYER,
  CONTENT,
  DAY_MS,
  dealIn,
  documentData,
  INVENTOR,
  note,
  openingData,
  ORDER,
  PATENT,
  reconfirmed,
  SALE,
  sampleTerms,
  SEALED,
  SELLER,
  signatureOf,
  signing,
  START,
  toldBy,
} from './deal.fixture.ts';
import { readFileSync } from 'node:fs';
import { type Accepted, accept } from '@yuzhi/messaging/decision';
import type { Deal } from './deal.ts';
import { dealProcess, Turn } from './deal-process.ts';
import { documented, granted, noted, opened, sealed, signed, willing } from './decisions.ts';

const HOUR_MS = 3_600_000;
const later = START + 3 * DAY_MS;

describe('a deal on its way', () => {
  it('opens by asking the register whether the patent is still what was sold', () => {
    const decision = opened(openingData(), sampleTerms(), at(START));
    expect(decision.state).toMatchObject({ state: 'confirming', version: 1, priceFen: 50_000_000n, openedAt: START });
    expect(decision.asks[0]).toMatchObject({
      key: PATENT,
      data: { patentNumber: PATENT, saleId: SALE, seller: SELLER },
    });
    const told = { saleId: SALE, seller: SELLER, buyer: BUYER, payees: [SELLER, INVENTOR] };
    expect(decision.events).toEqual([
      { event: dealOpened, data: { ...told, priceFen: '50000000', patentNumber: PATENT }, saleId: SALE },
    ]);
    expect(decision.state.deadlineAt).toBe(START + HOUR_MS);
  });

  it('is drafted once the register confirms, by the register entry of that moment', () => {
    const entry = { ...openingData().entry, officeVersion: 4 };
    const { state } = granted(dealIn('confirming'), 'confirm', { entry }, at(later));
    expect(state).toMatchObject({ state: 'drafting', confirmedAt: later, asking: null, deadlineAt: later + HOUR_MS });
    expect(state.entry.officeVersion).toBe(4);
  });

  it('is offered for signing when its document is there, for so many working days', () => {
    const decision = documented(dealIn('drafting'), documentData, at(later));
    const signBy = later + 5 * DAY_MS;
    expect(decision.state).toMatchObject({ state: 'signing', signBy, deadlineAt: signBy });
    expect(decision.events).toEqual([
      { event: contractOffered, data: { saleId: SALE, contentHash: CONTENT, signBy }, saleId: SALE },
    ]);
  });

  it('records the will of a signatory, which alone is no signature', () => {
    const decision = willing(dealIn('signing'), signing(BUYER), at(later)) as Accepted<Deal>;
    expect(decision.body).toEqual({ side: 'buyer' });
    expect(decision.events).toEqual([]);
    const will = { person: signing(BUYER).principal.person, at: later, evidence: `sign ${BUYER}` };
    expect(decision.state.signing).toEqual({ seller: null, buyer: { will, signature: null } });
    expect(decision.state.state).toBe('signing');
  });

  it('takes effect for its parties when the second of them has signed, in whatever order', () => {
    for (const order of [['seller', 'buyer'] as const, ['buyer', 'seller'] as const]) {
      let deal = dealIn('signing');
      for (const side of order) deal = (willing(deal, signing(deal[side]), at(later)) as Accepted<Deal>).state;
      const first = signed(deal, { saleId: SALE, side: order[0], signature: signatureOf(order[0]) }, at(later));
      expect([first.state.state, toldBy(first)]).toEqual(['signing', ['signed']]);
      const moment = at(later + 1);
      const second = signed(first.state, { saleId: SALE, side: order[1], signature: signatureOf(order[1]) }, moment);
      expect(second.state).toMatchObject({ state: 'sealing', effectiveAt: later + 1 });
      expect(second.state.payBy).toEqual({ at: later + 1 + 5 * DAY_MS, provisional: false });
      expect(second.events[0]!.data).toEqual({ saleId: SALE, party: second.state[order[1]], side: order[1] });
    }
  });

  it('is announced as effective with its seal, and its patent is confirmed again before anybody pays', () => {
    const decision = sealed(dealIn('sealing'), { saleId: SALE, fileHash: SEALED }, at(later));
    const hashes = { contentHash: CONTENT, fileHash: SEALED };
    expect(decision.events).toEqual([
      {
        event: dealEffective,
        data: { saleId: SALE, seller: SELLER, buyer: BUYER, ...hashes, effectiveAt: START },
        saleId: SALE,
      },
    ]);
    expect([decision.state.state, askedBy(decision)]).toEqual(['expecting', ['register.patent.confirm']]);
    const confirmed = granted(decision.state, 'confirm', {}, at(later));
    expect(confirmed.state.state).toBe('expecting');
    const price = { priceFen: '50000000', depositFen: '5000000', dueAt: START + 5 * DAY_MS };
    expect(confirmed.asks.map(({ key, data }) => [key, data])).toEqual([
      ['main', { saleId: SALE, seller: SELLER, buyer: BUYER, ...price }],
    ]);
  });

  it('waits for the price until the day that the contract says, however long the sealing took', () => {
    const { state } = granted(reconfirmed('expecting'), 'expect', { orderId: ORDER }, at(later));
    expect(state).toMatchObject({ state: 'paying', orderId: ORDER, deadlineAt: START + 5 * DAY_MS });
  });

  it('asks the register again before it files, and files only then', () => {
    const funded = noted(dealIn('paying'), note('funded'), at(later));
    expect([funded.state.state, askedBy(funded)]).toEqual(['filing', ['register.patent.confirm']]);
    expect(funded.state.deadlineAt).toBe(later + 10 * DAY_MS);
    expect(funded.state.due?.provisional).toBe(true);
    const confirmed = granted(funded.state, 'confirm', {}, at(later));
    expect([confirmed.state.state, askedBy(confirmed)]).toEqual(['filing', ['register.filing.open']]);
    const contract = { contractHash: SEALED, contractSignedAt: START };
    expect(confirmed.asks[0]).toMatchObject({
      key: SALE,
      data: { saleId: SALE, patentNumber: PATENT, from: SELLER, to: BUYER, ...contract },
    });
    const filed = granted(confirmed.state, 'file', {}, at(later));
    expect(filed.state).toMatchObject({ state: 'registering', deadlineAt: START + 180 * DAY_MS });
  });

  it('asks for the release once the transfer is registered, with the shares of the inventors', () => {
    const decision = noted(dealIn('registering'), note('registered'), at(later));
    expect(decision.state).toMatchObject({ state: 'releasing', deadlineAt: later + 3 * DAY_MS });
    const shares = { inventors: [{ party: INVENTOR, weight: 1 }], inventorBps: 7000, costsFen: '100000' };
    const terms = { netDeducts: ['fee', 'costs'], payMonths: 6 };
    expect(decision.asks.map(({ key, data }) => [key, data])).toEqual([
      ['main', { saleId: SALE, ...shares, ...terms }],
    ]);
  });

  it('closes when everybody has his money, and then waits for nothing', () => {
    const released = granted(dealIn('releasing'), 'release', {}, at(later));
    expect([released.state.state, released.state.deadlineAt]).toEqual(['paying-out', START + 3 * DAY_MS]);
    const decision = noted(released.state, note('settled'), at(later));
    const sale = { saleId: SALE, seller: SELLER, buyer: BUYER, patentNumber: PATENT, priceFen: '50000000' };
    expect(decision.events).toEqual([{ event: dealClosed, data: sale, saleId: SALE }]);
    expect(decision.state).toMatchObject({ state: 'closed', due: null, deadlineAt: null, asking: null, stuck: null });
  });
});

describe('what others tell too early', () => {
  it.each([
    ['the price before escrow answered', 'expecting', 'funded', 'filing'],
    ['the registration before the register answered', 'filing', 'registered', 'releasing'],
    ['the settlement before escrow answered', 'releasing', 'settled', 'closed'],
  ] as const)('is remembered: %s', (_, state, what, reached) => {
    const early = noted(dealIn(state), note(what), at(START));
    expect([early.state.state, toldBy(early), askedBy(early)]).toEqual([state, [], []]);
    let deal = early.state;
    if (state !== 'releasing') deal = granted(deal, 'confirm', {}, at(START)).state;
    const ask = { expecting: 'expect', filing: 'file', releasing: 'release' }[state] as 'expect' | 'file' | 'release';
    expect(granted(deal, ask, {}, at(START)).state.state).toBe(reached);
  });

  it('runs through every state it allows, in one decision that asks and tells of each', () => {
    const early = noted(reconfirmed('expecting'), note('funded'), at(START));
    const decision = granted(early.state, 'expect', { orderId: null }, at(START));
    expect([decision.state.state, askedBy(decision)]).toEqual(['filing', ['register.patent.confirm']]);
    expect(decision.state.version).toBe(early.state.version + 1);
  });

  it('shows a refusal of the office as soon as the filing stands', () => {
    const refused = noted(dealIn('filing'), note('filing-refused'), at(START));
    expect(refused.state.stuck).toBeNull();
    const confirmed = granted(refused.state, 'confirm', {}, at(START));
    const decision = granted(confirmed.state, 'file', {}, at(later));
    expect(decision.state).toMatchObject({ state: 'registering', stuck: { reason: 'filing-refused', since: later } });
    expect(toldBy(decision)).toEqual(['stuck']);
  });

  it('says a refusal that a registration has overtaken to nobody', () => {
    const refused = noted(dealIn('filing'), note('filing-refused'), at(START));
    const registered = noted(refused.state, note('registered'), at(START));
    const confirmed = granted(registered.state, 'confirm', {}, at(START));
    const decision = granted(confirmed.state, 'file', {}, at(START));
    expect([decision.state.state, toldBy(decision)]).toEqual(['releasing', []]);
  });
});

describe('the table of the process', () => {
  it('has one way from the confirmed result to the last payment', () => {
    const way = ['confirming'];
    for (;;) {
      const onward = dealProcess.transitions.find((t) => t.from === way.at(-1) && t.to !== t.from);
      if (!onward) break;
      way.push(onward.to);
    }
    expect(way).toEqual(dealProcess.states.toSorted((a, b) => way.indexOf(a) - way.indexOf(b)));
    expect(way.at(-1)).toBe('closed');
  });

  it('is the one that the README draws', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const drawn = [...readme.matchAll(/^  (\S+) --> (\S+): (\w+)/gm)].map(([, from, to, on]) => ({ from, on, to }));
    const named = dealProcess.transitions.map(({ from, on, to }) => ({
      from: from.replace('-', '_'),
      on,
      to: to.replace('-', '_'),
    }));
    expect(drawn.slice(1)).toEqual(named);
  });

  it('is not left: a move that it does not know is a mistake of ours', () => {
    const turn = new Turn(dealIn('paying'), START, at(START).calendar);
    expect(() => turn.move('registered')).toThrow('a deal that is paying cannot be registered');
  });

  it('costs no version and writes nothing where nothing changed', () => {
    const deal = dealIn('paying');
    expect(new Turn(deal, START, at(START).calendar).done()).toEqual(accept(deal, {}));
  });
});
