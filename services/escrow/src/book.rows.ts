import { inserts, type Statement, updates, upserts } from '@yuzhi/database/statement';
import type { Account } from './domain/account.ts';
import type { Entry, Hold } from './domain/book.ts';
import type { Operation, Order, Payee, Sale } from './domain/documents.ts';
import type { BookedJournal, Layer } from './domain/layer.ts';

const updateBook = upserts<number>('book', 'id', { id: ['text', () => 'main'], version: ['int', (v) => v] });
const insertAccounts = inserts<Account>('account', {
  code: ['text', (a) => a.code],
  currency: ['text', (a) => a.currency],
  normal_side: ['text', (a) => a.normalSide],
  guarded: ['bool', (a) => a.guarded],
  frozen: ['bool', (a) => a.frozen],
  posted_fen: ['bigint', (a) => a.postedFen],
  held_fen: ['bigint', (a) => a.heldFen],
  version: ['bigint', (a) => a.version],
  sale_id: ['uuid', (a) => a.saleId],
});
/** The version counts entries: a hold changes an account and leaves it. */
const updateAccounts = updates<Account>(
  'account',
  'code',
  {
    code: ['text', (a) => a.code],
    frozen: ['bool', (a) => a.frozen],
    posted_fen: ['bigint', (a) => a.postedFen],
    held_fen: ['bigint', (a) => a.heldFen],
    version: ['bigint', (a) => a.version],
  },
  '<=',
);
const insertJournals = inserts<BookedJournal>('journal', {
  id: ['uuid', (j) => j.id],
  sale_id: ['uuid', (j) => j.saleId],
  kind: ['text', (j) => j.kind],
  ref: ['text', (j) => j.ref],
  actor: ['text', (j) => j.actor],
  effective_at: ['instant', (j) => j.effectiveAt],
  booked_at: ['instant', (j) => j.bookedAt],
  reverses: ['uuid', (j) => j.reverses],
});
const insertEntries = inserts<Entry>('entry', {
  journal_id: ['uuid', (e) => e.journalId],
  line: ['int', (e) => e.line],
  account: ['text', (e) => e.account],
  amount_fen: ['bigint', (e) => e.amountFen],
  balance_after: ['bigint', (e) => e.balanceAfter],
  account_version: ['bigint', (e) => e.accountVersion],
});
/** Its version is 1 while it is pending and 2 for ever after: what is resolved is never overwritten. */
const upsertHolds = upserts<Hold>('hold', 'id', {
  id: ['text', (h) => h.id],
  account: ['text', (h) => h.account],
  amount_fen: ['bigint', (h) => h.amountFen],
  status: ['text', (h) => h.status],
  placed_at: ['instant', (h) => h.placedAt],
  expires_at: ['instant', (h) => h.expiresAt],
  resolved_at: ['instant', (h) => h.resolvedAt],
  captured_fen: ['bigint', (h) => h.capturedFen],
  journal_id: ['uuid', (h) => h.journalId],
  version: ['int', (h) => (h.status === 'PENDING' ? 1 : 2)],
});
const upsertSales = upserts<Sale>('sale', 'sale_id', {
  sale_id: ['uuid', (s) => s.saleId],
  is_open: ['bool', (s) => s.isOpen],
  version: ['int', (s) => s.version],
  deadline_at: ['instant', (s) => s.deadlineAt],
  state: ['jsonb', (s) => s],
});
const insertOrders = inserts<Order>('payment_order', {
  id: ['uuid', (o) => o.id],
  sale_id: ['uuid', (o) => o.saleId],
  payer: ['text', (o) => o.payer],
  opened_at: ['instant', (o) => o.openedAt],
  version: ['int', (o) => o.version],
  state: ['jsonb', (o) => o],
});
const updateOrders = updates<Order>('payment_order', 'id', {
  id: ['uuid', (o) => o.id],
  version: ['int', (o) => o.version],
  state: ['jsonb', (o) => o],
});
const upsertPayees = upserts<Payee>('payee', 'party', {
  party: ['text', (p) => p.party],
  version: ['int', (p) => p.version],
  state: ['jsonb', (p) => p],
});
const upsertOperations = upserts<Operation>('rail_operation', 'id', {
  id: ['text', (o) => o.id],
  sale_id: ['uuid', (o) => o.saleId],
  kind: ['text', (o) => o.kind],
  status: ['text', (o) => o.state],
  attempt: ['int', (o) => o.attempt],
  rail_id: ['text', (o) => o.railId],
  made_at: ['instant', (o) => o.madeAt],
  version: ['int', (o) => o.version],
  state: ['jsonb', (o) => o],
});
const insertAttempts = inserts<Layer['attempts'][number]>('rail_attempt', {
  operation_id: ['text', (a) => a.operationId],
  attempt: ['int', (a) => a.attempt],
});

/** Everything that a batch changed on top of what is resident. */
export function statementsOf(version: number, batch: Layer, resident: Layer): Statement[] {
  const accounts = Map.groupBy(batch.accounts.values(), ({ code }) => resident.account(code) !== undefined);
  const orders = Map.groupBy(batch.orders.values(), ({ id }) => resident.order(id) !== undefined);
  return [
    updateBook([version]),
    insertAccounts(accounts.get(false) ?? []),
    updateAccounts(accounts.get(true) ?? []),
    insertJournals(batch.journals),
    insertEntries(batch.entries),
    upsertHolds([...batch.holds.values()]),
    upsertSales([...batch.sales.values()]),
    insertOrders(orders.get(false) ?? []),
    updateOrders(orders.get(true) ?? []),
    upsertPayees([...batch.payees.values()]),
    upsertOperations([...batch.operations.values()]),
    insertAttempts(batch.attempts),
  ];
}
