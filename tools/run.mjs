// Every verb of the repo: node tools/run.mjs <verb> [arguments]. Runs on Node 20 or newer, installs what is missing,
// hands over to the pinned Node, builds, and then becomes the verb.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  BENCH_PROGRAMS,
  DRILL_PROGRAMS,
  LOAD_PROGRAMS,
  compile,
  generate,
  install,
  nodeProblem,
  pinnedNode,
  provideJava,
  providePrograms,
  TEST_PROGRAMS,
  root,
} from './bootstrap.mjs';

/**
 * `java`: starts Kafka, unless KAFKA_BROKERS is given. `programs`: what it calls besides. `bare`: must work where
 * nothing can be installed or built.
 */
const VERBS = {
  start: { module: 'deploy/local/dist/start.js', java: true },
  test: { module: 'deploy/local/dist/test.js', java: true, programs: TEST_PROGRAMS },
  demo: { module: 'deploy/local/dist/demo.js', java: true },
  load: { module: 'deploy/local/dist/load.js', java: true, programs: LOAD_PROGRAMS },
  reconcile: { module: 'deploy/local/dist/reconcile.js', java: true },
  drill: { module: 'deploy/local/dist/drill.js', java: true, programs: DRILL_PROGRAMS },
  bench: { module: 'deploy/local/dist/bench.js', java: true, programs: BENCH_PROGRAMS },
  docs: { module: 'tools/docs.mjs' },
  new: { module: 'tools/new.mjs' },
  doctor: { module: 'tools/doctor.mjs', bare: true },
};

/** Whoever started this process must not leave it behind when it is killed: npm, or the Node that was there first. */
function dieWithParents() {
  const first = parents();
  setInterval(() => parents() !== first && process.kill(process.pid, 'SIGTERM'), 250).unref();
}

/** The parent, and under npm, which puts a shell between itself and us, the shell's parent. */
function parents() {
  const { ppid } = process;
  if (!process.env.npm_lifecycle_event || process.platform !== 'linux') return `${ppid}`;
  try {
    return `${ppid} ${readFileSync(`/proc/${ppid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]}`;
  } catch {
    return 'gone';
  }
}

async function become(module, args) {
  const file = join(root, module);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

/** Runs this very script under another Node, passes signals on, and ends as that one ends. */
function handOver(node) {
  const quiet = ['ExperimentalWarning', 'TimeoutNegativeWarning'].map((name) => `--disable-warning=${name}`);
  const child = spawn(node, [...quiet, ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

async function main([verb, ...args]) {
  const chosen = Object.hasOwn(VERBS, verb ?? '') ? VERBS[verb] : undefined;
  if (!chosen) throw new Error(`usage: node tools/run.mjs ${Object.keys(VERBS).join('|')} [arguments]`);
  if (chosen.bare) return become(chosen.module, args);
  const problem = nodeProblem();
  if (problem) throw new Error(problem);
  if (process.env.npm_lifecycle_event) dieWithParents();
  await install();
  const node = pinnedNode();
  if (realpathSync(node) !== realpathSync(process.execPath)) return handOver(node);
  if (!process.env.npm_lifecycle_event) dieWithParents();
  process.env.PATH = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  if (chosen.java && !process.env.KAFKA_BROKERS) await provideJava();
  if (chosen.programs) await providePrograms(verb, chosen.programs);
  await generate();
  await compile();
  if (!existsSync(join(root, chosen.module))) throw new Error(`${chosen.module} is not there`);
  return become(chosen.module, args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  // Whoever counts the tests reads the last line, and a build that fails is a test that fails.
  if (process.argv[2] === 'test') console.log('0 passed, 1 failed');
  process.exit(1);
}
