import { MAX_FEN } from '@yuzhi/money/fen';
import { availableFen, classOf } from './account.ts';
import { type BookView, compose, EMPTY_BOOK, type LedgerDecision, NO_POSTING, overlay } from './book.ts';
import { captureHold, expireHold, placeHold, voidHold } from './holds.ts';
import { invariants } from './invariants.ts';
import { freeze, type JournalDraft, openAccount, post, reverse, unfreeze } from './ledger.ts';

const NOW = 1_000;
const DEPOSIT = 'deposit:buyer:lot';
const draft = (id: string, lines: Record<string, bigint>): JournalDraft => ({
  id,
  saleId: 'lot',
  kind: 'test',
  ref: `ref-${id}`,
  actor: 'service:escrow',
  effectiveAt: NOW,
  lines: Object.entries(lines).map(([account, amountFen]) => ({ account, amountFen })),
});

/** A book with one sale's accounts and a deposit of 1,000 fen paid in. */
function funded() {
  const book = overlay(EMPTY_BOOK);
  const does = ({ refusal, posting }: LedgerDecision) => {
    if (refusal) throw new Error(refusal);
    book.apply(posting);
    expect(invariants(book.posting())).toEqual([]);
  };
  const codes = ['psp:clearing', DEPOSIT, 'escrow:lot', 'payable:seller', 'revenue:fee', 'expense:psp'];
  for (const code of codes) does(openAccount(book, { code, currency: 'CNY', saleId: 'lot' }));
  does(openAccount(book, { code: 'psp:usd', currency: 'USD', saleId: null }));
  does(post(book, draft('pay-in', { 'psp:clearing': 1_000n, [DEPOSIT]: -1_000n })));
  const available = (code: string) => availableFen(book.account(code)!);
  return { book, does, available };
}
const hold = (view: BookView, amountFen: bigint, expiresAt: number | null = 2_000) =>
  placeHold(view, { id: 'h', account: DEPOSIT, amountFen, expiresAt }, NOW);

describe('an account', () => {
  it('takes its nature from the chart: other people’s money is credit-normal and guarded', () => {
    for (const code of ['deposit:a:b', 'escrow:a', 'wallet:a']) {
      expect(classOf(code)).toEqual({ normalSide: 'credit', guarded: true });
    }
    expect(classOf('psp:clearing')).toEqual({ normalSide: 'debit', guarded: false });
  });

  it('opens empty, once, and only in a class of the chart', () => {
    const opening = openAccount(EMPTY_BOOK, { code: 'escrow:deal', currency: 'CNY', saleId: 'deal' });
    expect(opening).toEqual({
      refusal: null,
      posting: {
        ...NO_POSTING,
        accounts: [
          {
            code: 'escrow:deal',
            currency: 'CNY',
            normalSide: 'credit',
            guarded: true,
            frozen: false,
            postedFen: 0n,
            heldFen: 0n,
            version: 0,
            saleId: 'deal',
          },
        ],
      },
    });
    const { book } = funded();
    expect(openAccount(book, { code: DEPOSIT, currency: 'CNY', saleId: null }).refusal).toBe('account-already-open');
    for (const code of ['treasure:chest', 'escrow', 'escrow:', 'constructor:x']) {
      expect(openAccount(book, { code, currency: 'CNY', saleId: null }).refusal).toBe('account-class-unknown');
    }
  });
});

