import * as fc from 'fast-check';
import { type BookView, EMPTY_BOOK, type Hold, type Journal, type LedgerDecision, overlay } from './book.ts';
import { captureHold, expireHold, placeHold, voidHold } from './holds.ts';
import { invariants } from './invariants.ts';
import { freeze, openAccount, post, reverse, unfreeze } from './ledger.ts';

const GUARDED = ['deposit:a', 'escrow:b', 'wallet:c'];
const CODES = ['psp:clearing', ...GUARDED, 'payable:d', 'suspense:nobody'];
const OPEN = CODES.slice(0, 5);
const meta = { saleId: null, kind: 'test', ref: 'test', actor: 'test', effectiveAt: 0 };
const transfer = (source: string, target: string, amountFen: bigint, shortFen = 0n) => [
  { account: source, amountFen },
  { account: target, amountFen: shortFen - amountFen },
];

type Operation =
  | { does: 'post'; source: string; target: string; amountFen: bigint; shortFen: bigint }
  | { does: 'hold'; account: string; amountFen: bigint; lasts: number | null }
  | { does: 'capture'; pick: number; target: string; amountFen: bigint }
  | { does: 'void' | 'expire' | 'reverse'; pick: number }
  | { does: 'freeze' | 'unfreeze'; account: string };

const code = fc.constantFrom(...CODES);
const guarded = fc.constantFrom(...GUARDED);
/** Counted from the latest: recent holds and journals are the ones still open to something. */
const pick = fc.nat(2);
const amountFen = fc.bigInt({ min: -1n, max: 60n });
const few = fc.bigInt({ min: -1n, max: 6n });
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('post' as const),
      source: code,
      target: code,
      amountFen: fc.bigInt({ min: -60n, max: 60n }),
      shortFen: fc.constantFrom(0n, 0n, 0n, 0n, 1n),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('post' as const),
      source: fc.constant('psp:clearing'),
      target: guarded,
      amountFen,
      shortFen: fc.constant(0n),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('hold' as const),
      account: guarded,
      amountFen: few,
      lasts: fc.constantFrom(null, 1, 2, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('capture' as const), pick, target: code, amountFen: few }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('void' as const, 'expire' as const, 'reverse' as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'unfreeze' as const),
      account: guarded,
    }),
  },
) satisfies fc.Arbitrary<Operation>;

/**
 * The book as a list of everything that happened, summed up anew for each question. It knows debit from credit only by
 * "guarded accounts hold other people's money", and keeps no balance, no version and no sum of holds.
 */
class NaiveBook {
  readonly journals: { id: string; lines: { account: string; amountFen: bigint }[]; reverses: string | null }[] = [];
  readonly holds: (Pick<Hold, 'id' | 'account' | 'amountFen' | 'expiresAt'> & { open: boolean })[] = [];
  readonly frozen = new Set<string>();

  owned = (account: string) =>
    -this.journals
      .flatMap((journal) => journal.lines)
      .filter((line) => line.account === account)
      .reduce((sum, line) => sum + line.amountFen, 0n);
  held = (account: string) =>
    this.holds.filter((hold) => hold.open && hold.account === account).reduce((sum, hold) => sum + hold.amountFen, 0n);

  post(
    id: string,
    lines: { account: string; amountFen: bigint }[],
    reverses: string | null = null,
    freed = 0n,
  ): boolean {
    if (lines.some((line) => line.amountFen === 0n || !OPEN.includes(line.account))) return false;
    if (lines.reduce((sum, line) => sum + line.amountFen, 0n) !== 0n) return false;
    if (lines.some((line) => this.frozen.has(line.account) && line.amountFen > 0n)) return false;
    this.journals.push({ id, lines, reverses });
    const overdrawn = GUARDED.filter((account) => {
      const kept = lines[0]!.account === account ? freed : 0n;
      return this.owned(account) < this.held(account) - kept;
    });
    if (overdrawn.length > 0) this.journals.pop();
    return overdrawn.length === 0;
  }

