import { escapeIdentifier } from 'pg';
import type { Reader } from '@yuzhi/database/store';
import { type Check, everywhere, FINDINGS_MAX, type Found } from './check.ts';

/** How far past its deadline a process may be: sweepers look several times a second. */
const LATE_MS = 60_000;

interface Table {
  name: string;
  keys: string[];
}

/** Tables whose rows have a deadline, and the columns that name a row. */
async function deadlined(database: Reader): Promise<Table[]> {
  const { rows } = await database.query<Table>(
    `select c.relname as name, array_agg(k.attname::text order by k.attnum) as keys
     from pg_class c
     join pg_attribute d on d.attrelid = c.oid and d.attname = 'deadline_at' and not d.attisdropped
     join pg_index i on i.indrelid = c.oid and i.indisprimary
     join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey)
     where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
     group by c.relname order by c.relname`,
  );
  return rows;
}

/** Epoch ms of the platform's clock where this service has advanced least. */
async function nowOf(database: Reader): Promise<number> {
  const { rows } = await database.query<{ offset: string }>(
    `select coalesce(min(clock_offset_ms), 0)::text as offset from consumer_offset`,
  );
  return Date.now() + Number(rows[0]!.offset);
}

async function overdueIn(service: string, database: Reader): Promise<Found[]> {
  const before = new Date((await nowOf(database)) - LATE_MS);
  const found = await Promise.all(
    (await deadlined(database)).map(async ({ name, keys }) => {
      const key = keys.map((column) => `${escapeIdentifier(column)}::text`).join(` || ' ' || `);
      const { rows } = await database.query<{ key: string; at: Date }>(
        `select ${key} as key, deadline_at as at from ${escapeIdentifier(name)}
         where deadline_at < $1 order by deadline_at limit ${FINDINGS_MAX}`,
        [before],
      );
      return rows.map((row) => ({ row: `${service}.${name} ${row.key}`, says: `was due at ${row.at.toISOString()}` }));
    }),
  );
  return found.flat();
}

const overdue: Check = {
  name: 'nothing-overdue',
  proves: `no process is more than ${LATE_MS / 1000} s past its deadline`,
  find: async ({ databases }) => {
    const services = Object.entries(databases);
    const found = await Promise.all(services.map(([service, database]) => overdueIn(service, database)));
    return found.flat().slice(0, FINDINGS_MAX);
  },
};

const STUCK = {
  listings: `select format('listings.listing %s', sale_id) as row,
      format('nobody answers its question: %s', state -> 'asking' ->> 'what') as says
    from listing where stuck`,
  contracts: `select format('contracts.deal %s', sale_id) as row, format('stuck while %s', status) as says
    from deal where stuck`,
  register: `select format('register.filing %s', sale_id) as row,
      format('the office has not decided: %s', status) as says
    from filing where (state -> 'overdue')::boolean and status in ('opened', 'accepted', 'examined')`,
  bidding: `select format('bidding.bidder %s %s', sale_id, party) as row, format('its deposit: %s', stuck) as says
    from bidder where stuck is not null`,
  escrow: `select format('escrow.rail_operation %s', id) as row, format('blocked: %s', state ->> 'reason') as says
      from rail_operation where status = 'blocked'
    union all select format('escrow.payment_order %s', id), format('stuck: %s', state -> 'stuck' ->> 'reason')
      from payment_order where jsonb_typeof(state -> 'stuck') = 'object'`,
};
const stuck: Check = {
  name: 'nothing-stuck',
  proves: 'no listing, deal, deposit or payment waits for a person to put something right',
  find: async ({ databases }) => {
    const found = await Promise.all(
      (Object.keys(STUCK) as (keyof typeof STUCK)[]).map(async (service) => {
        const { rows } = await databases[service].query<Found>(`${STUCK[service]} limit ${FINDINGS_MAX}`);
        return rows;
      }),
    );
    return found.flat().slice(0, FINDINGS_MAX);
  },
};

/** A mistake of ours stays filed as one when it was set aside, and sent again under another key or discarded. */
const decidedOnce = everywhere(
  'inbox-sound',
  'each request was decided once, with a status and a code that fit each other',
  `select format('inbox %s %s %s', party, aggregate, idempotency_key) as row,
     format('decided %s times', count(*)) as says
   from inbox group by party, aggregate, idempotency_key having count(*) > 1
   union all
   select format('inbox %s %s %s', party, aggregate, idempotency_key), format('filed as %s', outcome)
   from inbox where outcome ->> 'code' is null or (outcome ->> 'status')::int not between 200 and 500
     or (outcome ->> 'code' = 'done') <> ((outcome ->> 'status')::int < 300)
     or (outcome ->> 'code' = 'internal-fault') <> ((outcome ->> 'status')::int = 500)`,
);
const setAside = (name: string, proves: string, kind: 'command' | 'event') =>
  everywhere(
    name,
    proves,
    `select format('quarantine %s/%s %s', topic, partition, message_offset) as row,
       format('${kind === 'command' ? 'command on' : 'event of'} %s: %s', key, split_part(error, E'\\n', 1)) as says
     from quarantine where kind = '${kind}'`,
  );
const quarantined = setAside('quarantine-empty', 'no command was set aside as poison', 'command');
const deadLetters = setAside('dead-letters-empty', 'no event is parked, and none waits behind one that is', 'event');

export const processChecks: Check[] = [overdue, stuck, decidedOnce, quarantined, deadLetters];