describe('a journal', () => {
  it('leaves an entry per line with the balance after it and the next version of its account', () => {
    const { book } = funded();
    const { posting } = post(book, draft('j', { [DEPOSIT]: 400n, 'escrow:lot': -400n }));
    expect(posting.entries).toEqual([
      { journalId: 'j', line: 0, account: DEPOSIT, amountFen: 400n, balanceAfter: -600n, accountVersion: 2 },
      { journalId: 'j', line: 1, account: 'escrow:lot', amountFen: -400n, balanceAfter: -400n, accountVersion: 1 },
    ]);
    expect(posting.accounts).toMatchObject([
      { code: DEPOSIT, postedFen: -600n, version: 2 },
      { code: 'escrow:lot', postedFen: -400n, version: 1 },
    ]);
    expect(posting.journals).toMatchObject([{ id: 'j', reverses: null }]);
  });

  it('may touch one account twice: what counts is where it leaves it', () => {
    const { book, does, available } = funded();
    const lines = [
      { account: DEPOSIT, amountFen: 1_500n },
      { account: 'psp:clearing', amountFen: -1_000n },
      { account: DEPOSIT, amountFen: -500n },
    ];
    does(post(book, { ...draft('twice', {}), lines }));
    expect(
      book
        .posting()
        .entries.slice(-3)
        .map((e) => [e.balanceAfter, e.accountVersion]),
    ).toEqual([
      [500n, 2],
      [0n, 2],
      [0n, 3],
    ]);
    expect(available(DEPOSIT)).toBe(0n);
  });

  it.each<[string, Record<string, bigint>]>([
    ['empty-journal', {}],
    ['amount-out-of-bounds', { [DEPOSIT]: 0n, 'escrow:lot': 0n }],
    ['amount-out-of-bounds', { 'psp:clearing': MAX_FEN + 1n, 'escrow:lot': -MAX_FEN - 1n }],
    ['account-not-found', { [DEPOSIT]: 1n, 'escrow:elsewhere': -1n }],
    ['mixed-currency', { 'psp:usd': 1n, 'escrow:lot': -1n }],
    ['unbalanced', { [DEPOSIT]: 1n, 'escrow:lot': -2n }],
    ['unbalanced', { [DEPOSIT]: 1n }],
    ['insufficient-funds', { [DEPOSIT]: 1_001n, 'escrow:lot': -1_001n }],
    ['amount-out-of-bounds', { 'escrow:elsewhere': 0n, [DEPOSIT]: 2_000n }],
    ['account-not-found', { 'escrow:elsewhere': 1n, 'psp:usd': 5n }],
    ['mixed-currency', { 'psp:usd': 1n, 'escrow:lot': -5n }],
    ['unbalanced', { [DEPOSIT]: 2_000n, 'escrow:lot': -1n }],
  ])('is refused with %s, by the first violated rule, and writes nothing', (refusal, lines) => {
    expect(post(funded().book, draft('j', lines))).toEqual({ refusal, posting: NO_POSTING });
  });

  it('is posted once under its id', () => {
    const { book } = funded();
    expect(post(book, draft('pay-in', {})).refusal).toBe('journal-already-posted');
  });

  it('lets an unguarded account go below zero: a clearing account may owe us or be owed', () => {
    const { book, does } = funded();
    does(post(book, draft('fee', { 'expense:psp': 9n, 'psp:clearing': -9n })));
    does(post(book, draft('out', { 'payable:seller': 50n, 'psp:clearing': -50n })));
    expect(availableFen(book.account('payable:seller')!)).toBe(-50n);
  });
});

describe('a frozen account', () => {
  it('keeps what it has, still takes what arrives, and is free again when unfrozen', () => {
    const { book, does, available } = funded();
    does(freeze(book, DEPOSIT));
    expect(post(book, draft('out', { [DEPOSIT]: 1n, 'escrow:lot': -1n })).refusal).toBe('account-frozen');
    expect(hold(book, 1n).refusal).toBe('account-frozen');
    does(post(book, draft('in', { 'psp:clearing': 5n, [DEPOSIT]: -5n })));
    does(unfreeze(book, DEPOSIT));
    does(post(book, draft('out', { [DEPOSIT]: 1_005n, 'escrow:lot': -1_005n })));
    expect(available(DEPOSIT)).toBe(0n);
  });

  it('is frozen and unfrozen once each, if it exists', () => {
    const { book, does } = funded();
    expect(unfreeze(book, DEPOSIT).refusal).toBe('account-not-frozen');
    does(freeze(book, DEPOSIT));
    expect(freeze(book, DEPOSIT).refusal).toBe('account-already-frozen');
    expect([freeze(book, 'escrow:x').refusal, unfreeze(book, 'escrow:x').refusal]).toEqual(
      Array(2).fill('account-not-found'),
    );
  });

  it('does not let a hold be captured, only voided', () => {
    const { book, does, available } = funded();
    does(hold(book, 700n));
    does(freeze(book, DEPOSIT));
    const capture = captureHold(book, 'h', draft('c', { [DEPOSIT]: 700n, 'escrow:lot': -700n }), NOW + 1);
    expect(capture).toEqual({ refusal: 'account-frozen', posting: NO_POSTING });
    does(voidHold(book, 'h', NOW + 1));
    expect(available(DEPOSIT)).toBe(1_000n);
  });
});

