import { beforeEach, describe, expect, it } from '@jest/globals';
import { depositReturned, moneySentBack } from '@yuzhi/protocol/escrow';
import { depositOf } from './accounts.ts';
import { keyOf, type Unwanted } from './documents.ts';
import { retry } from './rail-facts.ts';
import { beginCheckout, depositOrderId, openOrder, received } from './payments.ts';
import { giveBack, sendBack } from './refunds.ts';
import { BUYER, SALE, T0, Till } from './till.fixture.ts';

const ID = depositOrderId(SALE, BUYER);
const HELD = depositOf(SALE, BUYER);

let till: Till;
/** A deposit that came in by payments of these amounts. */
function paidBy(...parts: bigint[]): void {
  const amountFen = parts.reduce((sum, part) => sum + part, 0n);
  till.does((draft) =>
    openOrder(draft, { id: ID, saleId: SALE, payer: BUYER, purpose: 'deposit', amountFen, dueAt: null }),
  );
  for (const [i, part] of parts.entries()) {
    till.does((draft) => beginCheckout(draft, draft.book.order(ID)!, part, 'https://x.example'));
    const on = till.operation(till.order(ID).checkout!.operationId);
    till.does((draft) => received(draft, on, { railId: `pi_${i}`, rank: 3, amountFen: part, feeFen: 0n, at: T0 }));
  }
}
const back = (sentBackFor: Unwanted | null = null) =>
  till.does((draft) => giveBack(draft, draft.book.order(ID)!, HELD, sentBackFor));
beforeEach(() => void (till = new Till()));

describe('a deposit that is given back', () => {
  it('returns by the payments it came with, and is set aside at once so that nothing leaves twice', () => {
    paidBy(300n, 200n, 500n);
    back();
    const refunds = till.operations('refund', 'intended');
    expect(refunds.map(({ amountFen, paymentId }) => [paymentId, amountFen])).toEqual([
      ['pi_2', 500n],
      ['pi_1', 200n],
      ['pi_0', 300n],
    ]);
    expect([till.posted(HELD), till.available(HELD)]).toEqual([-1_000n, 0n]);
    expect(till.order(ID).state).toBe('returning');
    expect(() => back()).toThrow('is returning and cannot be given-back');
  });

  it('is returned when the last part has left, and not before', () => {
    paidBy(300n, 700n);
    back();
    const [first, second] = till.operations('refund');
    till.note(first!);
    expect(till.order(ID).state).toBe('returning');
    expect(till.told(depositReturned)).toEqual([]);
    till.note(second!);
    expect(till.order(ID).state).toBe('returned');
    expect(till.told(depositReturned)).toEqual([{ saleId: SALE, orderId: ID, party: BUYER, amountFen: '1000' }]);
    expect([till.posted(HELD), till.posted('psp:stripe')]).toEqual([0n, 0n]);
  });

  it('says why when nobody had to ask for it', () => {
    paidBy(1_000n);
    back('bidding-over');
    till.note(till.operations('refund')[0]!);
    expect(till.told(depositReturned)).toEqual([]);
    expect(till.told(moneySentBack)).toEqual([
      { saleId: SALE, orderId: ID, party: BUYER, amountFen: '1000', reason: 'bidding-over' },
    ]);
  });

  it('leaves once, however often the rail says so', () => {
    paidBy(1_000n);
    back();
    const [refund] = till.operations('refund');
    for (let i = 0; i < 3; i++) till.note(refund!);
    expect(till.journals('refund')).toHaveLength(1);
    expect(till.told(depositReturned)).toHaveLength(1);
  });

  it('stays set aside while the rail works on it', () => {
    paidBy(1_000n);
    back();
    const [refund] = till.operations('refund');
    till.note(refund!, { state: 'pending', rank: 1 });
    expect(till.operation(refund!.id)).toMatchObject({ state: 'sent', railId: `refund-${keyOf(refund!)}` });
    expect(till.available(HELD)).toBe(0n);
    till.note(refund!);
    expect(till.posted(HELD)).toBe(0n);
  });
});

