import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { type Infrastructure, startInfrastructure } from '@yuzhi/backing/infrastructure';
import { KAFKA_USERS } from './settings.ts';
import { GUARDS } from './guards.ts';
import { journeyEnvironment } from './journey-process.ts';
import { leaksOf } from './leaks.ts';
import { loadTools, runLoad, shortTransfers } from './load-process.ts';
import { endLeftParts } from '@yuzhi/backing/parts';
import { startOwnPostgres } from '@yuzhi/backing/own-servers';
import { livingHolder } from '@yuzhi/backing/pidfile';
import { type OwnPostgres, runShortDrill } from './drills/short.ts';
import { startPlatform } from './platform.ts';
import { writeReached } from './reached.ts';
import { startRehearsal } from './rehearsal.ts';
import { NONE, readScore, type Score, sum } from './score.ts';
import type { Shape } from './shapes.ts';
import { createSteps } from '@yuzhi/backing/steps';

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
/**
 * Compiler and linter are Go's, which otherwise lets garbage lie until it is as much again as what lives. The linter
 * reads the types anew for each core, and the other cores have tests to run.
 */
const GO = { GOMEMLIMIT: '1GiB', GOMAXPROCS: '1' };
const SHAPES: Shape[] = ['one-process', 'processes'];

const step = createSteps();
const runs = join(root, '.yuzhi/test');
const children = new Set<ChildProcess>();

/** `aloud`: it prints for itself. `after`: what it printed follows when it ends. Else only a failure is told. */
type Voice = 'aloud' | 'after';

/** Runs a command from the root; throws what it printed when it fails, unless that is printed anyway. */
function run(
  [command, ...args]: string[],
  options: { env?: Record<string, string>; voice?: Voice } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const output = options.voice === 'aloud' ? 'inherit' : 'pipe';
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', ...options.env };
    const child: ChildProcess = spawn(command!, args, { cwd: root, env, stdio: ['ignore', output, output] });
    children.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      children.delete(child);
      if (options.voice === 'after') console.log(said);
      if (code === 0) resolve();
      else reject(new Error(options.voice ? '' : said.trim()));
    });
  });
}

/** A folder for this run, after sweeping away those of runs that are over or were killed. */
async function freshFolder(): Promise<string> {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    const folder = join(runs, name);
    if (livingHolder(join(folder, 'launcher.pid'))) continue;
    await endLeftParts(folder);
    rmSync(folder, { recursive: true, force: true });
  }
  return mkdtempSync(join(runs, 'run-'));
}

async function passGuards(): Promise<Score> {
  const score = { passed: 0, failed: 0 };
  for (const { name, command } of GUARDS) {
    try {
      await step(name, () => run(command, { env: GO }));
      score.passed += 1;
    } catch (error) {
      console.log((error as Error).message);
      score.failed += 1;
    }
  }
  return score;
}

interface JestRun {
  name: string;
  report: string;
  env: Record<string, string>;
  args: string[];
  voice?: Voice;
}
async function runJest({ name, report, env, args, voice = 'aloud' }: JestRun): Promise<Score> {
  const command = ['node', ...JEST, '--json', `--outputFile=${report}`, ...args];
  const wentWell = await step(name, () => run(command, { env, voice })).then(
    () => true,
    () => false,
  );
  return readScore(report, wentWell);
}

const addressesOf = ({ databaseUrl, redisUrl, kafkaBrokers }: Infrastructure) => ({
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  KAFKA_BROKERS: kafkaBrokers.join(','),
});

/** Everything but the journeys. */
function runTests(servers: Infrastructure, folder: string, args: string[]) {
  const known = Object.entries(servers.pids).filter(([, pid]) => pid !== undefined);
  const env = {
    ...addressesOf(servers),
    // For tests that stop a server on purpose.
    ...Object.fromEntries(known.map(([part, pid]) => [`YUZHI_${part.toUpperCase()}_PID`, String(pid)])),
  };
  return runJest({ name: 'jest', report: join(folder, 'jest.json'), env, args });
}

interface Stage {
  shape: Shape;
  dir: string;
  env: Record<string, string>;
  /** What its logs must not hold. */
  secrets: readonly string[];
  close(): Promise<void>;
}
/** A platform for journeys, and what tests may do to it from outside. */
async function openStage(infrastructure: Infrastructure, folder: string, shape: Shape): Promise<Stage> {
  const dir = join(folder, shape);
  const name = `${shape.replace('-', '_')}_`;
  const rehearsal = await startRehearsal({ brokers: infrastructure.kafkaBrokers, prefix: name });
  const given = { otlpEndpoint: rehearsal.url };
  // Short enough to be outlived by a test.
  const environments = { identity: { CLIENT_TOKEN_SECONDS: '5' } };
  const settings = { given, environments, steppable: true, sessionTimeoutMs: 2000 };
  const options = { dir, name, shape, infrastructure, ...settings, step };
  // All that a process would ever say, so that it can be looked through; in one process the logs are this terminal's.
  const logLevel = shape === 'processes' ? 'debug' : 'warn';
  const platform = await startPlatform({ ...options, logLevel });
  rehearsal.attach(platform);
  const env = { ...journeyEnvironment(platform), YUZHI_REHEARSAL_URL: rehearsal.url };
  return {
    shape,
    dir,
    secrets: platform.secrets,
    env: { ...env, YUZHI_REACHED_FILE: reachedFile(folder, shape), YUZHI_SHAPE: shape },
    async close() {
      await platform.stop();
      await rehearsal.close();
    },
  };
}

