import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './environment.ts';
import { type Infrastructure, startInfrastructure } from './infrastructure.ts';
import { endLeftParts } from './parts.ts';
import { livingHolder } from './pidfile.ts';
import { createSteps } from './steps.ts';

/** Each guard is one command from the root, and counts as one test. */
const GUARDS: { name: string; command: string[] }[] = [
  { name: 'format', command: ['prettier', '--check', '--cache', '--log-level=warn', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'architecture', command: ['depcruise', 'libs', 'services', 'gateway', 'tools', 'deploy', 'journeys'] },
  { name: 'types of specs', command: ['tsc', '-p', 'tsconfig.spec.json'] },
];
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

interface Score {
  passed: number;
  failed: number;
}

const step = createSteps();
const runs = join(root, '.yuzhi/test');
const children = new Set<ChildProcess>();

/** Runs a command from the root; throws what it printed when it fails, unless it prints for itself. */
function run(
  [command, ...args]: string[],
  options: { env?: Record<string, string>; loud?: boolean } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const output = options.loud ? 'inherit' : 'pipe';
    const env = { ...process.env, ...options.env };
    const child: ChildProcess = spawn(command!, args, { cwd: root, env, stdio: ['ignore', output, output] });
    children.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      children.delete(child);
      if (code === 0) resolve();
      else reject(new Error(said.trim()));
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
      await step(name, () => run(command));
      score.passed += 1;
    } catch (error) {
      console.log((error as Error).message);
      score.failed += 1;
    }
  }
  return score;
}

/** A suite that could not even be loaded has no tests to count, and counts as one that failed. */
function readScore(file: string): Score {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites',
    number
  >;
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
}

async function runJest(infrastructure: Infrastructure, folder: string, args: string[]): Promise<Score> {
  const { databaseUrl, redisUrl, kafkaBrokers, pids } = infrastructure;
  const known = Object.entries(pids).filter(([, pid]) => pid !== undefined);
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    // For tests that stop a server on purpose.
    ...Object.fromEntries(known.map(([part, pid]) => [`YUZHI_${part.toUpperCase()}_PID`, String(pid)])),
  };
  const report = join(folder, 'jest.json');
  const command = ['node', ...JEST, '--json', `--outputFile=${report}`, ...args];
  const outcome = await step('jest', () => run(command, { env, loud: true })).then(
    () => true,
    () => false,
  );
  try {
    const score = readScore(report);
    return outcome || score.failed > 0 ? score : { ...score, failed: 1 };
  } catch {
    return { passed: 0, failed: 1 };
  }
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

/** Everything; with arguments only Jest, which receives them. */
async function testAll(args: string[]): Promise<Score> {
  const none = { passed: 0, failed: 0 };
  const guards = args.length === 0 ? await passGuards() : none;
  try {
    folder = await freshFolder();
    infrastructure = await startInfrastructure({ dir: folder, fast: true });
    const tests = await runJest(infrastructure, folder, args);
    return { passed: guards.passed + tests.passed, failed: guards.failed + tests.failed };
  } catch (error) {
    console.log((error as Error).message);
    return { ...guards, failed: guards.failed + 1 };
  }
}

const { passed, failed } = await testAll(process.argv.slice(2));
await (cleaning ?? cleanUp());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
