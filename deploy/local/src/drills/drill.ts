import type { SlowDisk } from '@yuzhi/backing/slow-disk';
import type { startOwnKafka, startOwnPostgres, startOwnRedis, startOwnToxiproxy } from '@yuzhi/backing/own-servers';
import type { Stage } from '@yuzhi/journeys/stage';
import type pg from 'pg';
import type { LoadedPlatform } from '../load-process.ts';
import type { Platform } from '../platform.ts';
import type { Environment } from '../settings.ts';
import type { Member } from '../shapes.ts';
import type { FakeClocks } from './fake-clocks.ts';
import type { Heard, Recovery } from './strikes.ts';

/** The platform that is struck, its servers, and what strikes need besides. */
export interface Scene {
  platform: Platform;
  postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  /** Absent where others use them as well: nobody may kill them then. */
  kafka?: Awaited<ReturnType<typeof startOwnKafka>>;
  redis?: Awaited<ReturnType<typeof startOwnRedis>>;
  /** How a load and the reconciler find it. */
  loaded: LoadedPlatform;
  /** As its users have it. */
  stage: Stage;
  /** A service's database as the superuser has it, whom nothing holds back. */
  database(service: string): pg.Pool;
  /** Below `n`; of the seed. */
  chance(n: number): number;
  /** What must be closed again when the drill is over, in reverse. */
  closing: (() => Promise<unknown>)[];
  /** How long a broker that is away stays away. */
  outageMs: number;
  /** Of a drill that asked for it. `addresses` are those that the platform was given: through the proxy. */
  addresses?: { databaseUrl: string; redisUrl: string };
  proxy?: Awaited<ReturnType<typeof startOwnToxiproxy>>;
  disk?: SlowDisk;
  clocks?: FakeClocks;
}
export type LoadName = 'bids' | 'transfers' | 'mixed';

/** What was seen when the load was over. */
export interface Proof {
  seen: string[];
  /** Why the drill fails all the same. */
  wrong: string[];
}
/** Everything that a load and its strikes left behind. */
export interface Told {
  recovered: readonly Recovery[];
  heard: readonly Heard[];
}

/** Lines through a proxy, a disk that can be slowed, members whose clock can be set or who are told something else. */
export interface Needs {
  proxy?: true;
  disk?: true;
  clocks?: readonly Member[];
  environments?: Partial<Record<Member, Environment>>;
}

/** Breaks something on purpose while the platform is under load. */
export interface Drill {
  name: string;
  /** What must hold all the same. */
  proves: string;
  /** How often, and after how many ms of load each time. */
  times: number;
  everyMs: number;
  /** How long one strike takes, ms; the load lasts as long as all of them. */
  lastsMs?(scene: Scene): number;
  /** Quotes, when absent. */
  load?: LoadName;
  /** Strikes that are spread over a given time do not wait for each other. */
  overlaps?: true;
  /** What the scene must have. */
  needs?: Needs;
  /** Before the first strike. */
  prepare?(scene: Scene): Promise<void>;
  /**
   * The `n`th, from 0. Resolves, with what was done and how it was seen to land, when what was broken is there again.
   * Throws where the blow did not land, or was not withstood.
   */
  strike(scene: Scene, n: number): Promise<string>;
  /** What must be seen besides, when the load is over and reconciled. Throws where it cannot be looked at. */
  prove?(scene: Scene, told: Told): Promise<Proof>;
}
