import type { Log } from '@yuzhi/messaging/log';
import type { Reader } from '@yuzhi/database/store';

/** What must hold of a service's database once everything is through; `db` may be any role that reads these tables. */
export interface LawParts {
  db: Reader;
  /** With both, the stored offsets are compared with the log's ends. */
  log?: Log;
  service?: string;
}

/** A law that is broken, in words that name the rows. */
export type Breach = string;

/** Committed events and commands that the log does not have. True only after a clean stop or a later commit. */
export async function outboxDrained({ db }: LawParts): Promise<Breach[]> {
  const { rows } = await db.query<{ topic: string; many: number }>(
    'select topic, count(*)::int as many from outbox group by topic order by topic',
  );
  return rows.map(({ topic, many }) => `outbox: ${many} rows for ${topic} are still there`);
}

/** Poisoned commands and parked events. */
export async function quarantineEmpty({ db }: LawParts): Promise<Breach[]> {
  const { rows } = await db.query<{ kind: string; topic: string; key: string; error: string }>(
    'select kind, topic, key, error from quarantine order by at limit 10',
  );
  return rows.map(({ kind, topic, key, error }) => `quarantine: ${kind} ${key} of ${topic}: ${error.split('\n')[0]}`);
}

/** One outcome per request, each with a status and a code, and no failure of our own. */
export async function inboxConsistent({ db }: LawParts): Promise<Breach[]> {
  const twice = await db.query<{ party: string; aggregate: string; key: string }>(
    `select party, aggregate, idempotency_key as key from inbox group by 1, 2, 3 having count(*) > 1 limit 10`,
  );
  const wrong = await db.query<{ id: string; outcome: unknown }>(
    `select command_id as id, outcome from inbox
     where outcome->>'code' is null or (outcome->>'status')::int not between 200 and 499
       or (outcome->>'code' = 'done') <> ((outcome->>'status')::int < 300) limit 10`,
  );
  return [
    ...twice.rows.map(({ party, aggregate, key }) => `inbox: ${party} ${aggregate} ${key} was decided twice`),
    ...wrong.rows.map(({ id, outcome }) => `inbox: ${id} has ${JSON.stringify(outcome)}`),
  ];
}

/** Every command on the log is decided. */
export async function everythingDecided({ db, log, service }: LawParts): Promise<Breach[]> {
  if (!log || !service) return [];
  const topic = `${service}.commands`;
  const ends = await log.ends(topic);
  const { rows } = await db.query<{ partition: number; next: string }>(
    'select partition, next_offset::text as next from consumer_offset where topic = $1',
    [topic],
  );
  const stored = new Map(rows.map(({ partition, next }) => [partition, BigInt(next)]));
  return [...ends].flatMap(([partition, end]) => {
    const next = stored.get(partition) ?? 0n;
    return next === end ? [] : [`offsets: ${topic}/${partition} is decided up to ${next} of ${end}`];
  });
}

/** All laws at once; throws with every breach. */
export async function checkLaws(parts: LawParts): Promise<void> {
  const laws = [outboxDrained, quarantineEmpty, inboxConsistent, everythingDecided];
  const breaches = (await Promise.all(laws.map((law) => law(parts)))).flat();
  if (breaches.length) throw new Error(`laws are broken:\n${breaches.join('\n')}`);
}
