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

const others: Drill[] = [
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
    name: 'postgres-stop',
    proves: 'PostgreSQL may stop at once and come back',
    times: 3,
    everyMs: 6000,
    strike: async ({ postgres }) => {
      postgres.kill('SIGQUIT');
      await sleep(BREATH_MS);
      await postgres.revive();
      return 'immediate stop of PostgreSQL';
    },
  },
  {
    name: 'broker-kill',
    proves: 'the broker may be killed and come back',
    times: 2,
    everyMs: 9000,
    strike: async ({ kafka }) => {
      kafka.kill();
      await sleep(BREATH_MS);
      await kafka.revive();
      return 'kill -9 of Kafka';
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
  {
    name: 'redis-kill',
    proves: 'Redis holds nothing that matters',
    times: 3,
    everyMs: 5000,
    strike: async ({ redis }) => {
      redis.kill();
      await sleep(BREATH_MS);
      await redis.revive();
      return 'kill -9 of Redis, which comes back empty';
    },
  },
];

export const DRILLS: readonly Drill[] = [...MEMBERS.map(killing), ...others];
