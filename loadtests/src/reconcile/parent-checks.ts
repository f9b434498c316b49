import { type Check, sqlCheck } from './check.ts';

/** A row of `table`, named by its `keys`, and the row of `parent` that it speaks of. */
interface Belonging {
  table: string;
  keys: readonly string[];
  parent: string;
  /** Of the row `c` and its parent `p`. */
  where: string;
  /** Rows that speak of no parent. */
  unless?: string;
}

const orphans = (service: string, { table, keys, parent, where, unless = 'false' }: Belonging) =>
  `select concat_ws(' ', '${service}.${table}', ${keys.map((key) => `c.${key}`).join(', ')}) as row,
     'its ${parent} is not there' as says
   from ${table} c where not (${unless}) and not exists (select from ${parent} p where ${where})`;

/** What foreign keys would prove. They would look for a parent at each insert into the hottest tables. */
const belonging = (name: string, proves: string, service: 'bidding' | 'escrow', rows: Belonging[]): Check =>
  sqlCheck(name, proves, service, rows.map((one) => orphans(service, one)).join(' union all '));

const ofAuction = { parent: 'auction', where: 'p.sale_id = c.sale_id' };
const ofSale = { parent: 'sale', where: 'p.sale_id = c.sale_id', unless: 'c.sale_id is null' };

export const parentChecks: Check[] = [
  belonging('auction-rows-whole', 'what is on record of an auction has its auction, and its bidder', 'bidding', [
    { table: 'bidder', keys: ['sale_id', 'party'], ...ofAuction },
    { table: 'bid', keys: ['sale_id', 'seq'], ...ofAuction },
    { table: 'moment', keys: ['sale_id', 'seq'], ...ofAuction },
    {
      ...{ table: 'bid', keys: ['sale_id', 'seq'], parent: 'bidder', unless: 'c.refusal is not null' },
      where: 'p.sale_id = c.sale_id and p.party = c.bidder and p.paddle = c.paddle',
    },
  ]),
  belonging('book-rows-whole', 'what is on record of money has its journal, its sale and its operation', 'escrow', [
    { table: 'entry', keys: ['journal_id', 'line'], parent: 'journal', where: 'p.id = c.journal_id' },
    { table: 'hold', keys: ['id'], parent: 'account', where: 'p.code = c.account' },
    { table: 'payment_order', keys: ['id'], ...ofSale },
    { table: 'rail_operation', keys: ['id'], ...ofSale },
    {
      ...{ table: 'rail_attempt', keys: ['operation_id', 'attempt'], parent: 'rail_operation' },
      where: 'p.id = c.operation_id',
    },
  ]),
];
