// Makes a checkout ready to run: dependencies, Java and Maven, generated clients, compiled TypeScript. Plain JavaScript
// without dependencies, for the first half runs on whatever Node there is, before anything is installed.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const INSTALL = 'npm install --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error'.split(' ');
export const JAVA_PACKAGES = ['openjdk-17-jre-headless', 'maven'];
/** What tests run besides, and Debian's package of it. */
export const TEST_PROGRAMS = {
  pdftotext: 'poppler-utils',
  pdfsig: 'poppler-utils',
  openssl: 'openssl',
  go: 'golang-go',
  promtool: 'prometheus',
};
/** Go builds k6, unless there is one. */
export const LOAD_PROGRAMS = process.env.K6_BIN || onPath('k6') ? {} : { go: 'golang-go' };
/** What drills run besides: Go builds what slows a line, gcc what slows a disk. */
export const DRILL_PROGRAMS = { go: 'golang-go', gcc: 'gcc libc6-dev', faketime: 'faketime' };
/** What the bench runs besides. */
export const BENCH_PROGRAMS = { wrk: 'wrk', pgbench: 'postgresql-contrib' };
const NODE_FLOOR = [20, 18];
/** What runs our code where npm has no pinned Node for the platform. */
const RUNTIME_FLOOR = [24, 9];

const at = (path) => join(root, path);
const hash = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const execute = promisify(execFile);

/** One line for each piece of work as it ends: mark, name, seconds, detail. Colour only on a terminal. */
export async function step(name, work, detail = '') {
  const paint = (code, text) => (process.stdout.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text);
  const since = performance.now();
  const line = (mark) => {
    const seconds = `${((performance.now() - since) / 1000).toFixed(2)} s`.padStart(9);
    console.log(`${mark} ${name.padEnd(14)} ${paint(2, seconds)}${detail && `   ${detail}`}`);
  };
  try {
    const value = await work();
    line(paint(32, '✓'));
    return value;
  } catch (error) {
    line(paint(31, '✗'));
    throw new Error([error.message, error.stdout, error.stderr].filter(Boolean).join('\n').trim(), { cause: error });
  }
}

export function onPath(program) {
  const places = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return places.map((place) => join(place, program)).find((file) => existsSync(file));
}

const reaches = ([major, minor]) => {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
};

export const nodeProblem = () =>
  reaches(NODE_FLOOR) ? undefined : `Node ${NODE_FLOOR.join('.')} or newer is needed, this is ${process.version}`;

const lockHash = () => hash(read(at('package-lock.json')));
const LOCK_MARK = at('node_modules/.yuzhi-lock');

/** Whether node_modules is what the lock asks for. */
export const isInstalled = () => read(LOCK_MARK) === lockHash();

export async function install() {
  if (isInstalled()) return;
  const isFirst = !existsSync(at('node_modules'));
  if (isFirst) console.log('… installing dependencies: a minute or two the first time');
  const [npm, verb, ...options] = INSTALL;
  const by = (how) => step('dependencies', () => execute(npm, [how, ...options], { cwd: root, maxBuffer: 1 << 26 }));
  // Where nothing is there yet, nothing need be compared: a quarter faster.
  await by(isFirst ? 'ci' : verb).catch((error) => {
    if (!isFirst) throw error;
    // A registry may lack what only other platforms need: `ci` fails on that, `install` does not.
    console.log(`${error.message}\n… npm ci failed, so npm install`);
    return by(verb);
  });
  writeFileSync(LOCK_MARK, lockHash());
}

/** The Node that runs everything of ours: the pinned one, else this one if it is new enough. */
export function pinnedNode() {
  const pinned = at('node_modules/.bin/node');
  if (existsSync(pinned)) return pinned;
  if (reaches(RUNTIME_FLOOR)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  throw new Error(`npm has no pinned Node for ${platform}: install Node ${RUNTIME_FLOOR.join('.')} or newer`);
}

/** The major version of the Java that would run Kafka; 0 when there is none. */
export function javaVersion() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '';
  return Number(/version "(\d+)/.exec(said)?.[1] ?? 0);
}

/** What is missing for a local Kafka, as Debian's packages. */
export const missingJavaPackages = () =>
  JAVA_PACKAGES.filter((name) => (name === 'maven' ? !onPath('mvn') : javaVersion() < 17));

export const installsItself = () => process.getuid?.() === 0 && existsSync('/etc/debian_version');

export const provideJava = () =>
  provide(missingJavaPackages(), 'Kafka needs Java 17 or newer, and Maven to be fetched');

/** Where Debian keeps PostgreSQL's own programs, each version in a folder. */
const POSTGRES = '/usr/lib/postgresql';

function isThere(program) {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES) : [];
  return onPath(program) ?? versions.find((version) => existsSync(join(POSTGRES, version, 'bin', program)));
}

/** Programs that one verb calls, each with Debian's package of it. */
export function providePrograms(verb, programs) {
  const missing = Object.entries(programs).filter(([program]) => !isThere(program));
  const packages = [...new Set(missing.map(([, name]) => name))];
  return provide(packages, `${verb} calls ${missing.map(([program]) => program).join(', ')}`);
}

/** Installs Debian's packages as root; throws the command for whoever is not. */
async function provide(missing, reason) {
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!installsItself()) throw new Error(`${reason}: ${command}`);
  const script = `apt-get update -qq && DEBIAN_FRONTEND=noninteractive ${command} -qq -o DPkg::Lock::Timeout=300`;
  await step('system', () => execute('sh', ['-c', script], { maxBuffer: 1 << 26 }), command);
}

function workspaces() {
  const patterns = JSON.parse(read(at('package.json'))).workspaces;
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(at(parent)) ? readdirSync(at(parent)).map((name) => `${parent}/${name}`) : [];
  });
  return folders.filter((folder) => existsSync(at(`${folder}/package.json`)));
}

/** Prisma clients, again only for the schemas that changed. */
export async function generate() {
  const version = read(at('node_modules/prisma/package.json'));
  const stale = workspaces().flatMap((folder) => {
    const schema = read(at(`${folder}/prisma/schema.prisma`));
    const mark = at(`${folder}/src/generated/.schema-hash`);
    const wanted = hash(schema, version);
    return schema && read(mark) !== wanted ? [{ folder, mark, wanted }] : [];
  });
  if (stale.length === 0) return;
  // Generating needs no schema engine, but the CLI insists on one, and would fetch it from a host of its own.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  const one = async ({ folder, mark, wanted }) => {
    await execute('prisma', ['generate'], { cwd: at(folder), env });
    mkdirSync(at(`${folder}/src/generated`), { recursive: true });
    writeFileSync(mark, wanted);
  };
  await step('generate', () => Promise.all(stale.map(one)), `${stale.length} Prisma clients`);
}

export async function compile() {
  const hasSources = (folder) =>
    existsSync(at(`${folder}/src`)) &&
    readdirSync(at(`${folder}/src`)).length > 0 &&
    existsSync(at(`${folder}/tsconfig.json`));
  const projects = workspaces().filter(hasSources);
  // Each checker of a project reads the libraries' types anew: one apiece is half the work of four.
  const args = ['-b', '--checkers', '1', ...projects];
  await step('compile', () => execute('tsc', args, { cwd: root, maxBuffer: 1 << 26 }));
}
