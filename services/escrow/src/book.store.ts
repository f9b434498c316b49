import { READER } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import type { Reader, Store } from '@yuzhi/database/store';
import type { Statement } from '@yuzhi/database/statement';
import type { Envelope } from '@yuzhi/protocol/declare';
import { Inject, Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { statementsOf } from './book.rows.ts';
import type { Account } from './domain/account.ts';
import type { Hold } from './domain/book.ts';
import { isOperationOpen, type Operation, type Order, type Payee, readKey, type Sale } from './domain/documents.ts';
import { Book } from './domain/draft.ts';
import { Layer } from './domain/layer.ts';

export const BOOK = 'main';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ACCOUNTS = `select code, currency, normal_side as "normalSide", guarded, frozen, posted_fen::text as "postedFen",
  held_fen::text as "heldFen", version::int, sale_id as "saleId" from account`;
const HOLDS = `select h.id, h.account, h.amount_fen::text as "amountFen", h.status, h.placed_at as "placedAt",
  h.expires_at as "expiresAt", null as "resolvedAt", null as "capturedFen", null as "journalId"
  from hold h join account a on a.code = h.account where h.status = 'PENDING'`;

type AccountRow = Omit<Account, 'postedFen' | 'heldFen'> & { postedFen: string; heldFen: string };
type HoldRow = Omit<Hold, 'amountFen' | 'placedAt' | 'expiresAt'> & {
  amountFen: string;
  placedAt: Date;
  expiresAt: Date | null;
};
type Documented = { state: unknown };

interface Named {
  sales: Set<string>;
  orders: Set<string>;
  operations: Set<string>;
}

/**
 * The one book, resident: the accounts of the house and of its payees, every payee, and each sale in which money or an
 * intention is left, whole. A sale that has ended is read when a command names it and leaves with the next batch. So
 * neither a start nor a batch reads history.
 */
@Injectable()
export class BookStore implements Store<Book> {
  readonly name = 'book';
  /** Each sale has its own deadline; whoever is due, it is the book that wakes. */
  readonly deadlines = { table: 'sale', key: `'${BOOK}'` };
  #resident: Layer | undefined;
  #version = 0;
  /** Ended, and only read because somebody named them. */
  readonly #visitors = { sales: new Set<string>(), operations: new Set<string>() };

  constructor(@Inject(READER) private readonly reader: Reader) {}

  async load(_ids: string[], wanted: readonly Envelope[] = []): Promise<Map<string, Book>> {
    const resident = (this.#resident ??= await this.#boot());
    this.#dismiss(resident);
    await this.#fetch(resident, namedBy(wanted));
    return new Map([[BOOK, new Book(this.#version, new Layer(resident))]]);
  }

  save([book]: Book[]): Statement[] {
    const batch = book!.settled();
    for (const saleId of batch.touchedSales()) {
      const sale = batch.sale(saleId);
      const isOpen = batch.isOpen(saleId);
      if (sale && sale.isOpen !== isOpen) batch.putSale({ ...sale, isOpen, version: sale.version + 1 });
    }
    return statementsOf(book!.version, batch, batch.below!);
  }

  committed(books: Map<string, Book>): void {
    const book = books.get(BOOK)!;
    const batch = book.settled();
    const resident = this.#resident;
    if (!resident || batch.below !== resident) return;
    this.#version = book.version;
    resident.absorbStates(batch);
    for (const { id, status } of batch.holds.values()) if (status !== 'PENDING') resident.holds.delete(id);
    for (const { saleId, isOpen } of batch.sales.values()) if (!isOpen) resident.evict(saleId);
    for (const operation of batch.operations.values()) {
      if (operation.saleId === null && !isOperationOpen(operation)) resident.operations.delete(operation.id);
    }
  }
  forget(): void {
    this.#resident = undefined;
  }
  /** What is in memory. */
  get residents(): { sales: number; accounts: number; operations: number } {
    const { sales, accounts, operations } = this.#resident ?? new Layer();
    return { sales: sales.size, accounts: accounts.size, operations: operations.size };
  }

  async #boot(): Promise<Layer> {
    const resident = new Layer();
    const [book, payees, open, house] = await Promise.all([
      this.#rows<{ version: number }>('select version from book'),
      this.#rows<Documented>('select state from payee'),
      this.#rows<{ id: string }>('select sale_id as id from sale where is_open'),
      this.#rows<Documented>(
        `select state from rail_operation
         where sale_id is null and status in ('waiting', 'intended', 'sent', 'blocked')`,
      ),
      this.#accounts(resident, 'sale_id is null', []),
    ]);
    this.#version = book[0]?.version ?? 0;
    for (const { state } of payees) resident.putPayee(fromJson<Payee>(state));
    for (const { state } of house) resident.putOperation(fromJson<Operation>(state));
    await this.#sales(
      resident,
      open.map(({ id }) => id),
    );
    return resident;
  }

  /** The sales and operations that commands name and memory does not have. */
  async #fetch(resident: Layer, { sales, orders, operations }: Named): Promise<void> {
    const unknown = [...operations].filter((id) => !resident.operation(id));
    const missing = [...orders].filter((id) => !resident.order(id));
    if (unknown.length || missing.length) {
      const [called, ordered] = await Promise.all([
        this.#rows<Documented & { saleId: string | null }>(
          'select sale_id as "saleId", state from rail_operation where id = any($1)',
          [unknown],
        ),
        this.#rows<{ saleId: string }>('select sale_id as "saleId" from payment_order where id = any($1::uuid[])', [
          missing,
        ]),
      ]);
      for (const { saleId, state } of called) {
        if (saleId) sales.add(saleId);
        else this.#visit(resident, fromJson<Operation>(state));
      }
      for (const { saleId } of ordered) sales.add(saleId);
    }
    await this.#sales(
      resident,
      [...sales].filter((saleId) => !resident.sale(saleId)),
    );
  }
  #visit(resident: Layer, operation: Operation): void {
    resident.putOperation(operation);
    this.#visitors.operations.add(operation.id);
  }

  async #sales(resident: Layer, saleIds: string[]): Promise<void> {
    if (!saleIds.length) return;
    const [sales, orders, operations] = await Promise.all([
      this.#rows<Documented>('select state from sale where sale_id = any($1::uuid[])', [saleIds]),
      this.#rows<Documented>('select state from payment_order where sale_id = any($1::uuid[])', [saleIds]),
      this.#rows<Documented>('select state from rail_operation where sale_id = any($1::uuid[])', [saleIds]),
      this.#accounts(resident, 'sale_id = any($1::uuid[])', [saleIds]),
    ]);
    for (const { state } of orders) resident.putOrder(fromJson<Order>(state));
    for (const { state } of operations) resident.putOperation(fromJson<Operation>(state));
    for (const { state } of sales) {
      const sale = fromJson<Sale>(state);
      resident.putSale(sale);
      if (!sale.isOpen) this.#visitors.sales.add(sale.saleId);
    }
  }
  /** Whoever was opened again stays. */
  #dismiss(resident: Layer): void {
    const { sales, operations } = this.#visitors;
    for (const saleId of sales) if (resident.sale(saleId)?.isOpen === false) resident.evict(saleId);
    for (const id of operations) {
      const operation = resident.operation(id);
      if (operation && !isOperationOpen(operation)) resident.operations.delete(id);
    }
    sales.clear();
    operations.clear();
  }

  async #accounts(resident: Layer, where: string, values: unknown[]): Promise<void> {
    const [accounts, holds] = await Promise.all([
      this.#rows<AccountRow>(`${ACCOUNTS} where ${where}`, values),
      this.#rows<HoldRow>(`${HOLDS} and a.${where}`, values),
    ]);
    for (const { postedFen, heldFen, ...rest } of accounts) {
      resident.putAccount({ ...rest, postedFen: BigInt(postedFen), heldFen: BigInt(heldFen) });
    }
    for (const { amountFen, placedAt, expiresAt, ...rest } of holds) {
      const at = { placedAt: placedAt.getTime(), expiresAt: expiresAt?.getTime() ?? null };
      resident.putHold({ ...rest, ...at, amountFen: BigInt(amountFen) });
    }
  }
  async #rows<T extends QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.reader.query<T>(text, values)).rows;
  }
}

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** What commands name, their data not yet checked; of an answer, what the asked command named. */
function namedBy(wanted: readonly Envelope[]): Named {
  const named: Named = { sales: new Set(), orders: new Set(), operations: new Set() };
  for (const { data } of wanted) {
    const fields = fieldsOf(data);
    const { saleId, orderId, operationId, reference, railId, kind } = { ...fieldsOf(fields['asked']), ...fields };
    if (typeof saleId === 'string' && UUID.test(saleId)) named.sales.add(saleId);
    else if (typeof orderId === 'string' && UUID.test(orderId)) named.orders.add(orderId);
    if (typeof operationId === 'string') named.operations.add(operationId);
    if (typeof reference === 'string') named.operations.add(readKey(reference)?.id ?? '');
    if (kind === 'payment') named.operations.add(`stray:${String(railId)}`);
  }
  return named;
}