describe('a hold', () => {
  it('sets money aside that no journal and no other hold can take', () => {
    const { book, does, available } = funded();
    does(hold(book, 700n));
    expect(available(DEPOSIT)).toBe(300n);
    expect(post(book, draft('j', { [DEPOSIT]: 301n, 'escrow:lot': -301n })).refusal).toBe('insufficient-funds');
    const second = { id: 'h2', account: DEPOSIT, expiresAt: null };
    expect(placeHold(book, { ...second, amountFen: 301n }, NOW).refusal).toBe('insufficient-funds');
    does(placeHold(book, { ...second, amountFen: 300n }, NOW));
  });

  it('is captured in part, by one journal to several payees; the rest is free again', () => {
    const { book, does, available } = funded();
    does(hold(book, 700n));
    const forfeit = draft('forfeit', { [DEPOSIT]: 500n, 'payable:seller': -450n, 'revenue:fee': -50n });
    does(captureHold(book, 'h', forfeit, NOW + 1));
    expect(book.hold('h')).toMatchObject({
      status: 'CAPTURED',
      capturedFen: 500n,
      journalId: 'forfeit',
      resolvedAt: NOW + 1,
    });
    expect(available(DEPOSIT)).toBe(500n);
    expect(book.account(DEPOSIT)).toMatchObject({ postedFen: -500n, heldFen: 0n, version: 2 });
  });

  it.each<[string, bigint, Record<string, bigint>]>([
    ['hold-expired', 700n, { [DEPOSIT]: 9_999n }],
    ['amount-not-positive', 700n, { [DEPOSIT]: -1n, 'psp:clearing': 1n }],
    ['amount-not-positive', 700n, {}],
    ['capture-exceeds-hold', 700n, { [DEPOSIT]: 701n, 'escrow:lot': -701n }],
    ['unbalanced', 700n, { [DEPOSIT]: 700n, 'escrow:lot': -1n }],
  ])('is not captured: %s', (refusal, amountFen, lines) => {
    const { book, does } = funded();
    does(hold(book, amountFen));
    const at = refusal === 'hold-expired' ? 2_000 : 1_999;
    expect(captureHold(book, 'h', draft('c', lines), at).refusal).toBe(refusal);
  });

  it('turns whatever comes at its deadline or later into its expiry', () => {
    const tries = [
      (view: BookView) => captureHold(view, 'h', draft('c', { [DEPOSIT]: 1n, 'escrow:lot': -1n }), 2_000),
      (view: BookView) => voidHold(view, 'h', 2_001),
    ];
    for (const late of tries) {
      const { book, does } = funded();
      does(hold(book, 700n));
      const { refusal, posting } = late(book);
      expect(refusal).toBe('hold-expired');
      expect(posting).toEqual(expireHold(book, 'h', 5_000).posting);
      does({ refusal: null, posting });
      expect(book.hold('h')).toMatchObject({ status: 'EXPIRED', resolvedAt: 2_000, capturedFen: null });
      expect(book.account(DEPOSIT)!.heldFen).toBe(0n);
    }
  });

  it('is resolved once and expires only when it is due', () => {
    const { book, does } = funded();
    does(hold(book, 700n));
    expect(expireHold(book, 'h', 1_999)).toEqual({ refusal: 'hold-not-due', posting: NO_POSTING });
    does(voidHold(book, 'h', 1_999));
    expect(voidHold(book, 'h', 2_000).refusal).toBe('hold-already-resolved');
    expect(expireHold(book, 'h', 2_000).refusal).toBe('hold-already-resolved');
    expect(hold(book, 1n).refusal).toBe('hold-already-placed');
  });

  it('waits for ever without a deadline', () => {
    const { book, does } = funded();
    does(hold(book, 700n, null));
    expect(expireHold(book, 'h', Number.MAX_SAFE_INTEGER).refusal).toBe('hold-not-due');
    does(voidHold(book, 'h', Number.MAX_SAFE_INTEGER));
  });

  it.each<[string, string, bigint, number]>([
    ['hold-expired', DEPOSIT, 0n, NOW],
    ['amount-not-positive', DEPOSIT, 0n, 2_000],
    ['amount-out-of-bounds', DEPOSIT, MAX_FEN + 1n, 2_000],
    ['account-not-found', 'deposit:nobody:lot', 1n, 2_000],
    ['account-not-guarded', 'payable:seller', 1n, 2_000],
    ['insufficient-funds', DEPOSIT, 1_001n, 2_000],
  ])('is not placed: %s', (refusal, account, amountFen, expiresAt) => {
    const decision = placeHold(funded().book, { id: 'h', account, amountFen, expiresAt }, NOW);
    expect(decision).toEqual({ refusal, posting: NO_POSTING });
  });

  it('is not resolved when nobody placed it', () => {
    const { book } = funded();
    const codes = [captureHold(book, 'x', draft('c', {}), NOW), voidHold(book, 'x', NOW), expireHold(book, 'x', NOW)];
    expect(codes.map((code) => code.refusal)).toEqual(Array(3).fill('hold-not-found'));
  });
});

