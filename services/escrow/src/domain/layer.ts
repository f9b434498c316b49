import type { Account } from './account.ts';
import type { BookView, Entry, Hold, Journal, Posting } from './book.ts';
import { isOperationOpen, isOrderOpen, type Operation, type Order, type Payee, type Sale } from './documents.ts';

/** A journal with the platform time of the decision that booked it. */
export type BookedJournal = Journal & { readonly bookedAt: number };

interface Members {
  orders: Set<string>;
  operations: Set<string>;
  accounts: Set<string>;
}

/**
 * The book as far as it is in memory, or changes on top of it: what this layer does not have is looked up below. The
 * resident book, what a batch has decided so far, and one running decision are three of them.
 */
export class Layer implements BookView {
  readonly accounts = new Map<string, Account>();
  readonly holds = new Map<string, Hold>();
  readonly journals: BookedJournal[] = [];
  readonly entries: Entry[] = [];
  readonly sales = new Map<string, Sale>();
  readonly orders = new Map<string, Order>();
  readonly operations = new Map<string, Operation>();
  readonly payees = new Map<string, Payee>();
  /** Attempts at the rail that this layer begins: their keys are on record before any call. */
  readonly attempts: { operationId: string; attempt: number }[] = [];
  readonly #bySale = new Map<string, Members>();

  constructor(readonly below?: Layer) {}

  account(code: string): Account | undefined {
    return this.accounts.get(code) ?? this.below?.account(code);
  }
  hold(id: string): Hold | undefined {
    return this.holds.get(id) ?? this.below?.hold(id);
  }
  /** Of the journals in this batch; the table's unique key knows all others. */
  reversed(journalId: string): boolean {
    return this.journals.some(({ reverses }) => reverses === journalId) || (this.below?.reversed(journalId) ?? false);
  }
  sale(saleId: string): Sale | undefined {
    return this.sales.get(saleId) ?? this.below?.sale(saleId);
  }
  order(id: string): Order | undefined {
    return this.orders.get(id) ?? this.below?.order(id);
  }
  operation(id: string): Operation | undefined {
    return this.operations.get(id) ?? this.below?.operation(id);
  }
  payee(party: string): Payee | undefined {
    return this.payees.get(party) ?? this.below?.payee(party);
  }
  ordersOf(saleId: string): Order[] {
    return [...this.#idsOf(saleId, 'orders')].map((id) => this.order(id)!);
  }
  /** Reads all of them: for what happens seldom. */
  operationsWaitingFor(party: string): Operation[] {
    const found = this.#all('operations').map((id) => this.operation(id)!);
    return found.filter((operation) => operation.state === 'waiting' && operation.party === party);
  }
  salesDue(now: number): Sale[] {
    const found = this.#all('sales').map((id) => this.sale(id)!);
    return found.filter(({ deadlineAt }) => deadlineAt !== null && deadlineAt <= now);
  }
  /** Whether money or an intention is left in this sale. */
  isOpen(saleId: string): boolean {
    for (const code of this.#idsOf(saleId, 'accounts')) if (this.account(code)!.postedFen !== 0n) return true;
    for (const id of this.#idsOf(saleId, 'orders')) if (isOrderOpen(this.order(id)!)) return true;
    for (const id of this.#idsOf(saleId, 'operations')) if (isOperationOpen(this.operation(id)!)) return true;
    const sale = this.sale(saleId);
    return sale !== undefined && sale.priceFen !== null && sale.settledAt === null;
  }

  putSale = (sale: Sale): void => void this.sales.set(sale.saleId, sale);
  putPayee = (payee: Payee): void => void this.payees.set(payee.party, payee);
  putOrder(order: Order): void {
    this.orders.set(order.id, order);
    this.#membersOf(order.saleId).orders.add(order.id);
  }
  putOperation(operation: Operation): void {
    this.operations.set(operation.id, operation);
    if (operation.saleId) this.#membersOf(operation.saleId).operations.add(operation.id);
  }
  putAccount(account: Account): void {
    this.accounts.set(account.code, account);
    if (account.saleId) this.#membersOf(account.saleId).accounts.add(account.code);
  }
  putHold = (hold: Hold): void => void this.holds.set(hold.id, hold);

  apply({ accounts, holds, journals, entries }: Posting, bookedAt: number): void {
    for (const account of accounts) this.putAccount(account);
    for (const hold of holds) this.putHold(hold);
    for (const journal of journals) this.journals.push({ ...journal, bookedAt });
    for (const entry of entries) this.entries.push(entry);
  }

  /** Takes over what a layer on top of this one has changed. */
  absorb(upper: Layer): void {
    this.absorbStates(upper);
    for (const journal of upper.journals) this.journals.push(journal);
    for (const entry of upper.entries) this.entries.push(entry);
    for (const attempt of upper.attempts) this.attempts.push(attempt);
  }
  /** The same without the rows that nobody reads again. */
  absorbStates(upper: Layer): void {
    for (const account of upper.accounts.values()) this.putAccount(account);
    for (const hold of upper.holds.values()) this.putHold(hold);
    for (const sale of upper.sales.values()) this.putSale(sale);
    for (const order of upper.orders.values()) this.putOrder(order);
    for (const operation of upper.operations.values()) this.putOperation(operation);
    for (const payee of upper.payees.values()) this.putPayee(payee);
  }

  /** The sales that something of this layer belongs to. */
  touchedSales(): Set<string> {
    return new Set([...this.#bySale.keys(), ...this.sales.keys()]);
  }
  evict(saleId: string): void {
    const { orders, operations, accounts } = this.#membersOf(saleId);
    for (const id of orders) this.orders.delete(id);
    for (const id of operations) this.operations.delete(id);
    for (const code of accounts) this.accounts.delete(code);
    this.sales.delete(saleId);
    this.#bySale.delete(saleId);
  }

  #membersOf(saleId: string): Members {
    let members = this.#bySale.get(saleId);
    if (!members) {
      members = { orders: new Set(), operations: new Set(), accounts: new Set() };
      this.#bySale.set(saleId, members);
    }
    return members;
  }
  #idsOf(saleId: string, kind: keyof Members): Set<string> {
    const own = this.#bySale.get(saleId)?.[kind];
    const lower = this.below ? this.below.#idsOf(saleId, kind) : undefined;
    if (!own || !lower?.size) return own ?? lower ?? new Set();
    return new Set([...lower, ...own]);
  }
  #all(kind: 'operations' | 'sales'): string[] {
    return [...new Set([...(this.below ? this.below.#all(kind) : []), ...this[kind].keys()])];
  }
}
