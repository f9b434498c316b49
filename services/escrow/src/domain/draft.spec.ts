import { beforeEach, describe, expect, it } from '@jest/globals';
import { accept } from '@yuzhi/messaging/decision';
import { saleFunded } from '@yuzhi/protocol/escrow';
import { type Movement } from './draft.ts';
import { openOrder } from './payments.ts';
import { BUYER, draftOf, SALE, Till, T0 } from './till.fixture.ts';

const ESCROW = `escrow:${SALE}`;
const movement = (id: string, fen: bigint): Movement => ({
  id,
  saleId: SALE,
  kind: 'test',
  ref: 'r',
  at: T0 - 5,
  legs: [
    ['psp:stripe', fen],
    [ESCROW, -fen],
  ],
});
const asked = { id: 'o', saleId: SALE, payer: BUYER, purpose: 'deposit', amountFen: 5n, dueAt: null } as const;

let till: Till;
beforeEach(() => void (till = new Till()));

describe('a draft', () => {
  it('opens accounts with their first entry: one of a sale knows its sale, one of the house does not', () => {
    till.does((draft) => draft.post(movement('j', 100n)));
    expect(till.resident.account(ESCROW)).toMatchObject({ postedFen: -100n, version: 1, saleId: SALE, guarded: true });
    expect(till.resident.account('psp:stripe')).toMatchObject({ postedFen: 100n, saleId: null });
  });

  it('leaves out lines of nothing, for a payment may cost no fee', () => {
    till.does((draft) =>
      draft.post({ ...movement('j', 100n), legs: [...movement('j', 100n).legs, ['expense:psp', 0n]] }),
    );
    expect(till.resident.account('expense:psp')).toBeUndefined();
    expect(till.journals('test')[0]!.lines).toHaveLength(2);
  });

  it('keeps the instant the money moved apart from the instant it was booked', () => {
    till.does((draft) => draft.post(movement('j', 1n)));
    expect(till.journals('test')[0]).toMatchObject({ effectiveAt: T0 - 5, bookedAt: T0, actor: 'service:escrow' });
  });

  it('throws what the ledger refuses, for that is a mistake of ours', () => {
    expect(() => till.does((draft) => draft.post(movement('j', -1n)))).toThrow(
      'the ledger refuses: insufficient-funds',
    );
    const onesided = { ...movement('j', 1n), legs: [['psp:stripe', 1n]] as const };
    expect(() => till.does((draft) => draft.post(onesided))).toThrow('the ledger refuses: unbalanced');
    const unknown = { ...movement('j', 1n), legs: [['treasure:chest', 1n]] as const };
    expect(() => till.does((draft) => draft.post(unknown))).toThrow('the ledger refuses: account-class-unknown');
  });

  it('raises the version of a document with every change of it', () => {
    const draft = draftOf(till);
    const first = openOrder(draft, asked);
    expect(first.version).toBe(1);
    expect(draft.putOrder(first).version).toBe(2);
    expect(draft.book.sale(SALE)!.version).toBe(1);
  });

  it('mirrors a movement once', () => {
    till.does((draft) => draft.post(movement('j', 9n)));
    till.does((draft) => draft.reverse(movement('j', 9n), 'k', 'undone'));
    expect(till.posted(ESCROW)).toBe(0n);
    expect(till.journals('undone')[0]).toMatchObject({ reverses: 'j', ref: 'r' });
  });
});

describe('the book', () => {
  it('lets a later decision of the batch see an earlier one', () => {
    let book = till.book();
    for (const [id, fen] of [
      ['a', 10n],
      ['b', 20n],
    ] as const) {
      const draft = book.draft(T0, 'x');
      draft.post(movement(id, fen));
      book = book.after(draft).state;
    }
    expect(book.version).toBe(2);
    expect(book.settled().account(ESCROW)).toMatchObject({ postedFen: -30n, version: 2 });
    expect(book.settled().entries.map(({ balanceAfter }) => balanceAfter)).toEqual([10n, -10n, 30n, -30n]);
  });

  it('keeps nothing of a decision that throws half way', () => {
    let book = till.book();
    const first = book.draft(T0, 'x');
    first.post(movement('a', 10n));
    book = book.after(first).state;
    const second = book.draft(T0, 'x');
    second.post(movement('b', 500n));
    openOrder(second, asked);
    expect(() => second.post(movement('c', -9_999n))).toThrow('insufficient-funds');
    const third = book.draft(T0, 'x');
    expect(third.book.account(ESCROW)!.postedFen).toBe(-10n);
    expect(third.book.order('o')).toBeUndefined();
    third.post(movement('d', 1n));
    const after = book.after(third).state.settled();
    expect(after.journals.map(({ id }) => id)).toEqual(['a', 'd']);
  });

  it('keeps nothing of a decision whose events could not be written', () => {
    const book = till.book();
    const lost = book.draft(T0, 'x');
    lost.post(movement('a', 10n));
    // The committer drops what this answered when publishing it throws; the next decision begins on the same book.
    book.after(lost);
    const next = book.draft(T0, 'x');
    expect(next.book.account(ESCROW)).toBeUndefined();
    expect(book.settled().journals).toEqual([]);
  });

  it('never changes what is resident before its commit', () => {
    const book = till.book();
    const draft = book.draft(T0, 'x');
    draft.post(movement('a', 10n));
    book.after(draft).state.settled();
    expect(till.resident.account(ESCROW)).toBeUndefined();
  });

  it('answers with what the draft told, and with a version that is one higher', () => {
    const book = till.book();
    const draft = book.draft(T0, 'x');
    draft.tell(saleFunded, { saleId: SALE, priceFen: '1' }, SALE);
    const decision = book.after(draft, { amountFen: 1n });
    expect(decision.events).toEqual([{ event: saleFunded, data: { saleId: SALE, priceFen: '1' }, saleId: SALE }]);
    expect(decision.body).toEqual({ amountFen: 1n });
    expect(decision.state.version).toBe(book.version + 1);
    expect(accept(book).state.version).toBe(book.version);
  });
});
