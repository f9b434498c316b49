import type { Store } from './store.ts';

/** Everything is counted from the objects; the balances are counted apart, and both must agree. */
const TOTALS = `
with o as (select kind, account, state from stripe_sandbox.object),
amounts as (
  select kind, account, state, (state->>'amountFen')::bigint as fen from o
  where kind in ('refund', 'transfer', 'transfer_reversal', 'payout', 'dispute', 'balance_transaction'))
select
  coalesce((select sum((state->>'capturedFen')::bigint) from o
    where kind = 'charge' and state->>'sourceTransfer' is null), 0)::text as paid_in_fen,
  coalesce((select sum(fen) from amounts
    where kind = 'refund' and state->>'status' <> 'failed' and state->>'balanceTransaction' is not null
  ), 0)::text as refunded_fen,
  coalesce((select sum(fen) from amounts
    where kind = 'refund' and state->>'balanceTransaction' is null), 0)::text as refunds_waiting_fen,
  coalesce((select sum(fen) from amounts where kind = 'transfer'), 0)::text as transferred_fen,
  coalesce((select sum(fen) from amounts where kind = 'transfer_reversal'), 0)::text as reversed_fen,
  coalesce((select sum(fen) from amounts
    where kind = 'payout' and state->>'status' = 'paid'), 0)::text as paid_out_fen,
  coalesce((select sum(fen) from amounts
    where kind = 'payout' and state->>'status' in ('pending', 'in_transit')), 0)::text as payouts_in_transit_fen,
  coalesce((select sum(fen) from amounts
    where kind = 'dispute' and state->>'status' <> 'won'), 0)::text as disputed_fen,
  coalesce((select sum((state->>'feeFen')::bigint) from amounts
    where kind = 'balance_transaction'), 0)::text as fees_fen`;

const BALANCES = `
select account, state->>'availableFen' as available_fen, state->>'pendingFen' as pending_fen,
  coalesce((select sum((t.state->>'amountFen')::bigint - (t.state->>'feeFen')::bigint)
    from stripe_sandbox.object t where t.kind = 'balance_transaction' and t.account = o.account), 0)::text as posted_fen
from stripe_sandbox.object o where kind = 'balance' order by account`;

interface Totals {
  paid_in_fen: string;
  refunded_fen: string;
  refunds_waiting_fen: string;
  transferred_fen: string;
  reversed_fen: string;
  paid_out_fen: string;
  payouts_in_transit_fen: string;
  disputed_fen: string;
  fees_fen: string;
}

export interface Summary extends Totals {
  now: number;
  balances: { account: string; available_fen: string; pending_fen: string; posted_fen: string }[];
  /** What came in less what went out less what is there: always "0". */
  difference_fen: string;
}

/** All the sandbox's money, as digits of fen. */
export function summarise(store: Store): Promise<Summary> {
  // Between two writes: a total and the balances are of the same moment.
  return store.transact(store.scene(), async (work) => {
    const [totals] = await work.query<Totals>(TOTALS, []);
    const balances = await work.query<Summary['balances'][number]>(BALANCES, []);
    const out = ['refunded_fen', 'paid_out_fen', 'payouts_in_transit_fen', 'disputed_fen', 'fees_fen'] as const;
    const there = balances.flatMap((balance) => [balance.available_fen, balance.pending_fen]);
    const gone = [...out.map((name) => totals![name]), ...there];
    const difference = gone.reduce((left, fen) => left - BigInt(fen), BigInt(totals!.paid_in_fen));
    return { now: work.now, ...totals!, balances, difference_fen: String(difference) };
  });
}