describe('money that is sent back in part', () => {
  it('is taken from the latest payments, as far as they are not on their way back already', () => {
    paidBy(300n, 700n);
    const some = (amountFen: bigint) =>
      till.does((draft) => sendBack(draft, draft.book.order(ID)!, { account: HELD, amountFen, surplus: 'too-much' }));
    some(600n);
    some(150n);
    expect(till.operations('refund').map(({ paymentId, amountFen }) => [paymentId, amountFen])).toEqual([
      ['pi_1', 600n],
      ['pi_1', 100n],
      ['pi_0', 50n],
    ]);
    expect(new Set(till.operations('refund').map(({ id }) => id)).size).toBe(3);
    expect(till.available(HELD)).toBe(250n);
  });

  it('is never more than came in', () => {
    paidBy(300n);
    const all = (draft: Parameters<typeof sendBack>[0]) =>
      sendBack(draft, draft.book.order(ID)!, { account: HELD, amountFen: 301n, surplus: 'too-much' });
    expect(() => till.does(all)).toThrow('1 fen of order');
    expect(till.operations('refund')).toEqual([]);
  });
});

describe('a refund that the bank does not take', () => {
  it('frees the money and is tried again under a new key, with the money set aside anew', () => {
    paidBy(1_000n);
    back();
    const [refund] = till.operations('refund');
    till.note(refund!, { state: 'failed', rank: 3 });
    expect(till.operation(refund!.id)).toMatchObject({ state: 'intended', attempt: 2, railId: null, rank: 0 });
    expect([till.posted(HELD), till.available(HELD)]).toEqual([-1_000n, 0n]);
    const holds = till.everything().holds.map(({ id, status }) => `${id} ${status}`);
    expect(holds).toEqual([`${refund!.id}#1 VOIDED`, `${refund!.id}#2 PENDING`]);
    till.note(till.operation(refund!.id));
    expect(till.order(ID).state).toBe('returned');
  });

  it('ends blocked after a few attempts, visible, its money back in the deposit and bound to the order', () => {
    paidBy(1_000n);
    back();
    const { id } = till.operations('refund')[0]!;
    for (let i = 0; i < 3; i++) till.note(till.operation(id), { state: 'failed', rank: 3 });
    expect(till.operation(id)).toMatchObject({ state: 'blocked', attempt: 3, reason: 'refund-failed' });
    expect(till.order(ID).state).toBe('returning');
    expect([till.available(HELD), till.posted(HELD)]).toEqual([1_000n, -1_000n]);
    till.does((draft) => retry(draft, draft.book.operation(id)!));
    till.note(till.operation(id));
    expect(till.order(ID).state).toBe('returned');
  });

  it('is mirrored in the book when the rail had called it done: the deposit is on its way again', () => {
    paidBy(1_000n);
    back();
    const [refund] = till.operations('refund');
    till.note(refund!);
    till.note(till.operation(refund!.id), { state: 'failed', rank: 3 });
    expect(till.journals('refund-failed')[0]!.reverses).toBe(till.journals('refund')[0]!.id);
    expect(till.posted('psp:stripe')).toBe(1_000n);
    expect(till.order(ID).state).toBe('returning');
    till.note(till.operation(refund!.id));
    expect(till.order(ID).state).toBe('returned');
    expect(till.posted('psp:stripe')).toBe(0n);
    expect(till.told(depositReturned)).toHaveLength(2);
  });

  it('says nothing about a newer attempt', () => {
    paidBy(1_000n);
    back();
    const [refund] = till.operations('refund');
    till.note(refund!, { state: 'failed', rank: 3 });
    till.note(refund!, { state: 'failed', rank: 3 });
    expect(till.operation(refund!.id).attempt).toBe(2);
  });
});
