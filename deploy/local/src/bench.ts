import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { type Infrastructure, startInfrastructure } from '@yuzhi/backing/infrastructure';
import { endLeftParts } from '@yuzhi/backing/parts';
import { livingHolder } from '@yuzhi/backing/pidfile';
import { createSteps } from '@yuzhi/backing/steps';
import { areDeals, readOptions } from '@yuzhi/loadtests/bench/options';
import { KAFKA_USERS } from './settings.ts';
import { checkOut, startRival } from './checkout.ts';
import { journeyEnvironment } from './journey-process.ts';
import { type Platform, startPlatform } from './platform.ts';

/** A durable platform of its own, one process per service, and the measuring of it; nothing of it stays. */
const runs = join(root, '.yuzhi/bench');
const PREFIX = 'bench_';
/** A clock that can be moved has escrow look after the rail every two seconds, as nobody does in earnest. */
const AS_DEPLOYED = { RECONCILE_MS: '300000' };
const step = createSteps();
const closing: (() => Promise<void>)[] = [];
let cleaning: Promise<void> | undefined;
const cleanUp = () =>
  (cleaning ??= (async () => {
    for (const close of closing.toReversed()) await close().catch(() => {});
  })());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
}

/** A folder for this run, after sweeping away those of runs that were killed. */
async function freshFolder(): Promise<string> {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs).filter((one) => one.startsWith('run-'))) {
    const folder = join(runs, name);
    if (livingHolder(join(folder, 'launcher.pid'))) throw new Error(`another bench is running in ${folder}`);
    await endLeftParts(folder);
    rmSync(folder, { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(runs, 'run-'));
  closing.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Servers that somebody else runs cannot be measured: what they cost is not seen from here. */
function ownServers({ pids }: Infrastructure): Record<string, number> {
  const { postgres, kafka, redis } = pids;
  if (postgres && kafka && redis) return { postgres, kafka, redis };
  throw new Error('the bench starts its own servers: unset DATABASE_URL, REDIS_URL and KAFKA_BROKERS');
}

/** The measuring itself, a process of its own that prints for itself. */
function runBench(args: string[], env: Record<string, string>): Promise<number> {
  const program = join(root, 'loadtests/dist/bench/main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'inherit',
  });
  closing.push(async () => void child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const environmentOf = (platform: Platform, infrastructure: Infrastructure, dir: string) => ({
  ...journeyEnvironment(platform),
  DATABASE_URL: infrastructure.databaseUrl,
  REDIS_URL: infrastructure.redisUrl,
  KAFKA_BROKERS: infrastructure.kafkaBrokers.join(','),
  YUZHI_TOPIC_PREFIX: PREFIX,
  YUZHI_DIR: dir,
  YUZHI_PIDS: JSON.stringify({ ...ownServers(infrastructure), ...platform.pids(), launcher: process.pid }),
});

async function bench(args: string[]): Promise<number> {
  // A slip in the arguments is told before anything is started.
  const options = readOptions(args);
  const { against } = options;
  const checkout = against && (await checkOut(against, step));
  const dir = await freshFolder();
  const infrastructure = await startInfrastructure({ dir, kafkaUsers: KAFKA_USERS });
  closing.push(() => infrastructure.stop());
  ownServers(infrastructure);
  const shape = { shape: 'processes' as const, steppable: areDeals(options), environments: { escrow: AS_DEPLOYED } };
  const platform = await startPlatform({ dir, name: PREFIX, ...shape, infrastructure, step });
  closing.push(() => platform.stop());
  const env: Record<string, string> = environmentOf(platform, infrastructure, dir);
  if (checkout) {
    const rival = await startRival(checkout, infrastructure, join(dir, 'rival'));
    closing.push(() => rival.stop());
    env['YUZHI_RIVAL'] = JSON.stringify(rival.told);
  }
  return runBench(args, env);
}

let code = 1;
try {
  code = await bench(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
}
await cleanUp();
process.exit(code);
