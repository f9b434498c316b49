// Each problem of this machine and checkout, with the command that fixes it. Works before anything is installed.
import { existsSync, readFileSync, readdirSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import * as bootstrap from './bootstrap.mjs';

const MEMORY_MB = 2_000;
const DISK_MB = 4_000;
const GIVEN = [
  ...['DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS', 'STRIPE_SECRET_KEY', 'OIDC_ISSUER'],
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];
const backing = join(bootstrap.root, 'libs/backing/dist');
const data = join(bootstrap.root, '.yuzhi');

/** What tests do with each program that they run. */
const USES = {
  pdftotext: 'the tests read the PDFs we write',
  pdfsig: 'the tests verify signatures with it',
  openssl: 'the tests verify signatures with it, too',
  go: "the tests build the payment rail's official mock",
  promtool: 'the tests check rules and alerts with it',
};

const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
const apt = (...packages) => `${sudo}apt-get install -y ${packages.join(' ')}`;
const good = (detail = '') => ({ detail });
const bad = (problem, fix) => ({ problem, fix });

function node() {
  const problem = bootstrap.nodeProblem();
  return problem ? bad(problem, apt('nodejs')) : good(process.version);
}

function java() {
  const version = bootstrap.javaVersion();
  if (version >= 17) return good(`version ${version}`);
  return bad(version ? `Java ${version} is too old for Kafka` : 'no Java', apt(bootstrap.JAVA_PACKAGES[0]));
}

const program = (name, use, from) => () =>
  bootstrap.onPath(name) ? good() : bad(`${name} is missing: ${use}`, apt(from));

function dependencies() {
  if (!existsSync(join(bootstrap.root, 'node_modules'))) return bad('not installed', bootstrap.INSTALL.join(' '));
  return bootstrap.isInstalled() ? good() : bad('older than the lock', 'npm start, or ' + bootstrap.INSTALL.join(' '));
}

function memory() {
  const said = existsSync('/proc/meminfo') ? /MemAvailable: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8')) : null;
  const freeMb = Math.floor(said ? Number(said[1]) / 1024 : freemem() / 1024 ** 2);
  return freeMb >= MEMORY_MB
    ? good(`${freeMb} MB`)
    : bad(`${freeMb} MB free of ${MEMORY_MB} needed`, 'ps aux --sort=-rss | head');
}

function disk() {
  const { bavail, bsize } = statfsSync(bootstrap.root);
  const freeMb = Math.floor((bavail * bsize) / 1024 ** 2);
  return freeMb >= DISK_MB
    ? good(`${freeMb} MB`)
    : bad(`${freeMb} MB free of ${DISK_MB} needed`, 'npm cache clean --force');
}

const folders = () =>
  [
    'local',
    'demo',
    ...(existsSync(join(data, 'test')) ? readdirSync(join(data, 'test')).map((run) => `test/${run}`) : []),
  ]
    .map((name) => join(data, name))
    .filter((folder) => existsSync(folder));

/** Servers whose launcher is gone, which only happens when the watchdog was killed as well. */
async function leftServers() {
  if (!existsSync(backing)) return good('nothing was started yet');
  const { livingHolder } = await import(join(backing, 'pidfile.js'));
  const left = folders()
    .filter((folder) => !livingHolder(join(folder, 'launcher.pid')))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.part.pid'))
        .map((name) => join(folder, name)),
    )
    .map((file) => livingHolder(file))
    .filter(Boolean);
  if (left.length === 0) return good();
  const pids = left.map(({ pid }) => pid);
  return bad(`servers without a launcher: ${pids.join(', ')}`, `kill -INT ${pids.join(' ')}`);
}

async function ports() {
  const file = join(data, 'local/ports.json');
  if (!existsSync(backing) || !existsSync(file)) return good('none chosen yet');
  const [{ livingHolder }, { isFree }] = await Promise.all(
    ['pidfile.js', 'ports.js'].map((name) => import(join(backing, name))),
  );
  const holder = livingHolder(join(data, 'local/launcher.pid'));
  if (holder) return good(`in use by process ${holder.pid}, which is ours`);
  const chosen = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
  const taken = (
    await Promise.all(chosen.map(async ([name, port]) => !(await isFree(port)) && `${name} ${port}`))
  ).filter(Boolean);
  return taken.length === 0 ? good() : bad(`somebody else has taken: ${taken.join(', ')}`, `rm ${file}`);
}

async function given() {
  const names = GIVEN.filter((name) => process.env[name]);
  if (names.length === 0) return good('none: everything is started locally');
  if (!existsSync(backing) || !bootstrap.isInstalled())
    return bad(`${names.join(', ')}: not checked before the first build`, 'npm start');
  const { checkGiven } = await import(join(backing, 'infrastructure.js'));
  const { givenInfrastructure } = await import(join(backing, 'environment.js'));
  try {
    await checkGiven(givenInfrastructure());
    return good(names.join(', '));
  } catch (error) {
    return bad(error.message, `unset ${names.join(' ')}`);
  }
}

const CHECKS = {
  Node: node,
  Java: java,
  Maven: program('mvn', "it fetches Kafka's jars", 'maven'),
  ...Object.fromEntries(
    Object.entries(bootstrap.TEST_PROGRAMS).map(([name, from]) => [
      `${name}, for tests`,
      program(name, USES[name], from),
    ]),
  ),
  dependencies,
  memory,
  disk,
  'left servers': leftServers,
  ports,
  'given servers': given,
};

let problems = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  const { problem, fix, detail } = await check();
  if (problem) problems += 1;
  console.log(problem ? `✗ ${name}: ${problem}\n    ${fix}` : `✓ ${name}${detail && `: ${detail}`}`);
}
process.exitCode = problems === 0 ? 0 : 1;
