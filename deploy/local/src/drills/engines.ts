import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@yuzhi/journeys/eventually';
import type pg from 'pg';
import type { Platform } from '../platform.ts';
import type { Drill, Scene } from './drill.ts';
import { SESSION_TIMEOUT_MS } from './scene.ts';

/** Longer than the group waits for a member that says nothing. */
const FROZEN_MS = SESSION_TIMEOUT_MS + 1500;
const BREATH_MS = 1000;

/** How often each partition of bidding's commands was taken by an owner. */
async function epochs(database: pg.Pool): Promise<Map<number, number>> {
  const { rows } = await database.query<{ partition: number; epoch: string }>(
    `select partition, owner_epoch::text as epoch from consumer_offset where topic like '%commands'`,
  );
  return new Map(rows.map(({ partition, epoch }) => [partition, Number(epoch)]));
}
const taken = async (database: pg.Pool, before: Map<number, number>) =>
  [...(await epochs(database))].filter(([partition, epoch]) => epoch > (before.get(partition) ?? 0)).length;

/** Commits of bidding's first process that the fence refused. */
async function refused(platform: Platform): Promise<number> {
  const page = await (await fetch(platform.metricsUrl('bidding'))).text();
  const [, count = '0'] = /^yuzhi_commit_retries_total\{[^}]*reason="fenced"[^}]*\} (\d+)/m.exec(page) ?? [];
  return Number(count);
}

/** The process, to be frozen and woken. Throws where bidding is no process of its own. */
function biddingOf({ platform }: Scene): (signal: 'SIGSTOP' | 'SIGCONT') => void {
  const { bidding } = platform.pids();
  if (!bidding) throw new Error('bidding is no process of its own');
  return (signal) => void process.kill(bidding, signal);
}

/** A second process comes, works a moment and goes: in good order, or killed. */
async function visit({ platform, chance }: Scene): Promise<string> {
  const twin = await platform.join('bidding');
  await sleep(BREATH_MS);
  const dies = chance(2) === 1;
  if (dies) twin.kill();
  await twin.stop();
  return `a second process of bidding came and ${dies ? 'was killed' : 'left'}`;
}
/** The only process says nothing for longer than its group waits. */
async function faint(scene: Scene): Promise<string> {
  const signal = biddingOf(scene);
  signal('SIGSTOP');
  await sleep(FROZEN_MS);
  signal('SIGCONT');
  return `bidding was frozen for ${FROZEN_MS} ms`;
}

const rebalanceStorm: Drill = {
  name: 'rebalance-storm',
  proves: "members of bidding's group may come and go all the time",
  times: 8,
  everyMs: 1000,
  lastsMs: () => 7000,
  strike: async (scene, n) => {
    const database = scene.database('bidding');
    const before = await epochs(database);
    const what = await (n % 2 ? faint(scene) : visit(scene));
    const moved = await eventually(`${what}: partitions that changed hands`, () => taken(database, before));
    return `${what}; ${moved} partitions changed hands`;
  },
};

/**
 * The first has fetched commands when it is frozen, and commits them when it wakes: by then they are the second one's,
 * who has decided them. Without the fence both would stand.
 */
const twoEngines: Drill = {
  name: 'two-engines',
  proves: 'of two processes that both believe to own a partition, the earlier one commits nothing any more',
  times: 3,
  everyMs: 4000,
  lastsMs: () => 10_000,
  strike: async (scene) => {
    const { platform } = scene;
    const database = scene.database('bidding');
    const signal = biddingOf(scene);
    const [before, fencedBefore] = [await epochs(database), await refused(platform)];
    signal('SIGSTOP');
    try {
      const twin = await platform.join('bidding');
      const moved = await eventually('every partition with the second process', async () => {
        const many = await taken(database, before);
        return many === before.size && many;
      });
      await sleep(BREATH_MS);
      signal('SIGCONT');
      const commits = await eventually(
        'a commit that the fence refused',
        async () => (await refused(platform)) - fencedBefore,
      );
      await twin.stop();
      return `bidding frozen, ${moved} partitions taken over, woken: ${commits} of its commits refused as fenced`;
    } finally {
      signal('SIGCONT');
    }
  },
};

export const engineDrills: Drill[] = [rebalanceStorm, twoEngines];