  /** The operation as plain English has it; true when it was done. */
  does(op: Operation, id: string, now: number): boolean {
    switch (op.does) {
      case 'post':
        return this.post(id, transfer(op.source, op.target, op.amountFen, op.shortFen));
      case 'hold': {
        const fits = op.amountFen > 0n && this.owned(op.account) - this.held(op.account) >= op.amountFen;
        if (!fits || this.frozen.has(op.account)) return false;
        const expiresAt = op.lasts === null ? null : now + op.lasts;
        this.holds.push({ id, account: op.account, amountFen: op.amountFen, expiresAt, open: true });
        return true;
      }
      case 'reverse': {
        const original = this.journals.at(-1 - op.pick);
        if (!original || this.journals.some((journal) => journal.reverses === original.id)) return false;
        const back = original.lines.map((line) => ({ ...line, amountFen: -line.amountFen }));
        return this.post(id, back, original.id);
      }
      case 'freeze':
        return !this.frozen.has(op.account) && !!this.frozen.add(op.account);
      case 'unfreeze':
        return this.frozen.delete(op.account);
      default:
        return this.resolves(op, id, now);
    }
  }

  resolves(op: Extract<Operation, { pick: number }>, id: string, now: number): boolean {
    const hold = this.holds.at(-1 - op.pick);
    if (!hold?.open) return false;
    const due = hold.expiresAt !== null && now >= hold.expiresAt;
    if (due) hold.open = false;
    if (due || op.does === 'expire') return due && op.does === 'expire';
    if (op.does === 'capture') {
      const lines = transfer(hold.account, op.target, op.amountFen);
      const taken = op.target === hold.account ? 0n : op.amountFen;
      if (taken <= 0n || taken > hold.amountFen || !this.post(id, lines, null, hold.amountFen)) return false;
    }
    hold.open = false;
    return true;
  }
}

function decide(
  view: BookView,
  op: Operation,
  id: string,
  now: number,
  past: { journals: readonly Journal[]; holds: readonly Hold[] },
): LedgerDecision {
  switch (op.does) {
    case 'post':
      return post(view, { ...meta, id, lines: transfer(op.source, op.target, op.amountFen, op.shortFen) });
    case 'hold':
      return placeHold(view, { ...op, id, expiresAt: op.lasts === null ? null : now + op.lasts }, now);
    case 'capture': {
      const hold = past.holds.at(-1 - op.pick);
      const lines = hold ? transfer(hold.account, op.target, op.amountFen) : [];
      return captureHold(view, hold?.id ?? 'none', { ...meta, id, lines }, now);
    }
    case 'void':
      return voidHold(view, past.holds.at(-1 - op.pick)?.id ?? 'none', now);
    case 'expire':
      return expireHold(view, past.holds.at(-1 - op.pick)?.id ?? 'none', now);
    case 'reverse': {
      const original = past.journals.at(-1 - op.pick);
      return original ? reverse(view, original, { ...meta, id }) : { refusal: 'account-not-found', posting: EMPTY };
    }
    case 'freeze':
      return freeze(view, op.account);
    case 'unfreeze':
      return unfreeze(view, op.account);
  }
}
const EMPTY = overlay(EMPTY_BOOK).posting();

function opened() {
  const book = overlay(EMPTY_BOOK);
  for (const name of OPEN) book.apply(openAccount(book, { code: name, currency: 'CNY', saleId: null }).posting);
  return book;
}

