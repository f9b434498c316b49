import { randomUUID } from 'node:crypto';
import { derivedId, uuidv7 } from '@yuzhi/messaging/ids';
import { execute } from './scratch.ts';

/** A transfer that is ready to be asked for, once. */
export interface Transfer {
  body: string;
  saleId: string;
  orderId: string;
  party: string;
}
/** `random`: a deposit becomes part of its price. `hot`: a charge arrives in the rail's account, as all of them do. */
export type TransferKind = 'random' | 'hot';

/** The kinds of journals that the transfers book. */
export const MOVED = ['deposit-applied', 'pay-in'];

/** Orders of one sale: as many bidders as a lot may well have. */
const ORDERS = 10;
const AMOUNT_FEN = 100;
/** So much more than is ever paid that no order is full: then the journal is all that a charge brings about. */
const WANTED_FEN = 1_000_000;
const FULL_ORDER = { paid: AMOUNT_FEN, amount: AMOUNT_FEN, state: 'paid' };
const OPEN_ORDER = { paid: 0, amount: WANTED_FEN, state: 'open' };

const SALES = `
  insert into sale select id, true, 1, null, jsonb_build_object('saleId', id, 'buyer', null, 'seller', null,
    'priceFen', null, 'fundedAt', null, 'registration', null, 'releasedAt', null, 'settledAt', null, 'split', null,
    'payouts', '[]'::jsonb, 'overdue', null, 'deadlineAt', null, 'isOpen', true, 'version', 1)
  from unnest($1::uuid[]) id`;
const ORDERED = `
  insert into payment_order select id, sale, party, now(), 1, jsonb_build_object('id', id, 'saleId', sale,
    'payer', party, 'purpose', 'deposit', 'amountFen', $4::text, 'paidFen', $5::text, 'state', $6::text,
    'openedAt', (extract(epoch from now()) * 1000)::bigint, 'dueAt', null, 'sessions', 1, 'checkout', null,
    'payments', '[]'::jsonb, 'refunds', '[]'::jsonb, 'sentBackFor', null, 'stuck', null, 'version', 1)
  from unnest($1::uuid[], $2::uuid[], $3::text[]) o(id, sale, party)`;
/** The deposits that the orders were paid with: one journal, from an account that nobody else touches. */
const DEPOSITS = `
  with source as (
    insert into account values ('psp:bench', 'CNY', 'debit', false, false, $3::bigint * cardinality($1::uuid[]),
      0, 1, null)
    on conflict (code) do update set posted_fen = account.posted_fen + excluded.posted_fen,
      version = account.version + 1
    returning posted_fen, version),
  booked as (
    insert into journal (id, sale_id, kind, ref, actor, effective_at, booked_at)
    values ($4::uuid, null, 'bench-funding', $4::text, 'bench', now(), now())),
  taken as (
    insert into entry select $4::uuid, 0, 'psp:bench', $3::bigint * cardinality($1::uuid[]), posted_fen, version
    from source),
  opened as (
    insert into account select 'deposit:' || sale || ':' || party, 'CNY', 'credit', true, false, -($3::bigint), 0, 1,
      sale
    from unnest($1::uuid[], $2::text[]) o(sale, party))
  insert into entry select $4::uuid, n, 'deposit:' || sale || ':' || party, -($3::bigint), -($3::bigint), 1
  from unnest($1::uuid[], $2::text[]) with ordinality o(sale, party, n)`;
/** Pages of the rail that are open and were not paid on yet. */
const CHECKOUTS = `
  with made as (
    insert into rail_operation select 'checkout:' || id || ':1', sale, 'checkout', 'sent', 1, 'cs_bench_' || id, now(),
      1,
      jsonb_build_object('id', 'checkout:' || id || ':1', 'kind', 'checkout', 'saleId', sale, 'orderId', id,
        'party', party, 'amountFen', $4::text, 'madeAt', (extract(epoch from now()) * 1000)::bigint, 'attempt', 1,
        'state', 'sent', 'railId', 'cs_bench_' || id, 'rank', 0, 'payeeAccount', null, 'paymentId', null,
        'bookAccount', null, 'returnUrl', null, 'reason', null, 'version', 1)
    from unnest($1::uuid[], $2::uuid[], $3::text[]) o(id, sale, party) returning id)
  insert into rail_attempt select id, 1 from made`;

const column = <K extends keyof Transfer>(of: readonly Transfer[], name: K) => of.map((one) => one[name]);

/** What the command says of each. */
function bodyOf(kind: TransferKind, saleId: string, orderId: string, party: string): string {
  if (kind === 'random') return JSON.stringify({ saleId, party });
  const reference = `checkout:${orderId}:1#1`;
  const seen = { kind: 'payment', railId: `pi_bench_${orderId}`, reference, state: 'succeeded', rank: 9 };
  return JSON.stringify({ ...seen, amountFen: String(AMOUNT_FEN), feeFen: '0', at: Date.now() });
}

function planned(kind: TransferKind, count: number, parties: readonly string[]): Transfer[] {
  const sales = Array.from({ length: Math.ceil(count / ORDERS) }, () => uuidv7());
  return sales.flatMap((saleId, sale) =>
    Array.from({ length: ORDERS }, (_, n) => {
      const party = parties[(sale * ORDERS + n) % parties.length]!;
      const orderId = derivedId(saleId, 'deposit', party);
      return { saleId, orderId, party, body: bodyOf(kind, saleId, orderId, party) };
    }),
  );
}

/**
 * Puts into escrow's own tables what must be there before so many transfers can be asked for: sales in progress whose
 * bidders have paid their deposits, or are about to. Paying thousands of them on the rail's pages would take hours.
 */
export async function stockUp(
  databaseUrl: string,
  kind: TransferKind,
  count: number,
  parties: readonly string[],
): Promise<Transfer[]> {
  const transfers = planned(kind, count, parties);
  const [orders, sales, payers] = [
    column(transfers, 'orderId'),
    column(transfers, 'saleId'),
    column(transfers, 'party'),
  ];
  const { amount, paid, state } = kind === 'random' ? FULL_ORDER : OPEN_ORDER;
  await execute(databaseUrl, SALES, [[...new Set(sales)]]);
  await execute(databaseUrl, ORDERED, [orders, sales, payers, String(amount), String(paid), state]);
  if (kind === 'random') await execute(databaseUrl, DEPOSITS, [sales, payers, AMOUNT_FEN, randomUUID()]);
  else await execute(databaseUrl, CHECKOUTS, [orders, sales, payers, String(AMOUNT_FEN)]);
  return transfers;
}

/** What an order of this stock asks for, in fen. */
export const orderFen = (kind: TransferKind): number => (kind === 'random' ? FULL_ORDER : OPEN_ORDER).amount;
