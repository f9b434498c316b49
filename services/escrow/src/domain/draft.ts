import { Accepted, Effects } from '@yuzhi/messaging/decision';
import type { JournalDraft } from './ledger.ts';
import { openAccount, post, reverse } from './ledger.ts';
import { captureHold, placeHold, voidHold } from './holds.ts';
import type { Journal, LedgerDecision } from './book.ts';
import { keyOf, type Operation, type Order, type Payee, type Sale } from './documents.ts';
import { Layer } from './layer.ts';

/** Account and amount of a line: + debit, − credit, in fen. */
export type Leg = readonly [account: string, amountFen: bigint];

export interface Movement {
  id: string;
  saleId: string | null;
  kind: string;
  ref: string;
  /** The instant the money moved, epoch ms. */
  at: number;
  legs: readonly Leg[];
}

/**
 * One running decision: it reads through to the book, and what it changes is in its own layer until the book absorbs
 * it. A decision that throws or refuses is simply not absorbed.
 */
export class Draft extends Effects {
  readonly book: Layer;

  constructor(
    below: Layer,
    readonly version: number,
    /** Platform time, epoch ms. */
    readonly now: number,
    readonly actor: string,
  ) {
    super();
    this.book = new Layer(below);
  }

  putSale(sale: Sale): Sale {
    const next = { ...sale, version: sale.version + 1 };
    this.book.putSale(next);
    return next;
  }
  putOrder(order: Order): Order {
    const next = { ...order, version: order.version + 1 };
    this.book.putOrder(next);
    return next;
  }
  putOperation(operation: Operation): Operation {
    const next = { ...operation, version: operation.version + 1 };
    this.book.putOperation(next);
    return next;
  }
  putPayee(payee: Payee): Payee {
    const next = { ...payee, version: payee.version + 1 };
    this.book.putPayee(next);
    return next;
  }
  /** The attempt's key stands on record in the same commit. */
  begin({ id: operationId, attempt }: Operation): void {
    this.book.attempts.push({ operationId, attempt });
  }

  post(movement: Movement): void {
    this.#does(post(this.book, this.#journal(movement)));
  }
  reverse(original: Movement, id: string, kind: string): void {
    const mirrored: Journal = { ...this.#journal(original), reverses: null };
    const { ref } = original;
    this.#does(reverse(this.book, mirrored, { id, kind, ref, actor: this.actor, effectiveAt: this.now }));
  }
  /** Sets money aside for one attempt, for as long as that takes. */
  hold(operation: Operation, account: string): void {
    const { amountFen } = operation;
    this.#does(placeHold(this.book, { id: keyOf(operation), account, amountFen, expiresAt: null }, this.now));
  }
  capture(operation: Operation, movement: Movement): void {
    this.#does(captureHold(this.book, keyOf(operation), this.#journal(movement), this.now));
  }
  void(operation: Operation): void {
    this.#does(voidHold(this.book, keyOf(operation), this.now));
  }

  /** Accounts open with their first entry. */
  #journal({ id, saleId, kind, ref, at, legs }: Movement): JournalDraft {
    const lines = legs.filter(([, amountFen]) => amountFen !== 0n);
    for (const [code] of lines) {
      if (this.book.account(code)) continue;
      const ofSale = saleId !== null && code.split(':')[1] === saleId ? saleId : null;
      this.#does(openAccount(this.book, { code, currency: 'CNY', saleId: ofSale }));
    }
    return {
      id,
      saleId,
      kind,
      ref,
      actor: this.actor,
      effectiveAt: at,
      lines: lines.map(([account, amountFen]) => ({ account, amountFen })),
    };
  }
  /** The ledger's refusals are mistakes of ours here: what a caller may do wrong was refused before. */
  #does({ refusal, posting }: LedgerDecision): void {
    if (refusal) throw new Error(`the ledger refuses: ${refusal}`);
    this.book.apply(posting, this.now);
  }
}

/**
 * The aggregate. Linear: of the books that a batch goes through only the last accepted one may be drafted upon, because
 * it absorbs what its own decision changed when the next one begins.
 */
export class Book {
  #changes: Layer | undefined;

  constructor(
    /** Rises by one with every accepted change. */
    readonly version: number,
    /** What the batch has decided so far. */
    readonly batch: Layer,
    changes?: Layer,
  ) {
    this.#changes = changes;
  }

  draft(now: number, actor: string): Draft {
    return new Draft(this.settled(), this.version, now, actor);
  }
  /** The batch with everything up to this book in it. */
  settled(): Layer {
    if (this.#changes) this.batch.absorb(this.#changes);
    this.#changes = undefined;
    return this.batch;
  }
  /** The book after a decision that was made on this one. */
  after(draft: Draft, body: unknown = {}): Accepted<Book> {
    return new Accepted(new Book(this.version + 1, this.batch, draft.book), body).also(draft);
  }
}
