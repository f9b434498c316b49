import { type Check, FINDINGS_MAX, type Found, sqlCheck } from './check.ts';

/**
 * What the documents of escrow say should stand on each account, on its own side and in fen: orders brought payments,
 * refunds and transfers took them away, a deposit became part of a price, a release split it.
 */
const DOCUMENTS = `
  select case when state ->> 'purpose' = 'deposit' then format('deposit:%s:%s', sale_id, payer)
      else format('escrow:%s', sale_id) end as code, (p ->> 'amountFen')::bigint as fen
    from payment_order, jsonb_array_elements(state -> 'payments') p
  union all
  select format('deposit:%s:%s', sale_id, payer), -(state ->> 'paidFen')::bigint
    from payment_order where state ->> 'state' = 'applied'
  union all
  select format('escrow:%s', sale_id), (state ->> 'paidFen')::bigint
    from payment_order where state ->> 'state' = 'applied'
  union all
  select state ->> 'bookAccount', -(state ->> 'amountFen')::bigint
    from rail_operation where kind = 'refund' and status = 'done'
  union all
  select format('escrow:%s', sale_id), -(state ->> 'priceFen')::bigint
    from sale where state ->> 'releasedAt' is not null
  union all
  select 'revenue:fee', (state -> 'split' ->> 'feeFen')::bigint from sale where state ->> 'releasedAt' is not null
  union all
  select format('payable:%s', p ->> 'party'), (p ->> 'amountFen')::bigint
    from sale, jsonb_array_elements(state -> 'payouts') p where state ->> 'releasedAt' is not null
  union all
  select format('payable:%s', state ->> 'party'), -(state ->> 'amountFen')::bigint
    from rail_operation where kind = 'transfer' and status = 'done'`;

const booked = (name: string, proves: string, codes: string): Check =>
  sqlCheck(
    name,
    proves,
    'escrow',
    `select format('escrow.account %s', coalesce(d.code, a.code)) as row,
       format('stands at %s fen, by its documents it is %s fen', coalesce(-a.posted_fen, 0), coalesce(d.fen, 0)) as says
     from (select code, sum(fen) as fen from (${DOCUMENTS}) all_documents group by code) d
     full join account a on a.code = d.code
     where coalesce(d.code, a.code) similar to '(${codes}):%' and coalesce(-a.posted_fen, 0) <> coalesce(d.fen, 0)`,
  );

const split = sqlCheck(
  'release-is-the-price',
  'fee and payouts of a released sale are its price to the fen',
  'escrow',
  `select format('escrow.sale %s', sale_id) as row, format('a price of %s fen, %s fen given away', price, given) as says
   from (
     select sale_id, (state ->> 'priceFen')::bigint as price, (state -> 'split' ->> 'feeFen')::bigint + coalesce(
       (select sum((p ->> 'amountFen')::bigint) from jsonb_array_elements(state -> 'payouts') p), 0) as given
     from sale where state ->> 'releasedAt' is not null) s
   where price <> given`,
);

interface Order {
  saleId: string;
  payer: string;
  state: string;
}
interface Bidder {
  saleId: string;
  party: string;
  paddle: number | null;
  deposit: string;
  period: string;
}
/** What escrow's order must be, given what bidding says of the deposit. */
const FITS: Record<string, readonly string[]> = {
  held: ['paid'],
  returning: ['paid', 'returning', 'returned'],
  released: ['returned', 'returning'],
  applying: ['paid', 'applied'],
  applied: ['applied'],
};

function judge({ paddle, deposit }: Bidder, order: Order | undefined): string | undefined {
  const state = order?.state ?? 'unknown';
  if (paddle !== null && deposit in FITS && !FITS[deposit]!.includes(state)) {
    return `bidding calls the deposit ${deposit}, escrow's order is ${state}`;
  }
  return paddle === null && state === 'paid' ? 'the deposit is paid, and nobody was admitted' : undefined;
}

const deposits: Check = {
  name: 'deposits-agree',
  proves: 'bidding admitted who paid, and says of each deposit what escrow says',
  find: async ({ databases }) => {
    const [bidders, orders] = await Promise.all([
      databases.bidding.query<Bidder>(
        `select b.sale_id::text as "saleId", b.party, b.paddle, b.deposit, a.period
         from bidder b join auction a using (sale_id) order by b.sale_id, b.party`,
      ),
      databases.escrow.query<Order>(
        `select sale_id::text as "saleId", payer, state ->> 'state' as state
         from payment_order where state ->> 'purpose' = 'deposit'`,
      ),
    ]);
    const orderOf = new Map(orders.rows.map((order) => [`${order.saleId} ${order.payer}`, order]));
    const found: Found[] = [];
    for (const bidder of bidders.rows) {
      const name = `${bidder.saleId} ${bidder.party}`;
      const says = judge(bidder, orderOf.get(name));
      if (says) found.push({ row: `bidding.bidder ${name}`, says });
      orderOf.delete(name);
    }
    for (const [name, { state }] of orderOf) {
      found.push({ row: `escrow.payment_order ${name}`, says: `a deposit that is ${state}, of nobody who registered` });
    }
    return found.slice(0, FINDINGS_MAX);
  },
};

interface Deal {
  saleId: string;
  status: string;
}
const deals: Check = {
  name: 'deals-agree',
  proves: 'a deal that says it is paid, released or closed is so in the book of escrow',
  find: async ({ databases }) => {
    const [known, money] = await Promise.all([
      databases.contracts.query<Deal>(
        `select sale_id::text as "saleId", status from deal
         where status in ('filing', 'registering', 'releasing', 'paying-out', 'closed') order by sale_id`,
      ),
      databases.escrow.query<{ saleId: string; reached: string }>(
        `select sale_id::text as "saleId", case when state ->> 'settledAt' is not null then 'settled'
           when state ->> 'releasedAt' is not null then 'released'
           when state ->> 'fundedAt' is not null then 'funded' else 'unfunded' end as reached from sale`,
      ),
    ]);
    const reachedBy = new Map(money.rows.map(({ saleId, reached }) => [saleId, reached]));
    return known.rows
      .flatMap(({ saleId, status }): Found[] => {
        const reached = reachedBy.get(saleId) ?? 'unknown';
        const least = status === 'closed' ? ['settled'] : ['released', 'settled'];
        const enough = ['closed', 'paying-out'].includes(status) ? least : ['funded', 'released', 'settled'];
        return enough.includes(reached)
          ? []
          : [{ row: `contracts.deal ${saleId}`, says: `${status}, escrow: ${reached}` }];
      })
      .slice(0, FINDINGS_MAX);
  },
};

export const moneyChecks: Check[] = [
  booked('deposits-booked', 'each deposit account holds what its orders, refunds and applications say', 'deposit'),
  booked('escrow-booked', 'each escrow account holds what was paid in, applied, refunded and released', 'escrow'),
  booked('payouts-booked', 'each payee is owed what was released to him and not yet transferred', 'payable|revenue'),
  split,
  deposits,
  deals,
];
