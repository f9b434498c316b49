import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startPatentOffice } from '@yuzhi/patent-office/start-patent-office';
import { grantAccess } from '@yuzhi/messaging/kafka-access';
import { SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { findKeys } from '@yuzhi/chassis/issuers';
import { otlp, startTracing } from '@yuzhi/telemetry/tracing';
import Stripe from 'stripe';
import { startStripeSandbox } from '@yuzhi/stripe-sandbox/stripe-sandbox';
import { type ServiceDatabase, plainDatabase, provisionDatabase } from '@yuzhi/backing/databases';
import type { Given } from '@yuzhi/backing/environment';
import { areOurs } from '@yuzhi/backing/kafka-users';
import { type Watchdog, startWatchdog } from '@yuzhi/backing/parts';
import { choosePorts } from '@yuzhi/backing/ports';
import { secretsOf } from './leaks.ts';
import {
  ADMIN,
  adminPassword,
  type Environment,
  gatewayUrl,
  PLATFORM_USCC,
  SANDBOX_KEY,
  settingsOf,
} from './settings.ts';
import { type Member, MEMBERS, type Running, type Settings, type Shape, startHere, startProcess } from './shapes.ts';
import type { Step } from '@yuzhi/backing/steps';

export interface PlatformOptions {
  /** Absolute. Receives logs, the ports' memory and the secret that all others come from. */
  dir: string;
  /** Before the names of its databases and topics: several platforms may share the servers. */
  name: string;
  shape: Shape;
  infrastructure: { databaseUrl: string; redisUrl: string; kafkaBrokers: string[] };
  given?: Pick<Given, 'stripe' | 'oidc' | 'otlpEndpoint'>;
  steppable: boolean;
  /** How long the group waits for a member that was killed. */
  sessionTimeoutMs?: number;
  logLevel?: string;
  /** What single processes find in their environment besides. */
  environments?: Partial<Record<Member, Environment>>;
  step: Step;
}

/** A second process of a service, beside the first. */
export interface Twin {
  /** Ends it in good order, or waits for its end where it was killed. */
  stop(): Promise<void>;
  kill(): void;
}

export interface Platform {
  url: string;
  /** The doubles that run here; absent where the real one is configured. */
  stripeSandboxUrl?: string;
  patentOfficeUrl: string;
  /** Absent where another issuer than the embedded one keeps his password. */
  admin?: { loginName: string; password: string };
  platformUscc: string;
  /** What its processes were told and must not tell. */
  secrets: readonly string[];
  /** Processes by name, in the deployed shape. */
  pids(): Partial<Record<Member, number>>;
  /** Where metrics are served; one address where all members share a process. */
  metricsUrls(): string[];
  /** Where this one serves its own. */
  metricsUrl(member: Member): string;
  /** Starts a second process of a service, on a port of its own. Resolves when it is ready. */
  join(member: Member): Promise<Twin>;
  /** Kills a process with SIGKILL and starts it again. */
  crash(member: Member): Promise<void>;
  stop(): Promise<void>;
}

const PORT_NAMES = [...MEMBERS, 'stripeSandbox', 'patentOffice'] as const;

/** A rail: the real one as configured, or the sandbox, which is told where its webhooks go. */
async function openRail(options: PlatformOptions, port: number, webhookUrl: string, secretFile: string) {
  const { given, infrastructure, name } = options;
  if (given?.stripe) return { stripe: given.stripe, close: async () => {} };
  const databaseUrl = await plainDatabase(infrastructure.databaseUrl, `${name}stripe_sandbox`, secretFile);
  const sandbox = await startStripeSandbox({ databaseUrl, port });
  const secretKey = SANDBOX_KEY;
  await settleAtOnce(sandbox.url);
  const webhookSecret = await webhookEndpoints(sandbox.url, secretKey, webhookUrl);
  const stripe = { secretKey, webhookSecret, apiBase: sandbox.url };
  return { stripe, url: sandbox.url, close: () => sandbox.close() };
}

/** The sandbox's days are real ones: with its usual settlement a stepped platform would wait two of them. */
async function settleAtOnce(railUrl: string): Promise<void> {
  const body = JSON.stringify({ settlement_seconds: 0, refund_seconds: 0, payout_seconds: 0 });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${railUrl}/_sandbox/settings`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`the sandbox refused its settings: ${await response.text()}`);
}

/**
 * Registers our hook with the sandbox anew, for only a new endpoint tells its secret: once for what happens on our own
 * account, once for payees'. Answers both secrets.
 */
async function webhookEndpoints(railUrl: string, secretKey: string, url: string): Promise<string> {
  const { hostname: host, port } = new URL(railUrl);
  const { webhookEndpoints: endpoints } = new Stripe(secretKey, { host, port, protocol: 'http', telemetry: false });
  for await (const known of endpoints.list()) if (known.url === url) await endpoints.del(known.id);
  const secretOf = async (connect: boolean) =>
    (await endpoints.create({ url, enabled_events: ['*'], connect })).secret!;
  return [await secretOf(false), await secretOf(true)].join(',');
}

async function provisionAll({ infrastructure, name }: PlatformOptions, secretFile: string) {
  const made = await Promise.all(
    SERVICES.map(async (service) => {
      const database = `${name}${service.replaceAll('-', '_')}`;
      return [
        service,
        await provisionDatabase(infrastructure.databaseUrl, service, { name: database, secretFile }),
      ] as const;
    }),
  );
  return Object.fromEntries(made) as Record<ServiceName, ServiceDatabase>;
}

/** Runs every member of the platform, in the shape that was asked for. */
class Members {
  readonly #running = new Map<Member, Running>();
  readonly #twins = new Set<Running>();

  constructor(
    private readonly options: PlatformOptions,
    private readonly settings: Settings,
    private readonly watchdog: Watchdog,
  ) {}

  async start(member: Member): Promise<void> {
    const { shape, dir, environments } = this.options;
    const environment = { ...this.settings[member], ...environments?.[member] };
    const starting =
      shape === 'processes'
        ? startProcess(member, environment, { dir, watchdog: this.watchdog })
        : startHere(member, environment);
    this.#running.set(member, await starting);
  }
  /** Reads its configuration before anything else starts, so that all of them are refused for one bad key. */
  async startAll(): Promise<void> {
    const results = await Promise.allSettled(MEMBERS.map((member) => this.start(member)));
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return;
    await this.stop();
    throw failed.reason;
  }
  pids(): Partial<Record<Member, number>> {
    return Object.fromEntries([...this.#running].flatMap(([member, { pid }]) => (pid ? [[member, pid]] : [])));
  }
  async crash(member: Member): Promise<void> {
    const running = this.#running.get(member);
    if (!running?.pid) throw new Error(`${member} is no process of its own`);
    process.kill(running.pid, 'SIGKILL');
    await running.stop();
    await this.start(member);
  }
  async join(member: Member): Promise<Twin> {
    const { dir } = this.options;
    const name = `${member}-twin`;
    const { [name]: port } = await choosePorts(join(dir, 'ports.json'), [name]);
    const environment = { ...this.settings[member], PORT: String(port), REPLICA: 'twin' };
    const twin = await startProcess(member, environment, { dir, watchdog: this.watchdog });
    this.#twins.add(twin);
    const stop = async () => {
      await twin.stop();
      this.#twins.delete(twin);
    };
    return { stop, kill: () => void process.kill(twin.pid!, 'SIGKILL') };
  }
  /** The door first: what is under way inside may still end. */
  async stop(): Promise<void> {
    await this.#running.get('gateway')?.stop();
    this.#running.delete('gateway');
    await Promise.all([...this.#running.values(), ...this.#twins].map((running) => running.stop()));
    this.#running.clear();
  }
}

const metricsUrl = (port: number) => `http://127.0.0.1:${port}/metrics`;
const metricsUrls = (shape: Shape, ports: Record<Member, number>) =>
  (shape === 'processes' ? MEMBERS : MEMBERS.slice(0, 1)).map((member) => metricsUrl(ports[member]));

/** Databases and doubles, and what every process is told of them. What must be closed again joins `closing`. */
async function prepare(
  options: PlatformOptions,
  ports: Record<(typeof PORT_NAMES)[number], number>,
  closing: (() => Promise<void>)[],
) {
  const { dir, step, infrastructure, name, given, shape } = options;
  const secretFile = join(dir, 'secret');
  const databases = await step(
    'databases',
    () => provisionAll(options, secretFile),
    () => `${SERVICES.length} services`,
  );
  const officeUrl = await plainDatabase(infrastructure.databaseUrl, `${name}patent_office`, secretFile);
  const office = await startPatentOffice({ databaseUrl: officeUrl, port: ports.patentOffice });
  closing.push(() => office.close());
  const rail = await openRail(options, ports.stripeSandbox, `${gatewayUrl({ ports })}/v1/hooks/stripe`, secretFile);
  closing.push(() => rail.close());
  const { kafkaBrokers } = infrastructure;
  if (areOurs(kafkaBrokers)) await grantAccess(kafkaBrokers, name, { owners: SERVICES, doors: ['gateway'] });
  const { oidc, otlpEndpoint } = given ?? {};
  if (oidc) await findKeys(oidc.issuer);
  if (otlpEndpoint && shape === 'one-process') closing.push(startTracing('yuzhi', otlp(otlpEndpoint)));
  const settings = settingsOf({
    infrastructure,
    topicPrefix: name,
    secretFile,
    ports,
    databases,
    patentOfficeUrl: office.url,
    stripe: rail.stripe,
    ...(oidc && { oidc }),
    ...(otlpEndpoint && { otlpEndpoint }),
    steppable: options.steppable,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 6000,
    logLevel: options.logLevel ?? 'warn',
  });
  const admin = { loginName: ADMIN, password: adminPassword(secretFile) };
  return { settings, office, rail, ...(!oidc && { admin }) };
}

const PREFERRED_PORTS = { gateway: 8080, stripeSandbox: 12111, patentOffice: 4100 };

/** Databases, doubles, services and the door. Throws with the reason when one does not come up; nothing stays then. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dir, step, shape } = options;
  mkdirSync(dir, { recursive: true });
  const ports = await choosePorts(join(dir, 'ports.json'), PORT_NAMES, PREFERRED_PORTS);
  const url = gatewayUrl({ ports });
  const closing: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const { settings, office, rail, admin } = await prepare(options, ports, closing);
    const watchdog = startWatchdog();
    closing.push(async () => watchdog.close());
    const members = new Members(options, settings, watchdog);
    closing.push(() => members.stop());
    await step(
      'services',
      () => members.startAll(),
      () => url,
    );
    return {
      url,
      ...(rail.url && { stripeSandboxUrl: rail.url }),
      patentOfficeUrl: office.url,
      ...(admin && { admin }),
      platformUscc: PLATFORM_USCC,
      secrets: secretsOf(Object.values(settings)),
      pids: () => members.pids(),
      metricsUrls: () => metricsUrls(shape, ports),
      metricsUrl: (member) => metricsUrl(ports[member]),
      join: (member) => members.join(member),
      crash: (member) => members.crash(member),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
