import { describe, expect, it } from '@jest/globals';
import type { Accepted, Decision } from '@yuzhi/messaging/decision';
import { signContract } from '@yuzhi/protocol/contracts';
import { confirmPatent } from '@yuzhi/protocol/register';
import {
  askedBy,
  at,
  BUYER,
  DAY_MS,
  dealIn,
  documentData,
  note,
  onward,
  reconfirmed,
  SALE,
  SEALED,
  SELLER,
  signatureOf,
  signing,
  START,
  TOLD,
  toldBy,
} from './deal.fixture.ts';
import type { Ask, Deal, DealState } from './deal.ts';
import { dealProcess } from './deal-process.ts';
import { denied, documented, granted, noted, sealed, signed, willing, woken } from './decisions.ts';
import { OVERDUE } from './stuck.ts';

const before = (state: DealState) => dealProcess.states.slice(0, dealProcess.states.indexOf(state));
const after = (state: DealState) => dealProcess.states.slice(dealProcess.states.indexOf(state) + 1);
const others = (state: DealState) => [...before(state), ...after(state)];
const seen = ({ state, events, asks }: Accepted<Deal>) => ({ state, events, asks });
const nothing = (deal: Deal) => ({ state: deal, events: [], asks: [] });
const refusal = (decision: Decision<Deal>) => (decision as { code?: string }).code;
const later = START + DAY_MS / 2;

describe('signing is refused', () => {
  const willed = () => (willing(dealIn('signing'), signing(SELLER), at(START)) as Accepted<Deal>).state;
  it.each<[keyof (typeof signContract)['rejections'], string, Deal | undefined, ReturnType<typeof signing>]>([
    ['deal-not-found', 'where there is no deal', undefined, signing(SELLER)],
    ['not-a-party', 'to a third organisation', dealIn('signing'), signing('914403001922038216')],
    [
      'not-a-party',
      'to a person who acts for himself',
      dealIn('signing'),
      signing('0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a01'),
    ],
    ['contract-not-signable', 'before there is a contract', dealIn('drafting'), signing(SELLER)],
    ['contract-not-signable', 'after all have signed', dealIn('paying'), signing(SELLER)],
    ['contract-already-signed', 'a second time', willed(), signing(SELLER)],
    ['content-hash-differs', 'of another content', dealIn('signing'), signing(SELLER, 'd'.repeat(64))],
  ])('with %s: %s', (code, _, deal, sent) => {
    expect(refusal(willing(deal, sent, at(START)))).toBe(code);
  });

  it('in the order of the catalogue: the first reason that holds is the answer', () => {
    const stranger = signing('914403001922038216', 'd'.repeat(64));
    expect(refusal(willing(dealIn('paying'), stranger, at(START)))).toBe('not-a-party');
    expect(refusal(willing(willed(), signing(SELLER, 'd'.repeat(64)), at(START)))).toBe('contract-already-signed');
    expect(Object.keys(signContract.rejections)).toEqual([
      'deal-not-found',
      'not-a-party',
      'contract-not-signable',
      'contract-already-signed',
      'content-hash-differs',
    ]);
  });

  it('never to a natural person who is the party: he signs for himself', () => {
    const person = '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a01';
    const decision = willing({ ...dealIn('signing'), buyer: person }, signing(person), at(START)) as Accepted<Deal>;
    expect(decision.body).toEqual({ side: 'buyer' });
  });
});

