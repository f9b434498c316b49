import { EMPTY_BOOK, overlay, type Posting } from './book.ts';
import { captureHold, placeHold } from './holds.ts';
import { invariants } from './invariants.ts';
import { openAccount, post } from './ledger.ts';

const line = (account: string, amountFen: bigint) => ({ account, amountFen });

/** A sound book: 100 fen paid in, 40 of a hold captured, 10 still held. */
function sound(): Posting {
  const book = overlay(EMPTY_BOOK);
  const draft = { saleId: null, kind: 'test', ref: 'test', actor: 'test', effectiveAt: 0 };
  for (const code of ['psp:clearing', 'escrow:lot'])
    book.apply(openAccount(book, { code, currency: 'CNY', saleId: null }).posting);
  const payIn = [line('psp:clearing', 100n), line('escrow:lot', -100n)];
  const payOut = [line('escrow:lot', 40n), line('psp:clearing', -40n)];
  book.apply(post(book, { ...draft, id: 'in', lines: payIn }).posting);
  for (const [id, amountFen] of [
    ['taken', 50n],
    ['kept', 10n],
  ] as const) {
    book.apply(placeHold(book, { id, account: 'escrow:lot', amountFen, expiresAt: null }, 0).posting);
  }
  book.apply(captureHold(book, 'taken', { ...draft, id: 'out', lines: payOut }, 0).posting);
  return book.posting();
}
type Rows<K extends keyof Posting> = Posting[K][number];
/** The sound book with one row changed, or gone. */
function tampered<K extends keyof Posting>(rows: K, at: number, change: Partial<Rows<K>> | null): Posting {
  const book = sound();
  const changed = book[rows].flatMap((row, i) => (i !== at ? [row] : change ? [{ ...row, ...change }] : []));
  return { ...book, [rows]: changed };
}
const violations = (book: Posting) => invariants(book).map(({ invariant, subject }) => `${invariant} ${subject}`);

describe('the invariants of the book', () => {
  it('find nothing in a sound or an empty book', () => {
    expect(sound().entries).toHaveLength(4);
    expect(violations(sound())).toEqual([]);
    expect(violations(overlay(EMPTY_BOOK).posting())).toEqual([]);
  });

  it.each<[string, Posting, string[]]>([
    ['a changed amount', tampered('entries', 0, { amountFen: 99n }), ['I1 in', 'I3 psp:clearing', 'I6 psp:clearing']],
    ['a changed balance', tampered('accounts', 0, { postedFen: 61n }), ['I2 CNY', 'I3 psp:clearing']],
    ['another currency', tampered('accounts', 0, { currency: 'USD' }), ['I2 USD', 'I2 CNY']],
    ['a hold above the money', tampered('holds', 1, { amountFen: 70n }), ['I5 escrow:lot']],
    ['money spent twice', tampered('accounts', 1, { heldFen: 70n }), ['I4 escrow:lot', 'I5 escrow:lot']],
    ['a hold that vanished', tampered('holds', 1, null), ['I5 escrow:lot']],
    ['a lost version', tampered('accounts', 1, { version: 3 }), ['I6 escrow:lot']],
    ['a version given twice', tampered('entries', 3, { accountVersion: 1 }), ['I6 psp:clearing']],
    ['a falsified balance after', tampered('entries', 3, { balanceAfter: 61n }), ['I6 psp:clearing']],
    ['a lost entry', tampered('entries', 2, null), ['I1 out', 'I3 escrow:lot', 'I6 escrow:lot']],
    [
      'an empty journal',
      { ...sound(), journals: [...sound().journals, { ...sound().journals[0]!, id: 'x' }] },
      ['I7 x'],
    ],
    ['a lost journal', tampered('journals', 1, null), ['I8 taken']],
    ['a capture without a journal', tampered('holds', 0, { journalId: null }), ['I8 taken']],
  ])('find %s', (_, book, expected) => {
    expect(violations(book)).toEqual(expected);
  });
});
