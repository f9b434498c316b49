import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { startOwnKafka, startOwnPostgres, startOwnRedis, startOwnToxiproxy } from '@yuzhi/backing/own-servers';
import { choosePorts } from '@yuzhi/backing/ports';
import { makeSlowDisk } from '@yuzhi/backing/slow-disk';
import type { Step } from '@yuzhi/backing/steps';
import { readAddresses } from '@yuzhi/journeys/journeys.config';
import { Stage } from '@yuzhi/journeys/stage';
import pg from 'pg';
import { KAFKA_USERS } from '../settings.ts';
import { journeyEnvironment } from '../journey-process.ts';
import type { LoadedPlatform } from '../load-process.ts';
import { type Platform, startPlatform } from '../platform.ts';
import type { Needs, Scene } from './drill.ts';
import { makeFakeClocks } from './fake-clocks.ts';

export const SESSION_TIMEOUT_MS = 2000;

export interface SceneOptions {
  needs: Needs;
  chance: Scene['chance'];
  outageMs: number;
  step: Step;
  /** What must be closed again joins here, to be closed in reverse. */
  closing: (() => Promise<unknown>)[];
}

/** What strikes need of a platform that runs already. */
export function sceneOf(
  loaded: LoadedPlatform,
  parts: Omit<Scene, 'platform' | 'loaded' | 'stage' | 'database'>,
): Scene {
  const { platform, name, infrastructure } = loaded;
  const pools = new Map<string, pg.Pool>();
  const open = (service: string) => {
    const url = new URL(infrastructure.databaseUrl);
    url.pathname = `/${name}${service}`;
    // A server that is killed takes its connections along; the next query gets a new one.
    return new pg.Pool({ connectionString: url.toString(), max: 2 }).on('error', () => {});
  };
  const database = (service: string) => {
    const pool = pools.get(service) ?? open(service);
    pools.set(service, pool);
    return pool;
  };
  parts.closing.push(() => Promise.all([...pools.values()].map((pool) => pool.end())));
  return { ...parts, platform, loaded, stage: new Stage(readAddresses(journeyEnvironment(platform))), database };
}

/** Lines through a proxy to PostgreSQL and Redis: their URLs as seen through it. */
async function layLines(
  dir: string,
  urls: { databaseUrl: string; redisUrl: string },
  closing: SceneOptions['closing'],
) {
  const proxy = await startOwnToxiproxy();
  closing.push(() => proxy.stop());
  const through = async (name: string, address: string) => {
    const url = new URL(address);
    const { [name]: from } = await choosePorts(join(dir, 'lines.json'), [name]);
    await proxy.part.lay(name, from!, Number(url.port));
    url.port = String(from);
    return url.toString();
  };
  const databaseUrl = await through('postgres', urls.databaseUrl);
  return { proxy, urls: { databaseUrl, redisUrl: await through('redis', urls.redisUrl) } };
}

async function startServers({ needs, closing }: SceneOptions) {
  const disk = needs.disk && (await makeSlowDisk());
  if (disk) closing.push(async () => disk.remove());
  const servers = [startOwnKafka(KAFKA_USERS), startOwnPostgres(disk?.env), startOwnRedis()] as const;
  const [kafka, postgres, redis] = await Promise.all(servers);
  for (const server of [kafka, postgres, redis]) closing.push(() => server.stop());
  return { kafka, postgres, redis, ...(disk && { disk }) };
}

/** Servers that may be killed, and the platform in the deployed shape on them: as durable as any. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { needs, closing, step, chance, outageMs } = options;
  const runs = join(root, '.yuzhi/drill');
  mkdirSync(runs, { recursive: true });
  const dir = mkdtempSync(join(runs, 'run-'));
  closing.push(async () => rmSync(dir, { recursive: true, force: true }));
  const servers = await startServers(options);
  const { kafka, postgres, redis } = servers;
  const direct = { databaseUrl: postgres.part.url, redisUrl: redis.part.url };
  const laid = needs.proxy && (await layLines(dir, direct, closing));
  const clocks = needs.clocks && makeFakeClocks(needs.clocks);
  if (clocks) closing.push(async () => clocks.remove());
  const { brokers: kafkaBrokers } = kafka.part;
  const parts = { dir, name: 'drill_', infrastructure: { ...direct, kafkaBrokers } };
  const platform: Platform = await startPlatform({
    ...parts,
    ...(laid && { infrastructure: { ...laid.urls, kafkaBrokers } }),
    environments: { ...needs.environments, ...clocks?.environments },
    ...{ shape: 'processes', steppable: true, sessionTimeoutMs: SESSION_TIMEOUT_MS, step },
  });
  closing.push(() => platform.stop());
  const optional = { ...(laid && { proxy: laid.proxy, addresses: laid.urls }), ...(clocks && { clocks }) };
  return sceneOf({ ...parts, platform }, { ...servers, ...optional, chance, outageMs, closing });
}
