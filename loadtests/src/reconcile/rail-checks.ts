import { type Check, FINDINGS_MAX, type Found } from './check.ts';
import type { Evidence, RailItem, RailStatement } from './evidence.ts';

/** One side of a comparison: what names a movement, and its amount in fen. */
interface Movement {
  name: string;
  fen: string;
}

const accounts = async ({ databases }: Evidence): Promise<string[]> => {
  const { rows } = await databases.escrow.query<{ account: string }>(
    `select state ->> 'account' as account from payee where state ->> 'account' is not null`,
  );
  return rows.map(({ account }) => account);
};

/** By name: what only one side knows, what the two know differently, what a side knows twice. */
export function compare(rail: readonly Movement[], book: readonly Movement[], table: string): Found[] {
  const found: Found[] = [];
  const railFen = new Map<string, string>();
  for (const { name, fen } of rail) {
    if (railFen.has(name)) found.push({ row: `rail ${name}`, says: 'the rail has it twice' });
    railFen.set(name, fen);
  }
  const seen = new Set<string>();
  for (const { name, fen } of book) {
    const there = railFen.get(name);
    if (seen.has(name)) found.push({ row: `${table} ${name}`, says: 'the book has it twice' });
    else if (there === undefined)
      found.push({ row: `${table} ${name}`, says: `${fen} fen that the rail does not have` });
    else if (there !== fen) found.push({ row: `${table} ${name}`, says: `${fen} fen, and ${there} fen on the rail` });
    seen.add(name);
  }
  for (const [name, fen] of railFen) {
    if (!seen.has(name)) found.push({ row: `rail ${name}`, says: `${fen} fen that the book does not have` });
  }
  return found;
}

/** The operation that an attempt's key belongs to. */
const operationOf = ({ reference }: RailItem) => reference.replace(/#\d+$/, '');
const journals = (kind: string) => `
  select j.ref as name,
    sum(-e.amount_fen) filter (where e.account not like 'psp:%' and e.account not like 'expense:%') as fen
  from journal j join entry e on e.journal_id = j.id where j.kind = '${kind}' group by j.id, j.ref`;
const unlessReversed = (kind: string) => `
  select o.name, o.fen from (${journals(kind)}) o
  where not exists (
    select from journal r join journal j on r.reverses = j.id where j.ref = o.name and j.kind = '${kind}')`;

const byId = (
  name: string,
  proves: string,
  sql: string,
  of: (statement: RailStatement) => { items: RailItem[]; nameOf: (item: RailItem) => string },
): Check => ({
  name,
  proves,
  find: async (evidence) => {
    if (!evidence.rail) return [];
    const statement = await evidence.rail.read(await accounts(evidence));
    const { items, nameOf } = of(statement);
    const { rows } = await evidence.databases.escrow.query<Movement>(
      `select name, abs(fen)::text as fen from (${sql}) m`,
    );
    const rail = items.map((item) => ({ name: nameOf(item), fen: String(item.amountFen) }));
    const table = name === 'rail-payouts' ? 'escrow.rail_operation' : 'escrow.journal';
    return compare(rail, rows, table).slice(0, FINDINGS_MAX);
  },
});

const balance: Check = {
  name: 'rail-balance',
  proves: 'the rail holds for us what the book says it does',
  find: async (evidence) => {
    if (!evidence.rail) return [];
    const { balanceFen } = await evidence.rail.read([]);
    const { rows } = await evidence.databases.escrow.query<{ fen: string }>(
      `select coalesce(sum(posted_fen), 0)::text as fen from account where code like 'psp:%'`,
    );
    const bookFen = BigInt(rows[0]!.fen);
    if (bookFen === balanceFen) return [];
    return [{ row: 'escrow.account psp:*', says: `${bookFen} fen in the book, ${balanceFen} fen on the rail` }];
  },
};

export const railChecks: Check[] = [
  balance,
  byId(
    'rail-payments',
    'every payment on the rail is booked once, and every booked one is on the rail',
    journals('pay-in'),
    ({ payments: items }) => ({ items, nameOf: ({ id }) => id }),
  ),
  byId(
    'rail-refunds',
    'every refund that the rail made is booked once, and every booked one was made',
    unlessReversed('refund'),
    ({ refunds: items }) => ({ items, nameOf: ({ reference }) => reference }),
  ),
  byId(
    'rail-transfers',
    'every transfer to a payee is booked once, and every booked one was made',
    journals('transfer'),
    ({ transfers: items }) => ({ items, nameOf: operationOf }),
  ),
  byId(
    'rail-payouts',
    'every payout that a bank took was asked for, and every one that we call done was taken',
    `select rail_id as name, (state ->> 'amountFen')::bigint as fen
     from rail_operation where kind = 'payout' and status = 'done'`,
    ({ payouts: items }) => ({ items, nameOf: ({ id }) => id }),
  ),
];
