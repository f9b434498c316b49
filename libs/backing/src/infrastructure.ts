import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Given, givenInfrastructure } from './environment.ts';
import { startKafka } from './kafka.ts';
import { type Part, answers, endLeftParts, startWatchdog } from './parts.ts';
import { type Holder, claim, writeHolder } from './pidfile.ts';
import { choosePorts } from './ports.ts';
import { admits, startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { type Step, createSteps } from './steps.ts';

export interface InfrastructureOptions {
  /** Absolute. Receives data, logs, pid files and the ports' memory; one launcher at a time. */
  dir: string;
  /** For tests: quicker, and a crash of the machine loses the data. */
  fast?: boolean;
  quiet?: boolean;
  /** Whom a broker that is started here knows besides its administrator. */
  kafkaUsers?: readonly string[];
}

export interface Infrastructure {
  /** An administrator's: it may create databases and roles. */
  databaseUrl: string;
  redisUrl: string;
  /** An administrator's, too, where they are started here: see `kafka-users`. */
  kafkaBrokers: string[];
  /** Of the parts started here; a part that was given by the environment has none. */
  pids: { postgres?: number; kafka?: number; redis?: number };
  /** Tells later launchers what to show their user instead of starting a second time. */
  announce(urls: Record<string, string>): void;
  /** Stops what was started here, and forgets the claim on the folder. */
  stop(): Promise<void>;
}

/** Another launcher, alive, has this folder. */
export class AlreadyRunning extends Error {
  constructor(readonly holder: Holder) {
    super(`already running as process ${holder.pid}`);
  }
}

function place(address: string, defaultPort: number) {
  const url = new URL(address.includes('://') ? address : `tcp://${address}`);
  const [host, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || defaultPort)];
  return { text: `${host}:${port}`, answers: () => answers(port, host, 5_000) };
}

async function insist(variable: string, address: string, reachable: () => Promise<boolean>): Promise<void> {
  const refusal = await reachable().then(
    (yes) => (yes ? undefined : 'nothing answers there'),
    (error: Error) => error.message,
  );
  if (refusal) throw new Error(`${variable} is set, but ${address} cannot be used: ${refusal}. Mend or unset it.`);
}

const STRIPE = 'https://api.stripe.com';
const webPlace = (url: string) => place(url, url.startsWith('https:') ? 443 : 80);

/** Throws, naming the variable and the address, when a given server cannot be reached; none is started in its place. */
export async function checkGiven(given: Given): Promise<void> {
  const { databaseUrl, redisUrl, kafkaBrokers, stripe, oidc, otlpEndpoint } = given;
  const brokers = (kafkaBrokers ?? []).map((broker) => place(broker, 9092));
  const someBroker = async () => (await Promise.all(brokers.map((broker) => broker.answers()))).includes(true);
  const redis = redisUrl && place(redisUrl, 6379);
  const web = (variable: string, url: string | undefined) => {
    const at = url && webPlace(url);
    return at && insist(variable, at.text, at.answers);
  };
  await Promise.all([
    databaseUrl && insist('DATABASE_URL', place(databaseUrl, 5432).text, () => admits(databaseUrl)),
    redis && insist('REDIS_URL', redis.text, redis.answers),
    web('STRIPE_SECRET_KEY', stripe && STRIPE),
    web('OIDC_ISSUER', oidc?.issuer),
    web('OTEL_EXPORTER_OTLP_ENDPOINT', otlpEndpoint),
    kafkaBrokers && insist('KAFKA_BROKERS', brokers.map(({ text }) => text).join(','), someBroker),
  ]);
}

async function startParts(options: InfrastructureOptions, given: Given, step: Step) {
  const { dir, fast, kafkaUsers: users } = options;
  const ports = await choosePorts(join(dir, 'ports.json'), ['postgres', 'redis', 'kafka', 'kafkaController']);
  const watchdog = startWatchdog();
  const started: Part[] = [];
  const stop = async () => {
    await Promise.all(started.map((part) => part.stop()));
    watchdog.close();
  };
  const run = async <P extends Part>(name: keyof typeof ports, isGiven: boolean, start: () => Promise<P>) => {
    if (isGiven) return undefined;
    const part = await step(name, start, () => `127.0.0.1:${ports[name]}`);
    started.push(part);
    return part;
  };
  const { postgres, kafka, kafkaController: controllerPort, redis } = ports;
  const attempts = [
    run('postgres', !!given.databaseUrl, () => startPostgres({ dir, port: postgres, fast }, watchdog)),
    run('kafka', !!given.kafkaBrokers, () => startKafka({ dir, port: kafka, controllerPort, fast, users }, watchdog)),
    run('redis', !!given.redisUrl, () => startRedis({ dir, port: redis }, watchdog)),
  ] as const;
  // All are awaited, even when one fails: only then is it known what must be stopped.
  const failed = (await Promise.allSettled(attempts)).find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const parts = await Promise.all(attempts);
  return { postgres: parts[0], kafka: parts[1], redis: parts[2], stop };
}

/**
 * PostgreSQL, Kafka and Redis, real ones: each from its URL in the environment when set, else started here on free
 * loopback ports, all at once. They end with this process, even when it is killed. Throws AlreadyRunning when another
 * living launcher has `dir`, and an Error that names the server and its address when a given one cannot be reached.
 */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  const given = givenInfrastructure();
  mkdirSync(options.dir, { recursive: true });
  const launcherFile = join(options.dir, 'launcher.pid');
  const holder = claim(launcherFile);
  if (holder) throw new AlreadyRunning(holder);
  try {
    await endLeftParts(options.dir);
    await checkGiven(given);
    const parts = await startParts(options, given, createSteps({ quiet: options.quiet }));
    return {
      databaseUrl: given.databaseUrl ?? parts.postgres!.url,
      redisUrl: given.redisUrl ?? parts.redis!.url,
      kafkaBrokers: given.kafkaBrokers ?? parts.kafka!.brokers,
      pids: { postgres: parts.postgres?.pid, kafka: parts.kafka?.pid, redis: parts.redis?.pid },
      announce: (urls) => writeHolder(launcherFile, process.pid, urls),
      stop: async () => {
        await parts.stop();
        rmSync(launcherFile, { force: true });
      },
    };
  } catch (error) {
    rmSync(launcherFile, { force: true });
    throw error;
  }
}