/** The journeys know addresses and logins, and nothing of the servers behind. */
async function runJourneys({ shape, dir, env, close }: Stage, voice: Voice, only: string[]): Promise<Score> {
  try {
    const args = ['--config', 'journeys/jest.config.mjs', '--passWithNoTests', ...only];
    return await runJest({ name: `journeys, ${shape}`, report: join(dir, 'jest.json'), env, args, voice });
  } finally {
    await close();
  }
}

/**
 * Both shapes at once, for much of a journey is waiting, and behind the shape that ends first the loads and then whole
 * starts. They are started one after the other, for each looks for its ports.
 */
async function runPlatforms(
  infrastructure: Infrastructure,
  folder: string,
  { everything, only }: { everything: boolean; only: string[] },
): Promise<Score> {
  const inOne = await openStage(infrastructure, folder, 'one-process');
  const inMany = await openStage(infrastructure, folder, 'processes');
  const behind = async () => {
    const score = sum([await runJourneys(inMany, 'aloud', only), judgeLogs(inMany)]);
    if (!everything) return score;
    return sum([score, await runLoads(infrastructure, folder), await runVerb('start', folder)]);
  };
  const before = async () => {
    const score = await runJourneys(inOne, 'after', only);
    return everything ? sum([score, await runVerb('demo', folder, addressesOf(infrastructure))]) : score;
  };
  const scores = await Promise.all([before(), behind()]);
  return sum([...scores, ...(only.length ? [] : [judgeReached(folder)])]);
}

/**
 * Transfers in short, and quotes under strikes, each with the reconciler's verdict, on a platform of their own. Its
 * PostgreSQL is its own, too: it is stopped on purpose, and must not be one that forgets then.
 */
async function runLoads(servers: Infrastructure, within: string): Promise<Score> {
  const postgres = await startOwnPostgres();
  try {
    return await loadsOn(postgres, { ...servers, databaseUrl: postgres.part.url }, within);
  } finally {
    await postgres.stop();
  }
}
async function loadsOn(postgres: OwnPostgres, servers: Infrastructure, within: string): Promise<Score> {
  const parts = { dir: join(within, 'load'), name: 'load_', infrastructure: servers };
  const settings = { shape: 'processes', steppable: true, sessionTimeoutMs: 2000, step } as const;
  const platform = await startPlatform({ ...parts, ...settings });
  const seed = randomInt(1_000_000);
  const score = { passed: 0, failed: 0 };
  try {
    const code = await step('load transfers', () => runLoad(shortTransfers(seed), { platform, ...parts }));
    score[code === 0 ? 'passed' : 'failed'] += 1;
    const withstood = await step('load bids, struck', () => runShortDrill({ ...parts, platform }, postgres, seed));
    score[withstood ? 'passed' : 'failed'] += 1;
  } finally {
    await platform.stop();
  }
  return score;
}

/** A log that holds a secret fails the run. */
function judgeLogs({ dir, secrets }: Stage): Score {
  const leaks = leaksOf(dir, secrets);
  for (const leak of leaks) console.log(`a secret in a log: ${leak}`);
  return leaks.length ? { passed: 0, failed: 1 } : { passed: 1, failed: 0 };
}

const reachedFile = (of: string, shape: Shape) => join(of, `reached-${shape}.jsonl`);

/** Whatever no journey reaches, and no test in its place, fails the run: it is tested, or it is deleted. */
function judgeReached(of: string): Score {
  const files = SHAPES.map((shape) => reachedFile(of, shape));
  const missing = writeReached(files, join(root, '.yuzhi/reports/reached.md'));
  for (const { what } of missing) console.log(`reached by no journey: ${what}`);
  return missing.length ? { passed: 0, failed: 1 } : { passed: 1, failed: 0 };
}

let infrastructure: Infrastructure | undefined;
let folder: string | undefined;
let cleaning: Promise<void> | undefined;

async function cleanUp(): Promise<void> {
  await infrastructure?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A terminal and a wrapper may both send it: the second one changes nothing.
  process.on(signal, () => {
    for (const child of children) child.kill('SIGTERM');
    cleaning ??= cleanUp().finally(() => process.exit(130));
  });
}

/** What a user does: starts and ends on servers of their own, or the demonstration, here on those that are there. */
const runVerb = (verb: 'start' | 'demo', within: string, env: Record<string, string> = {}): Promise<Score> =>
  runJest({
    ...{ name: verb, report: join(within, `${verb}.json`), env, voice: 'after' },
    args: ['--config', 'deploy/local/jest.launch.config.mjs', `launch/${verb}`],
  });

/**
 * Everything; `journeys` only those, or the ones named behind it; `launcher` only that; with other arguments only Jest,
 * which receives them.
 */
async function testAll([first, ...rest]: string[]): Promise<Score> {
  const everything = first === undefined;
  const onlyJest = first !== undefined && !['journeys', 'launcher'].includes(first);
  const scores: Score[] = [];
  try {
    folder = await freshFolder();
    if (first === 'launcher') return sum([await runVerb('start', folder), await runVerb('demo', folder)]);
    const guards = everything ? passGuards() : NONE;
    infrastructure = await startInfrastructure({ dir: folder, fast: true, kafkaUsers: KAFKA_USERS });
    // Building the load generator takes a minute the first time; if it fails, the loads say so.
    if (everything) void loadTools().catch(() => {});
    if (everything || onlyJest) scores.push(await runTests(infrastructure, folder, onlyJest ? [first, ...rest] : []));
    scores.push(await guards);
    if (!onlyJest) scores.push(await runPlatforms(infrastructure, folder, { everything, only: rest }));
  } catch (error) {
    console.log((error as Error).message);
    scores.push({ passed: 0, failed: 1 });
  }
  return sum(scores);
}

const { passed, failed } = await testAll(process.argv.slice(2));
await (cleaning ?? cleanUp());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
