import { setTimeout as sleep } from 'node:timers/promises';
import type { Toxic } from '@yuzhi/backing/toxiproxy';
import { createClient } from 'redis';
import pg from 'pg';
import type { Drill, Scene } from './drill.ts';

const LASTS_MS = 5000;
/** How long every connection is reset, new ones too. */
const CUT_MS = 1500;
/** Slow lines are slow by this much at least, or the blow did not land. */
const LATE_MS = 50;

const LINES = ['postgres', 'redis'] as const;

/** How long one question to each server takes on the way that the platform goes, ms. */
async function roundTrips({ proxied }: { proxied: Record<(typeof LINES)[number], string> }): Promise<number[]> {
  const redis = createClient({ url: proxied.redis, socket: { reconnectStrategy: false } });
  const postgres = new pg.Client({ connectionString: proxied.postgres });
  redis.on('error', () => {});
  try {
    await Promise.all([postgres.connect(), redis.connect()]);
    const timed = async (ask: () => Promise<unknown>) => {
      const since = performance.now();
      await ask();
      return Math.round(performance.now() - since);
    };
    // What a page of rows needs: bandwidth is felt by what is large.
    const page = () => postgres.query("select repeat('x', 20000)");
    return [await timed(page), await timed(() => redis.ping())];
  } finally {
    redis.destroy();
    await postgres.end().catch(() => {});
  }
}

/** Through the proxy. Throws where the drill has none. */
function proxiedOf({ proxy, addresses }: Scene) {
  if (!proxy || !addresses) throw new Error('this drill needs lines through a proxy');
  return { proxy: proxy.part, proxied: { postgres: addresses.databaseUrl, redis: addresses.redisUrl } };
}

const SPOILED: { what: string; toxic: Toxic }[] = [
  {
    what: 'lines to PostgreSQL and Redis 60 ms slower each way, give or take 30 ms',
    toxic: { type: 'latency', attributes: { latency: 60, jitter: 30 } },
  },
  { what: 'lines to PostgreSQL and Redis of 100 kB/s', toxic: { type: 'bandwidth', attributes: { rate: 100 } } },
];

/**
 * Kafka stays on its direct line: brokers tell clients their own addresses, so a proxy would have to be told to the
 * broker as its listener, and `broker-outage` shows what a line that is away does.
 */
const slowNetwork: Drill = {
  name: 'slow-network',
  proves: 'lines to PostgreSQL and Redis may be slow or narrow: callers wait, nothing is lost',
  times: SPOILED.length,
  everyMs: 4000,
  lastsMs: () => LASTS_MS + 3000,
  needs: { proxy: true },
  strike: async (scene, n) => {
    const { proxy, proxied } = proxiedOf(scene);
    const { what, toxic } = SPOILED[n % SPOILED.length]!;
    const before = await roundTrips({ proxied });
    for (const line of LINES) await proxy.spoil(line, toxic);
    const [spoiled] = await Promise.all([roundTrips({ proxied }), sleep(LASTS_MS)]);
    await proxy.calm();
    if (spoiled[0]! - before[0]! < LATE_MS) throw new Error(`${what}: answers took ${spoiled[0]} ms all the same`);
    const [postgres, redis] = spoiled.map((ms, i) => `${ms} ms instead of ${before[i]} ms`);
    return `${what}: a page of rows took ${postgres}, Redis ${redis}`;
  },
};

const cutConnections: Drill = {
  name: 'cut-connections',
  proves: 'connections to PostgreSQL and Redis may be reset in the middle of anything',
  times: 4,
  everyMs: 3000,
  needs: { proxy: true },
  strike: async (scene) => {
    const { proxy, proxied } = proxiedOf(scene);
    const held = new pg.Client({ connectionString: proxied.postgres });
    held.on('error', () => {});
    await held.connect();
    for (const line of LINES) await proxy.spoil(line, { type: 'reset_peer', attributes: { timeout: 0 } });
    const said = await held.query('select 1').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    await sleep(CUT_MS);
    await proxy.calm();
    await held.end().catch(() => {});
    if (!said) throw new Error('a connection that should have been reset still stood');
    return `every connection to PostgreSQL and Redis reset (${said})`;
  },
};

const FLUSH_MS = 200;
/** How long PostgreSQL takes to commit something, ms. */
async function commitMs(database: pg.Pool): Promise<number> {
  const since = performance.now();
  await database.query("select pg_logical_emit_message(true, 'drill', 'x')");
  return Math.round(performance.now() - since);
}

const slowDisk: Drill = {
  name: 'slow-disk',
  proves: 'the disk of PostgreSQL may be slow: callers wait, nothing is lost',
  times: 2,
  everyMs: 4000,
  lastsMs: () => LASTS_MS + 1000,
  needs: { disk: true },
  strike: async ({ disk, database }) => {
    if (!disk) throw new Error('this drill needs a disk that can be slowed');
    const before = await commitMs(database('bidding'));
    disk.delay(FLUSH_MS);
    await sleep(LASTS_MS / 2);
    const slow = await commitMs(database('bidding'));
    await sleep(LASTS_MS / 2);
    disk.delay(0);
    if (slow < FLUSH_MS) throw new Error(`a commit took ${slow} ms on a disk that was to be slow`);
    return `each flush of the disk ${FLUSH_MS} ms slower: a commit took ${slow} ms instead of ${before} ms`;
  },
};

export const lineDrills: Drill[] = [slowNetwork, cutConnections, slowDisk];