describe('any sequence of operations', () => {
  it('is decided as the naive book decides it, and breaks no invariant at any step', () => {
    const law = fc.property(fc.array(operation, { minLength: 20, maxLength: 60 }), (operations) => {
      const [book, naive] = [opened(), new NaiveBook()];
      operations.forEach((op, now) => {
        const { refusal, posting } = decide(book, op, `#${now}`, now, book.posting());
        book.apply(posting);
        expect([op, refusal === null]).toEqual([op, naive.does(op, `#${now}`, now)]);
        expect(invariants(book.posting())).toEqual([]);
        expect(OPEN.map((name) => book.account(name)!)).toMatchObject(
          OPEN.map((name) => ({
            postedFen: -naive.owned(name),
            heldFen: naive.held(name),
            frozen: naive.frozen.has(name),
          })),
        );
      });
      expect(book.posting().journals.map(({ id }) => id)).toEqual(naive.journals.map(({ id }) => id));
    });
    fc.assert(law, { numRuns: 300 });
  });

  it('comes to the same decided in one batch on an overlay or committed one by one', () => {
    const law = fc.property(fc.array(operation, { minLength: 10, maxLength: 30 }), fc.nat(30), (operations, cut) => {
      const [straight, committed] = [opened(), opened()];
      const batch = overlay(committed);
      operations.forEach((op, now) => {
        const past = straight.posting();
        straight.apply(decide(straight, op, `#${now}`, now, past).posting);
        const base = now < cut ? committed : batch;
        base.apply(decide(base, op, `#${now}`, now, past).posting);
      });
      committed.apply(batch.posting());
      expect(committed.posting()).toEqual(straight.posting());
    });
    fc.assert(law, { numRuns: 200 });
  });

  it('is undone by reversing its journals from the last to the first', () => {
    const posts = fc.array(
      fc.record({ source: fc.constantFrom(...OPEN), target: fc.constantFrom(...OPEN), amountFen }),
      { maxLength: 25 },
    );
    const law = fc.property(posts, (moves) => {
      const book = opened();
      moves.forEach(({ source, target, amountFen: fen }, i) => {
        book.apply(post(book, { ...meta, id: `#${i}`, lines: transfer(source, target, fen) }).posting);
      });
      for (const journal of book.posting().journals.toReversed()) {
        const { refusal, posting } = reverse(book, journal, { ...meta, id: `-${journal.id}` });
        expect(refusal).toBeNull();
        book.apply(posting);
      }
      expect(OPEN.map((name) => book.account(name)!.postedFen)).toEqual(OPEN.map(() => 0n));
      expect(invariants(book.posting())).toEqual([]);
    });
    fc.assert(law, { numRuns: 200 });
  });
});

describe('capture, void, expiry and dispute racing for one hold (goal R9)', () => {
  const racer = fc.constantFrom('capture', 'void', 'expire', 'freeze', 'unfreeze');
  const race = fc.array(fc.record({ racer, wait: fc.nat(6), takenFen: fc.bigInt({ min: 1n, max: 100n }) }), {
    minLength: 2,
    maxLength: 10,
  });
  it('has at most one winner, and what is held is always the sum of the pending holds', () => {
    const law = fc.property(race, (racers) => {
      const book = opened();
      book.apply(post(book, { ...meta, id: 'in', lines: transfer('psp:clearing', 'deposit:a', 100n) }).posting);
      book.apply(placeHold(book, { id: '1', account: 'deposit:a', amountFen: 100n, expiresAt: 12 }, 0).posting);
      book.apply(post(book, { ...meta, id: 'in2', lines: transfer('psp:clearing', 'deposit:a', 5n) }).posting);
      book.apply(placeHold(book, { id: 'other', account: 'deposit:a', amountFen: 3n, expiresAt: null }, 0).posting);
      const history = [book.hold('1')!.status];
      let now = 0;
      let tried = 0;
      racers.forEach(({ racer: name, wait, takenFen }, i) => {
        now += wait;
        const lines = transfer('deposit:a', 'payable:d', takenFen);
        const moves: Record<string, () => LedgerDecision> = {
          capture: () => captureHold(book, '1', { ...meta, id: `#${i}`, lines }, now),
          void: () => voidHold(book, '1', now),
          expire: () => expireHold(book, '1', now),
          freeze: () => freeze(book, 'deposit:a'),
          unfreeze: () => unfreeze(book, 'deposit:a'),
        };
        if (!name.endsWith('freeze')) tried = now;
        book.apply(moves[name]!().posting);
        history.push(book.hold('1')!.status);
      });
      const resolved = history.filter((status) => status !== 'PENDING');
      expect(new Set(resolved).size).toBeLessThanOrEqual(1);
      expect(history.slice(0, history.length - resolved.length).every((status) => status === 'PENDING')).toBe(true);
      const { status, capturedFen, resolvedAt } = book.hold('1')!;
      expect(status === 'PENDING' ? tried < 12 : resolvedAt! <= 12).toBe(true);
      expect(status === 'EXPIRED').toBe(resolvedAt === 12);
      const { postedFen, heldFen } = book.account('deposit:a')!;
      expect(heldFen).toBe(status === 'PENDING' ? 103n : 3n);
      expect(postedFen).toBe(-105n + (capturedFen ?? 0n));
      expect((capturedFen !== null) === (status === 'CAPTURED')).toBe(true);
      expect(book.posting().journals).toHaveLength(status === 'CAPTURED' ? 3 : 2);
      expect(invariants(book.posting())).toEqual([]);
    });
    fc.assert(law, { numRuns: 10_000 });
  });
});