describe('what comes late or again changes nothing', () => {
  it.each(others('drafting'))('a document when the deal is %s', (state) => {
    const deal = dealIn(state);
    expect(seen(documented(deal, { ...documentData, contentHash: 'e'.repeat(64) }, at(later)))).toEqual(nothing(deal));
  });
  it.each(others('sealing'))('a seal when the deal is %s', (state) => {
    const deal = dealIn(state);
    expect(seen(sealed(deal, { saleId: SALE, fileHash: '6'.repeat(64) }, at(later)))).toEqual(nothing(deal));
  });
  it.each(others('signing'))('a signature when the deal is %s', (state) => {
    const deal = dealIn(state);
    expect(seen(signed(deal, { saleId: SALE, side: 'buyer', signature: signatureOf('buyer') }, at(later)))).toEqual(
      nothing(deal),
    );
  });
  it('a signature that nobody wanted, or beside another', () => {
    const deal = dealIn('signing');
    const made = { saleId: SALE, side: 'buyer' as const, signature: signatureOf('buyer') };
    expect(seen(signed(deal, made, at(later)))).toEqual(nothing(deal));
    const wanted = (willing(deal, signing(BUYER), at(START)) as Accepted<Deal>).state;
    const once = signed(wanted, made, at(START)).state;
    expect(seen(signed(once, { ...made, signature: { ...made.signature, signature: 'BBBB' } }, at(later)))).toEqual(
      nothing(once),
    );
  });

  const asks: [Ask, DealState[]][] = [
    ['confirm', ['confirming', 'expecting', 'filing']],
    ['expect', []],
    ['file', []],
    ['release', ['releasing']],
  ];
  const strays = asks.flatMap(([what, open]) =>
    dealProcess.states.filter((state) => !open.includes(state)).map((state) => [what, state] as const),
  );
  it.each(strays)('an answer to %s when the deal is %s', (what, state) => {
    const deal = dealIn(state);
    expect(seen(granted(deal, what, { orderId: null }, at(later)))).toEqual(nothing(deal));
    expect(seen(denied(deal, what, 'internal-fault', at(later)))).toEqual(nothing(deal));
  });

  it.each(TOLD)('%s, told twice', (what) => {
    const once = noted(dealIn('signing'), note(what), at(START)).state;
    expect(seen(noted(once, note(what), at(later)))).toEqual(nothing(once));
  });
  it('a refusal of the office, of a deal that is closed', () => {
    const closed = dealIn('closed');
    expect(seen(noted(closed, note('filing-refused'), at(later)))).toEqual(nothing(closed));
  });
});

describe('a question that was refused', () => {
  it.each(Object.keys(confirmPatent.rejections))('makes %s visible, and is asked again the next day', (code) => {
    const next = { confirming: undefined, expecting: 'expect', filing: 'file' };
    for (const state of ['confirming', 'expecting', 'filing'] as const) {
      const deal = dealIn(state);
      const decision = denied(deal, 'confirm', code, at(START));
      const { stuck, asking } = decision.state;
      expect(stuck).toMatchObject({ reason: code, since: START });
      expect(stuck!.zh).toMatch(/[一-鿿]/);
      const said = { saleId: SALE, at: state, reason: code, reasonZh: stuck!.zh, reasonEn: stuck!.en };
      expect(decision.events.map(({ data }) => data)).toEqual([said]);
      expect(asking).toEqual({ what: 'confirm', attempt: 1, retryAt: START + DAY_MS });
      expect(woken(decision.state, at(START + DAY_MS - 1))?.effects.asks ?? []).toEqual([]);
      const again = woken(decision.state, at(START + DAY_MS))!;
      expect(askedBy(again.effects)).toEqual(['register.patent.confirm']);
      expect(again.state.asking).toEqual({ what: 'confirm', attempt: 2, retryAt: null });
      const through = granted(again.state, 'confirm', {}, at(START + DAY_MS));
      expect(through.state.stuck).toBeNull();
      expect(through.state.asking?.what).toBe(next[state]);
    }
  });

  it('is asked again as often as need be, a day apart', () => {
    let deal = dealIn('releasing');
    for (let now = START, attempt = 1; attempt < 20; attempt++) {
      deal = denied(deal, 'release', 'internal-fault', at(now)).state;
      expect(deal.asking).toEqual({ what: 'release', attempt, retryAt: now + DAY_MS });
      now += DAY_MS;
      deal = woken(deal, at(now))!.state;
      expect(deal.asking).toMatchObject({ attempt: attempt + 1, retryAt: null });
    }
  });

  it('by a fault of the other service is stuck on that', () => {
    for (const [what, deal] of [
      ['expect', reconfirmed('expecting')],
      ['release', dealIn('releasing')],
    ] as const) {
      const { stuck } = denied(deal, what, 'internal-fault', at(START)).state;
      expect(stuck).toMatchObject({ reason: 'internal-fault', en: expect.stringContaining('kept for repair') });
    }
    expect(denied(reconfirmed('expecting'), 'expect', 'unheard-of', at(START)).state.stuck).toMatchObject({
      reason: 'unheard-of',
      en: expect.stringContaining('kept for repair'),
    });
  });

  it('says so once, and counts one answer for each attempt', () => {
    const once = denied(dealIn('confirming'), 'confirm', 'annuity-unpaid', at(START)).state;
    expect(seen(denied(once, 'confirm', 'annuity-unpaid', at(later)))).toEqual(nothing(once));
    const again = denied(woken(once, at(START + DAY_MS))!.state, 'confirm', 'annuity-unpaid', at(START + DAY_MS));
    expect(toldBy(again)).toEqual([]);
    expect(again.state.stuck?.since).toBe(START);
    const other = denied(woken(again.state, at(START + 2 * DAY_MS))!.state, 'confirm', 'patent-pledged', at(later));
    expect(toldBy(other)).toEqual(['stuck']);
  });

  it('goes on when the answer comes after all, though it was to be asked again', () => {
    const waits = denied(dealIn('confirming'), 'confirm', 'internal-fault', at(START)).state;
    expect(granted(waits, 'confirm', {}, at(later)).state).toMatchObject({ state: 'drafting', stuck: null });
  });
});

