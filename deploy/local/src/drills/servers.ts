import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { type Member, MEMBERS } from '../shapes.ts';
import type { Drill, Scene } from './drill.ts';

const BREATH_MS = 1000;

const killing = (member: Member): Drill => ({
  name: `kill-${member}`,
  proves: `${member} may die at any moment: nothing acknowledged is lost or done twice`,
  times: 3,
  everyMs: 5000,
  strike: async ({ platform }) => {
    await platform.crash(member);
    return `kill -9 of ${member}`;
  },
});

/** The server, if it may be struck. Throws where others use it as well. */
function ownOf<S extends 'kafka' | 'postgres' | 'redis'>(scene: Scene, server: S): NonNullable<Scene[S]> {
  const own = scene[server];
  if (!own) throw new Error(`${server} is not ours to strike`);
  return own;
}

const serverFails = (
  server: 'kafka' | 'postgres' | 'redis',
  signal: NodeJS.Signals,
  drill: Omit<Drill, 'strike'> & { what: string },
): Drill => ({
  ...drill,
  strike: async (scene) => {
    const own = ownOf(scene, server);
    own.kill(signal);
    await sleep(BREATH_MS);
    await own.revive();
    return drill.what;
  },
});

const postgresStop = serverFails('postgres', 'SIGQUIT', {
  name: 'postgres-stop',
  what: 'immediate stop of PostgreSQL',
  proves: 'PostgreSQL may stop at once and come back',
  times: 3,
  everyMs: 6000,
});

/** Members of a platform that are down at the moment: nobody dies twice at once. */
const down = new WeakMap<Scene, Set<Member>>();

export const serverDrills: Drill[] = [
  ...MEMBERS.map(killing),
  postgresStop,
  serverFails('kafka', 'SIGKILL', {
    name: 'broker-kill',
    what: 'kill -9 of Kafka',
    proves: 'the broker may be killed and come back',
    times: 2,
    everyMs: 9000,
    // It starts for five seconds: of many strikes the last one still needs somebody to answer.
    lastsMs: () => 6500,
  }),
  {
    name: 'redis-flush',
    proves: 'Redis may forget everything at once',
    times: 3,
    everyMs: 4000,
    strike: async (scene) => {
      const client = createClient({ url: ownOf(scene, 'redis').part.url });
      await client.connect();
      await client.flushAll();
      client.destroy();
      return 'FLUSHALL of Redis';
    },
  },
  serverFails('redis', 'SIGKILL', {
    name: 'redis-kill',
    what: 'kill -9 of Redis, which comes back empty',
    proves: 'Redis holds nothing that matters',
    times: 3,
    everyMs: 5000,
  }),
  {
    name: 'kill-any',
    proves: 'any service may die at any moment, one after the other',
    times: 6,
    everyMs: 2500,
    overlaps: true,
    strike: async (scene) => {
      const dead = down.get(scene) ?? new Set();
      down.set(scene, dead);
      const alive = MEMBERS.filter((member) => !dead.has(member));
      const member = alive[scene.chance(alive.length)];
      if (!member) throw new Error('nobody is left to be killed');
      dead.add(member);
      await scene.platform.crash(member);
      dead.delete(member);
      return `kill -9 of ${member}`;
    },
  },
  {
    name: 'broker-outage',
    proves: 'the broker may be away for long: callers are told so, and go on when it is back',
    times: 1,
    everyMs: 5000,
    lastsMs: ({ outageMs }) => outageMs + BREATH_MS,
    strike: async (scene) => {
      const [kafka, { outageMs }] = [ownOf(scene, 'kafka'), scene];
      kafka.kill('SIGSTOP');
      await sleep(outageMs);
      kafka.kill('SIGCONT');
      return `Kafka frozen for ${outageMs / 1000} s`;
    },
  },
];

/** Which of the two comes first on a platform. */
const firsts = new WeakMap<Scene, number>();
/** One of each, the first by chance: short enough for every test run. */
export const shortDrill: Drill = {
  name: 'short',
  proves: 'bidding may be killed and PostgreSQL may stop at once: nothing acknowledged is lost or done twice',
  times: 2,
  everyMs: 500,
  // After a crash PostgreSQL flushes every file of its folder before it opens.
  lastsMs: () => 6000,
  strike: async (scene, n) => {
    const first = firsts.get(scene) ?? scene.chance(2);
    firsts.set(scene, first);
    return (first + n) % 2 ? killing('bidding').strike(scene, n) : postgresStop.strike(scene, n);
  },
};