describe('a reversal', () => {
  const reversal = { id: 'r', kind: 'correction', ref: 'ticket', actor: 'ops', effectiveAt: NOW };
  it('mirrors every line, restores the balances and happens once', () => {
    const { book, does, available } = funded();
    const moved = draft('j', { [DEPOSIT]: 400n, 'escrow:lot': -390n, 'revenue:fee': -10n });
    does(post(book, moved));
    const original = { ...moved, reverses: null };
    does(reverse(book, original, reversal));
    expect(book.posting().journals.at(-1)).toMatchObject({ id: 'r', reverses: 'j', saleId: 'lot' });
    expect([DEPOSIT, 'escrow:lot', 'revenue:fee'].map(available)).toEqual([1_000n, 0n, 0n]);
    expect(reverse(book, original, { ...reversal, id: 'r2' }).refusal).toBe('journal-already-reversed');
  });

  it('is refused when the money has gone on', () => {
    const { book, does } = funded();
    does(post(book, draft('on', { [DEPOSIT]: 1n, 'escrow:lot': -1n })));
    const payIn = book.posting().journals.find(({ id }) => id === 'pay-in')!;
    expect(reverse(book, payIn, reversal).refusal).toBe('insufficient-funds');
  });
});

describe('several decisions as one', () => {
  it('see each other and are written together', () => {
    const { book, does } = funded();
    const both = compose(
      book,
      (view) => openAccount(view, { code: 'wallet:buyer', currency: 'CNY', saleId: null }),
      (view) => post(view, draft('a', { [DEPOSIT]: 600n, 'wallet:buyer': -600n })),
      (view) => post(view, draft('b', { [DEPOSIT]: 400n, 'wallet:buyer': -400n })),
    );
    expect(both.posting.accounts.map(({ code, version }) => [code, version])).toEqual([
      ['wallet:buyer', 2],
      [DEPOSIT, 3],
    ]);
    does(both);
  });

  it('write nothing when one of them is refused, and leave the book as it was', () => {
    const { book } = funded();
    const before = book.posting();
    const neither = compose(
      book,
      (view) => post(view, draft('a', { [DEPOSIT]: 600n, 'escrow:lot': -600n })),
      (view) => post(view, draft('b', { [DEPOSIT]: 401n, 'escrow:lot': -401n })),
    );
    expect(neither).toEqual({ refusal: 'insufficient-funds', posting: NO_POSTING });
    expect(book.posting()).toEqual(before);
  });
});

describe('the money of one sale', () => {
  it('goes from the deposit through escrow to the seller and the platform, and the clearing ends at their fee', () => {
    const { book, does, available } = funded();
    does(hold(book, 1_000n));
    does(captureHold(book, 'h', draft('applied', { [DEPOSIT]: 1_000n, 'escrow:lot': -1_000n }), NOW));
    does(post(book, draft('price', { 'psp:clearing': 9_000n, 'escrow:lot': -9_000n })));
    does(post(book, draft('psp-fee', { 'expense:psp': 60n, 'psp:clearing': -60n })));
    does(post(book, draft('release', { 'escrow:lot': 10_000n, 'payable:seller': -9_700n, 'revenue:fee': -300n })));
    does(post(book, draft('paid-out', { 'payable:seller': 9_700n, 'psp:clearing': -9_700n })));
    expect(['psp:clearing', 'revenue:fee', 'expense:psp'].map(available)).toEqual([240n, 300n, 60n]);
    expect([DEPOSIT, 'escrow:lot', 'payable:seller'].map(available)).toEqual([0n, 0n, 0n]);
  });
});
