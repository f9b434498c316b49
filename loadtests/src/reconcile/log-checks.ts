import { type Check, FINDINGS_MAX, type Found } from './check.ts';
import type { Evidence } from './evidence.ts';

interface OutboxRow {
  seq: string;
  topic: string;
  key: string;
  value: string | null;
}
const contentOf = ({ key, value }: { key: string; value: string | null }) => `${key}\0${value ?? ''}`;

/** Of these rows, those that the log does not have: the rows of a last commit are sent, and go with the next one. */
async function unsent({ log }: Evidence, rows: readonly OutboxRow[]): Promise<OutboxRow[]> {
  if (!log) return [...rows];
  const missing = new Set(rows);
  for (const [topic, of] of Map.groupBy(rows, (row) => row.topic)) {
    const wanted = Map.groupBy(of, contentOf);
    await log.replay(topic, (key, value) => {
      for (const row of wanted.get(contentOf({ key, value })) ?? []) missing.delete(row);
    });
  }
  return [...missing];
}

const outbox: Check = {
  name: 'outbox-empty',
  proves: 'everything that a commit had to say is on the log',
  find: async (evidence) => {
    const found = await Promise.all(
      Object.entries(evidence.databases).map(async ([service, database]) => {
        const { rows } = await database.query<OutboxRow>(
          `select seq::text, topic, key, value from outbox order by outbox.seq limit ${FINDINGS_MAX}`,
        );
        const left = await unsent(evidence, rows);
        return left.map(({ seq, topic, key }): Found => ({
          row: `${service}.outbox ${seq}`,
          says: `for ${topic}, key ${key}, and the log does not have it`,
        }));
      }),
    );
    return found.flat().slice(0, FINDINGS_MAX);
  },
};

const decided: Check = {
  name: 'commands-decided',
  proves: 'every command on the log is decided',
  find: async ({ databases, log }) => {
    if (!log) return [];
    const found = await Promise.all(
      Object.entries(databases).map(async ([service, database]) => {
        const topic = `${service}.commands`;
        const ends = await log.ends(topic);
        const { rows } = await database.query<{ partition: number; next: string }>(
          'select partition, next_offset::text as next from consumer_offset where topic = $1',
          [topic],
        );
        const stored = new Map(rows.map(({ partition, next }) => [partition, BigInt(next)]));
        return [...ends].flatMap(([partition, end]): Found[] => {
          const next = stored.get(partition) ?? 0n;
          const row = `${service}.consumer_offset ${topic}/${partition}`;
          return next === end ? [] : [{ row, says: `decided up to ${next} of ${end}` }];
        });
      }),
    );
    return found.flat().slice(0, FINDINGS_MAX);
  },
};

export const logChecks: Check[] = [outbox, decided];
