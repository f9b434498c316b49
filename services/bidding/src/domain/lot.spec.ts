import { describe, expect, it } from '@jest/globals';
import { admit, placeBid, register } from './auction.ts';
import { depositProcess } from './deposit.ts';
import {
  advanceLot,
  answerDeposit,
  applyDeposit,
  failDeposit,
  type Lot,
  openLot,
  quoted,
  type Step,
  step,
} from './lot.ts';
import type { Terms } from './terms.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [OPENS, STARTS, ENDS] = [0, HOUR, 2 * HOUR];
const CYCLE = 300_000;
const UNANSWERED_MS = 12 * HOUR;
const OVER = ENDS + CYCLE;
const terms: Terms = {
  currency: 'CNY',
  startPriceFen: 100n,
  reserveFen: null,
  incrementFen: 10n,
  depositFen: 20n,
  rulesVersion: '2026.1',
  rulebookVersion: '2026.1',
  admissionEndsAt: ENDS,
  freeStartsAt: STARTS,
  freeEndsAt: ENDS,
  cycleMs: CYCLE,
  unansweredMs: UNANSWERED_MS,
};
/** Three days after the end, whatever the calendar. */
const returnsAt = (endedAt: number) => endedAt + 3 * DAY;
const DUE = returnsAt(OVER);

const advanced = (lot: Lot, now: number): Step => advanceLot(lot, now, returnsAt) ?? { lot, happened: [], items: [] };
const bid = (lot: Lot, party: string, amountFen: bigint, now: number): Lot => {
  const { lot: due } = advanced(lot, now);
  const { auction, events } = placeBid(due.auction, party, amountFen, now);
  return quoted(due, auction, events).lot;
};
const types = ({ happened }: Step) => happened.map(({ type }) => type);
const deposits = ({ auction }: Lot) =>
  Object.fromEntries(Object.entries(auction.bidders).map(([party, { deposit }]) => [party, deposit]));

/** A lot with ann and bob admitted, and cid who never paid. */
function opened(changes: Partial<Terms> = {}): Lot {
  const opening = openLot({ saleId: 'lot', seller: 'seller', terms: { ...terms, ...changes }, bounds: null }, OPENS);
  if ('refusal' in opening) throw new Error(opening.refusal);
  return ['ann', 'bob', 'cid'].reduce((lot, party) => {
    const registered = register(lot.auction, party, '2026.1', OPENS + 1);
    const admitted = party === 'cid' ? registered : admit(registered.auction, party, 20n, OPENS + 2);
    return step(lot, { auction: admitted.auction }, [...registered.events, ...admitted.events]).lot;
  }, opening.lot);
}
/** Sold to ann; bob lost. */
const sold = () => advanced(bid(opened(), 'ann', 100n, STARTS), OVER).lot;
/** The same, with bob's deposit asked back. */
const asked = () => advanced(sold(), DUE).lot;
const settled = () => answerDeposit(asked(), 'bob', 'released', DUE + 1)!.lot;

describe('a lot', () => {
  it('is refused with the terms', () => {
    const poor = { saleId: 'lot', seller: 'seller', terms: { ...terms, depositFen: -1n }, bounds: null };
    expect(openLot(poor, OPENS)).toEqual({ refusal: 'deposit-out-of-bounds' });
  });

  it('does nothing by itself before its deadline', () => {
    expect(opened().deadlineAt).toBe(STARTS);
    expect(advanceLot(opened(), STARTS - 1, returnsAt)).toBeUndefined();
  });

  it('numbers what the hall sees and raises its version with what changes its row', () => {
    const free = advanced(opened(), STARTS);
    expect(free.items).toEqual([{ kind: 'period', at: STARTS, period: 'free' }]);
    expect(free.lot).toMatchObject({ head: 1, version: opened().version + 1, deadlineAt: ENDS });
  });

  it('is left in its version and its deadline by a quote, valid or refused', () => {
    const { lot } = advanced(opened(), STARTS);
    const valid = bid(lot, 'ann', 100n, STARTS);
    expect(valid).toMatchObject({ head: 2, version: lot.version, deadlineAt: lot.deadlineAt, auction: { seq: 1 } });
    const refused = bid(valid, 'ann', 100n, STARTS);
    expect(refused).toMatchObject({ head: 2, version: lot.version, auction: { seq: 2 } });
  });

  it('looks again when its first cycle would have ended, and only then puts the deadline off', () => {
    const raised = bid(bid(opened(), 'ann', 100n, STARTS), 'bob', 110n, ENDS + 7);
    expect(raised).toMatchObject({ deadlineAt: OVER, auction: { cycleEndsAt: OVER + 7 } });
    const looked = advanced(raised, OVER);
    expect(looked.happened).toEqual([]);
    expect(looked.lot).toMatchObject({ deadlineAt: OVER + 7, version: raised.version + 1 });
    expect(types(advanced(looked.lot, OVER + 7))).toEqual(['ended']);
  });

  it('ends at the instant of its deadline however late it is noticed, and knows when deposits go back', () => {
    const late = advanced(bid(opened(), 'ann', 100n, STARTS), OVER + HOUR);
    expect(late.lot.auction.result).toMatchObject({ outcome: 'sold', endedAt: OVER });
    expect(late.lot).toMatchObject({ returns: { dueAt: DUE, state: 'waiting' }, deadlineAt: DUE });
  });
});

