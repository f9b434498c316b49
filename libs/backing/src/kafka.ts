import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { secretFor } from './databases.ts';
import { javaProgram, root } from './environment.ts';
import { fetchJars } from './kafka-jars.ts';
import { kafkaAdminAddress, loginModule } from './kafka-users.ts';
import { type Part, type Watchdog, answers, startPart } from './parts.ts';
import { born } from './pidfile.ts';

const TEMPLATE = join(root, 'libs/backing/kafka.properties');
const HEAP = ['-Xms256m', '-Xmx256m', '-Xmn128m', '-XX:+UseSerialGC'];
/** The quick compiler only: three times cheaper in the first 20 s, up to twice dearer after a minute. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1'];
const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Xlog:cds=off',
];

/** Kafka's form of an id: 16 random bytes in base64url. One that begins with a dash would be read as an option. */
function clusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** The administrator's, of the broker whose data lies in this folder. */
export const kafkaPassword = (dir: string): string => secretFor(join(dir, 'secret'), 'kafka');

/** An archive of loaded classes halves the start. It belongs to one Java and one set of jars; a stop writes it. */
function classArchive(java: string, libs: string): string {
  const program = realpathSync(java);
  const mark = createHash('sha256')
    .update(`${program} ${statSync(program).mtimeMs}`)
    .digest('hex')
    .slice(0, 8);
  return join(libs, `classes-${mark}.jsa`);
}

/** Where this launcher's broker writes the archive until it is whole; what killed launchers left is removed. */
function archiveDraft(archive: string): string {
  const drafts = readdirSync(dirname(archive)).filter((name) => name.startsWith(`${basename(archive)}.`));
  const left = drafts.filter((name) => born(Number(name.split('.').at(-1))) === undefined);
  for (const name of left) rmSync(join(dirname(archive), name), { force: true });
  return `${archive}.${process.pid}`;
}

function writeProperties(dir: string, port: number, controllerPort: number, login: string): string {
  const file = join(dir, 'kafka.properties');
  const values: Record<string, string> = {
    '@PORT@': String(port),
    '@CONTROLLER_PORT@': String(controllerPort),
    '@DATA@': join(dir, 'kafka'),
    '@LOGIN@': login,
  };
  writeFileSync(
    file,
    readFileSync(TEMPLATE, 'utf8').replace(/@[A-Z_]+@/g, (key) => values[key] ?? key),
    { mode: 0o600 },
  );
  return file;
}

async function format(java: string, libs: string, properties: string, data: string): Promise<void> {
  if (existsSync(join(data, 'meta.properties'))) return;
  rmSync(data, { recursive: true, force: true });
  const args = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', `${libs}/*`, 'kafka.tools.StorageTool', 'format'];
  await promisify(execFile)(java, [...args, '-t', clusterId(), '-c', properties]);
}

export interface KafkaOptions {
  dir: string;
  port: number;
  controllerPort: number;
  fast?: boolean;
  /** Who may connect besides the administrator; what each may do is granted to him over the log. */
  users?: readonly string[];
}

/**
 * Starts a Kafka broker on the two ports with its data in `dir/kafka`; its addresses are the administrator's. Clients
 * should expect "coordinator is loading" for a moment after the first start and retry.
 */
export async function startKafka(
  { dir, port, controllerPort, fast = false, users = [] }: KafkaOptions,
  watchdog: Watchdog,
): Promise<Part & { brokers: string[] }> {
  const java = javaProgram();
  const libs = await fetchJars();
  mkdirSync(dir, { recursive: true });
  const password = kafkaPassword(dir);
  const properties = writeProperties(dir, port, controllerPort, loginModule(password, users));
  await format(java, libs, properties, join(dir, 'kafka'));
  const archive = classArchive(java, libs);
  const draft = archiveDraft(archive);
  const sharing = existsSync(archive)
    ? ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`]
    : [`-XX:ArchiveClassesAtExit=${draft}`];
  const jvm = [...HEAP, ...(fast ? SHORT_LIVED : []), ...sharing, ...LOGGING, '-Djava.awt.headless=true'];
  const part = await startPart(
    {
      name: 'kafka',
      dir,
      command: java,
      args: [...jvm, '-cp', `${libs}/*`, 'kafka.Kafka', properties],
      ready: () => answers(port),
    },
    watchdog,
  );
  const stop = async () => {
    await part.stop();
    if (existsSync(draft)) renameSync(draft, archive);
  };
  return { pid: part.pid, stop, brokers: [kafkaAdminAddress(`127.0.0.1:${port}`, password)] };
}