describe('a deadline that passes', () => {
  const states = dealProcess.states.filter((state) => state !== 'closed');

  it.each(states)(
    'makes a deal that is %s stuck for everyone to see, once, and it goes on by itself later',
    (state) => {
      const deal = dealIn(state);
      const due = deal.due!.at;
      expect(woken(deal, at(due - 1))).toBeUndefined();
      const passed = woken(deal, at(due + 5_000))!;
      const { zh, en } = OVERDUE[state];
      expect(passed.state).toMatchObject({
        state,
        due: null,
        stuck: { reason: `${state}-overdue`, zh, en, since: due },
      });
      expect(passed.state.version).toBe(deal.version + 1);
      expect(passed.effects.events.map(({ data }) => data)).toEqual([
        { saleId: SALE, at: state, reason: `${state}-overdue`, reasonZh: zh, reasonEn: en },
      ]);
      expect(woken(passed.state, at(due + 400 * DAY_MS))).toBeUndefined();
      const next = onward(passed.state, at(due + 10_000));
      expect(next.state.stuck).toBeNull();
      expect(dealProcess.states.indexOf(next.state.state)).toBeGreaterThan(dealProcess.states.indexOf(state));
      expect(next.state.state === 'closed' || next.state.due !== null).toBe(true);
    },
  );

  it('keeps the cause that is known as the reason', () => {
    const refused = denied(dealIn('filing'), 'confirm', 'patent-preserved', at(START)).state;
    const passed = woken({ ...refused, asking: null }, at(refused.due!.at))!;
    expect(passed.state.stuck?.reason).toBe('patent-preserved');
    expect(toldBy(passed.effects)).toEqual([]);
  });

  it('keeps a deal visible that goes on half a step: confirmed again too late, and not yet filed', () => {
    const deal = dealIn('filing');
    const overdue = woken(deal, at(deal.due!.at))!.state;
    const confirmed = granted(overdue, 'confirm', {}, at(deal.due!.at + 1));
    expect(confirmed.state.due).not.toBeNull();
  });

  it('gives the office its refusal back as the reason, and lets a later registration through', () => {
    const refused = noted(dealIn('registering'), note('filing-refused'), at(later));
    expect(refused.state.stuck).toMatchObject({ reason: 'filing-refused', since: later });
    expect(refused.events[0]!.data).toMatchObject({
      reasonZh: '登记申请未获通过：受让人名称与合同不符',
      reasonEn: 'The filing was refused: 受让人名称与合同不符',
    });
    const registered = noted(refused.state, note('registered'), at(later));
    expect(registered.state).toMatchObject({ state: 'releasing', stuck: null });
  });

  it('does not go on for a registration to somebody else, whenever that is told, until the buyer is registered', () => {
    for (const early of [dealIn('filing'), dealIn('registering')]) {
      const told = noted(early, note('registered-to-another'), at(later)).state;
      const waits = early.state === 'filing' ? onward(told, at(later)).state : told;
      expect(waits).toMatchObject({ state: 'registering', stuck: { reason: 'registered-to-another' } });
      expect(waits.asking).toBeNull();
      expect(noted(waits, note('registered'), at(later)).state).toMatchObject({ state: 'releasing', stuck: null });
    }
  });

  it('of a seal that came late is told with the seal itself', () => {
    const deal = dealIn('sealing');
    const overdue = woken(deal, at(deal.due!.at))!.state;
    expect(toldBy(sealed(overdue, { saleId: SALE, fileHash: SEALED }, at(later)))).toEqual(['effective']);
  });
});
