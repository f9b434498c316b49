import { setTimeout as sleep } from 'node:timers/promises';
import type { startOwnKafka, startOwnPostgres, startOwnRedis } from '@yuzhi/backing/own-servers';
import type { Platform } from './platform.ts';
import { type Member, MEMBERS } from './shapes.ts';

export interface Scene {
  platform: Platform;
  kafka: Awaited<ReturnType<typeof startOwnKafka>>;
  postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  redis: Awaited<ReturnType<typeof startOwnRedis>>;
  /** Below `n`; of the seed. */
  chance(n: number): number;
}
/** Breaks something on purpose while the platform is under load. */
export interface Drill {
  name: string;
  /** What must hold all the same. */
  proves: string;
  /** How often, and after how many ms of load each time. */
  times: number;
  everyMs: number;
  /** Resolves, with what was done, when what was broken is there again. */
  strike(scene: Scene): Promise<string>;
}

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

const serverFails = (
  server: 'kafka' | 'postgres' | 'redis',
  signal: NodeJS.Signals,
  drill: Omit<Drill, 'strike'> & { what: string },
): Drill => ({
  ...drill,
  strike: async (scene) => {
    scene[server].kill(signal);
    await sleep(BREATH_MS);
    await scene[server].revive();
    return drill.what;
  },
});

const others: Drill[] = [
  serverFails('postgres', 'SIGQUIT', {
    name: 'postgres-stop',
    what: 'immediate stop of PostgreSQL',
    proves: 'PostgreSQL may stop at once and come back',
    times: 3,
    everyMs: 6000,
  }),
  serverFails('kafka', 'SIGKILL', {
    name: 'broker-kill',
    what: 'kill -9 of Kafka',
    proves: 'the broker may be killed and come back',
    times: 2,
    everyMs: 9000,
  }),
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
    strike: async ({ platform, chance }) => {
      const member = MEMBERS[chance(MEMBERS.length)]!;
      await platform.crash(member);
      return `kill -9 of ${member}`;
    },
  },
  {
    name: 'broker-outage',
    proves: 'the broker may be away for long: callers are told so, and go on when it is back',
    times: 1,
    everyMs: 5000,
    strike: async ({ kafka }) => {
      kafka.kill('SIGSTOP');
      await sleep(10_000);
      kafka.kill('SIGCONT');
      return 'Kafka frozen for 10 s';
    },
  },
];

export const DRILLS: readonly Drill[] = [...MEMBERS.map(killing), ...others];