describe('the deposits of those who did not win', () => {
  it('are asked back at the deadline, not a millisecond before', () => {
    expect(advanceLot(sold(), DUE - 1, returnsAt)).toBeUndefined();
    const { lot, happened } = advanced(sold(), DUE);
    expect(happened).toEqual([{ type: 'deposits-due', at: DUE, parties: ['bob'] }]);
    expect(deposits(lot)).toEqual({ ann: 'held', bob: 'returning', cid: 'due' });
    expect(lot.returns).toEqual({ dueAt: DUE, state: 'asked' });
  });

  it('are those of everybody when nothing was sold', () => {
    const unsold = advanced(bid(opened({ reserveFen: 200n }), 'ann', 100n, STARTS), DUE);
    expect(unsold.happened).toContainEqual({ type: 'deposits-due', at: DUE, parties: ['ann', 'bob'] });
  });

  it('are settled when escrow has taken all of them over to return', () => {
    const both = advanced(opened(), DUE).lot;
    const one = answerDeposit(both, 'ann', 'released', DUE + 1)!;
    expect(one.happened).toEqual([]);
    const all = answerDeposit(one.lot, 'bob', 'released', DUE + 2)!;
    expect(all.happened).toEqual([{ type: 'deposits-settled', at: DUE + 2, released: 2 }]);
    expect(deposits(all.lot)).toEqual({ ann: 'released', bob: 'released', cid: 'due' });
    expect(all.lot).toMatchObject({ returns: { state: 'settled' }, deadlineAt: null });
  });

  it('are settled at once when there are none', () => {
    const alone = openLot({ saleId: 'lot', seller: 'seller', terms, bounds: null }, OPENS) as Step;
    expect(types(advanced(alone.lot, DUE))).toEqual([
      'period-changed',
      'period-changed',
      'cycle-started',
      'ended',
      'deposits-settled',
    ]);
  });

  it('are not settled twice by an answer that comes again or no longer fits', () => {
    expect(answerDeposit(settled(), 'bob', 'released', DUE + 2)).toBeUndefined();
    expect(answerDeposit(settled(), 'bob', 'applied', DUE + 2)).toBeUndefined();
    expect(answerDeposit(sold(), 'bob', 'released', DUE)).toBeUndefined();
    expect(answerDeposit(asked(), 'cid', 'released', DUE)).toBeUndefined();
    expect(answerDeposit(asked(), 'stranger', 'released', DUE)).toBeUndefined();
  });

  it('are shown to a person when escrow fails on the question, once for each reason', () => {
    const failed = failDeposit(asked(), 'bob', 'internal-fault', DUE + 1)!;
    expect(failed.happened).toEqual([{ type: 'deposit-stuck', at: DUE + 1, party: 'bob', reason: 'internal-fault' }]);
    expect(failDeposit(failed.lot, 'bob', 'internal-fault', DUE + 2)).toBeUndefined();
    expect(failDeposit(settled(), 'bob', 'internal-fault', DUE + 2)).toBeUndefined();
    expect(failed.lot).toMatchObject({ returns: { state: 'asked' }, deadlineAt: null });
  });

  it('are shown to a person when escrow does not answer for a day, and settled all the same when it does', () => {
    expect(asked().deadlineAt).toBe(DUE + UNANSWERED_MS);
    const late = advanced(asked(), DUE + UNANSWERED_MS);
    expect(late.happened).toEqual([
      { type: 'deposit-stuck', at: DUE + UNANSWERED_MS, party: 'bob', reason: 'unanswered' },
    ]);
    const answered = answerDeposit(late.lot, 'bob', 'released', DUE + 2 * DAY)!;
    expect(types(answered)).toEqual(['deposits-settled']);
    expect(answered.lot.auction.bidders['bob']).toMatchObject({ deposit: 'released', stuck: null });
  });

  it('are waited for from the instant they were asked, however late that was', () => {
    const late = advanced(sold(), DUE + 9 * DAY).lot;
    expect(late.deadlineAt).toBe(DUE + 9 * DAY + UNANSWERED_MS);
  });
});

describe("the winner's deposit", () => {
  it('stays held until a contract binds him, then becomes part of the price', () => {
    expect(deposits(settled())).toMatchObject({ ann: 'held' });
    const bound = applyDeposit(settled(), DUE + 5)!;
    expect(bound.happened).toEqual([{ type: 'winner-bound', at: DUE + 5, party: 'ann' }]);
    const applied = answerDeposit(bound.lot, 'ann', 'applied', DUE + 6)!;
    expect(deposits(applied.lot)).toEqual({ ann: 'applied', bob: 'released', cid: 'due' });
    expect(applied.lot.deadlineAt).toBeNull();
  });

  it('may be bound before the others go back', () => {
    const bound = applyDeposit(sold(), OVER + 1)!.lot;
    expect(bound.deadlineAt).toBe(DUE);
    const { lot } = advanced(bound, DUE);
    expect(deposits(lot)).toEqual({ ann: 'applying', bob: 'returning', cid: 'due' });
  });

  it('is bound once, and not where there is no winner', () => {
    expect(applyDeposit(applyDeposit(sold(), OVER + 1)!.lot, OVER + 2)).toBeUndefined();
    expect(applyDeposit(advanced(opened(), DUE).lot, DUE)).toBeUndefined();
    expect(applyDeposit(opened(), STARTS)).toBeUndefined();
  });

  it('is waited for like any other', () => {
    const bound = applyDeposit(settled(), DUE + 5)!.lot;
    expect(bound.deadlineAt).toBe(DUE + 5 + UNANSWERED_MS);
    expect(types(advanced(bound, bound.deadlineAt!))).toEqual(['deposit-stuck']);
  });
});

it('a deposit moves as its table says and comes to rest', () => {
  expect(depositProcess.states.filter((state) => depositProcess.isFinal(state))).toEqual(['released', 'applied']);
  expect(depositProcess.next('due', 'return')).toBeUndefined();
  expect(depositProcess.next('applied', 'return')).toBeUndefined();
});
