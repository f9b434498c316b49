import { randomUUID } from 'node:crypto';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { uuidv7 } from '@yuzhi/messaging/ids';
import pg from 'pg';
import { median } from './stats.ts';
import type { Prepare } from './prepare.ts';

const WARM = 50;
/** After so long a silence a request to the log goes at once. */
const PAUSE_MS = 12;

/** Medians of one commit and of one record's way through the log, one after the other, with nothing else running. */
export const floorLoad: Prepare = async (bench) => {
  const { kafkaBrokers: brokers, pids } = bench.place;
  const databaseUrl = await bench.rows();
  const load = async (seconds: number) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    const log = new KafkaLog({ brokers, clientId: 'bench-floor', sessionTimeoutMs: 6000, prefix: 'bench_floor_' });
    const topic = `floor-${randomUUID()}`;
    try {
      await Promise.all([client.connect(), log.prepare([{ topic, partitions: 1 }])]);
      const arrivals: (() => void)[] = [];
      await log.follow(topic, topic, async ({ records }) => {
        for (const _ of records) arrivals.shift()?.();
      });
      const trip = () => {
        const arrived = new Promise<void>((go) => arrivals.push(go));
        return Promise.all([log.send([{ topic, key: 'floor', value: 'x'.repeat(300) }]), arrived]);
      };
      const started = performance.now();
      const [commitsMs, tripsMs] = [[] as number[], [] as number[]];
      while (performance.now() - started < seconds * 1000) {
        commitsMs.push(await timed(() => insert(client)));
        tripsMs.push(await timed(trip));
        await new Promise((go) => setTimeout(go, PAUSE_MS));
      }
      const measures = { commitMs: median(commitsMs.slice(WARM)), logMs: median(tripsMs.slice(WARM)) };
      const count = commitsMs.length;
      return {
        operations: count,
        attempts: count,
        others: {},
        seconds: (performance.now() - started) / 1000,
        measures,
      };
    } finally {
      await client.end();
      await log.close();
    }
  };
  return { cast: { postgres: [pids['postgres']!], broker: [pids['kafka']!] }, load };
};

const insert = (client: pg.Client) =>
  client.query({
    name: 'floor',
    text: `insert into bid (sale_id, seq, at, bidder, person, amount_fen, paddle, bids, cycle, head)
      values ($1, 1, now(), 'floor', 'floor', 100, 1, 1, 0, 1)`,
    values: [uuidv7()],
  });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
