import { randomUUID } from 'node:crypto';
import { fromJson } from '@yuzhi/database/json';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { answerType, clockRecord } from '@yuzhi/messaging/judge';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { MemoryPager, type Reply, replyChannel } from '@yuzhi/messaging/replies';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type {
  CloudEvent,
  Command,
  Envelope,
  Event,
  InputOf,
  Outcome,
  Principal,
  Role,
  Table,
} from '@yuzhi/protocol/declare';
import { memberships } from '@yuzhi/protocol/identity';
import { calendar, rules } from '@yuzhi/protocol/oversight';
import type { DynamicModule } from '@nestjs/common';
import type pg from 'pg';
import type { ServiceConfig } from './config.ts';
import { startIssuer, type TestIssuer } from './issuer.fixture.ts';
import { type RunningService, startService } from './service.ts';

export interface StageDatabase {
  urls: { writer: string; reader: string; side: string };
  owner: Pick<pg.Pool, 'query'>;
  writer: Pick<pg.Pool, 'query'>;
  reader: Pick<pg.Pool, 'query'>;
  side: Pick<pg.Pool, 'query'>;
  close(): Promise<void>;
}
export interface StageOptions {
  service: string;
  database: StageDatabase;
  module(config: ServiceConfig): DynamicModule;
  /** Rules in force from 2020 on: value and unit by id. */
  rules?: Record<string, readonly [value: string, unit: string]>;
  /** What stands on the log before the first boot. */
  prepare?(stage: Stage): void;
  /** Of every boot. */
  config?: Partial<ServiceConfig>;
}
export interface Asker {
  person: string;
  organisation?: string;
}
export interface Got<T> {
  status: number;
  body: T;
}
interface Page<T> {
  items: T[];
  next: string | null;
}

export const service = (name: string): Principal => ({
  party: `service:${name}`,
  person: `service:${name}`,
  roles: ['service'],
});
/** Somebody who acts for a party, in the given roles. */
export const acting = (party: string, person: string, ...roles: Role[]): Principal => ({ party, person, roles });

/** One service whole, on a log in memory and a database of its own; everybody else is played by the test. */
export class Stage {
  readonly broker = new MemoryBroker();
  readonly #name = randomUUID();
  readonly #pager = new MemoryPager();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  running!: RunningService;
  readonly database: StageDatabase;

  private constructor(
    private readonly options: StageOptions,
    readonly issuer: TestIssuer,
  ) {
    this.database = options.database;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options, await startIssuer());
    await new MemoryLog(stage.broker).prepare([...catalogue.topics]);
    for (const [id, rule] of Object.entries(options.rules ?? {})) stage.rule(id, ...rule);
    options.prepare?.(stage);
    await stage.#pager.subscribe(replyChannel(stage.#name), (replies: Reply[]) => {
      for (const { id, outcome } of replies) stage.#waiting.get(id)?.(outcome);
    });
    await stage.boot();
    return stage;
  }

  async boot(more: Partial<ServiceConfig> = {}): Promise<void> {
    const { config, module } = this.options;
    const { writer, reader, side } = this.database.urls;
    this.running = await startService(
      module({
        ...{ kafkaBrokers: [], redisUrl: '', topicPrefix: '', replica: '0', sessionTimeoutMs: 1000 },
        ...{ issuerUrl: this.issuer.url, audience: 'yuzhi', host: '127.0.0.1', port: 0 },
        ...{ internalSecret: 'secret-of-a-test-', logLevel: 'silent', steppable: true, sweepMs: 20 },
        ...{ writerUrl: writer, readerUrl: reader, sideUrl: side },
        log: () => new MemoryLog(this.broker),
        pager: () => new MemoryPager(),
        ...config,
        ...more,
      }),
    );
  }
  async reboot(more: Partial<ServiceConfig> = {}): Promise<void> {
    await this.running.stop();
    await this.boot(more);
  }
  async close(): Promise<void> {
    await this.running.stop();
    await this.issuer.close();
    await this.database.close();
  }

  /** The latest word on a key of a compacted topic. */
  keep<T extends Table>(table: T, key: string, data: InputOf<T>): void {
    this.broker.append({ topic: table.topic, key, value: JSON.stringify(data) });
  }
  rule(id: string, value: string, unit: string): void {
    const source = { zh: '测试', en: 'test' };
    const version = { id, value, unit, source, status: 'proposal', from: '2020-01-01', to: null };
    const row = { id, rulebook: '2026.1', versions: [version] };
    this.broker.append({ topic: rules.topic, key: id, value: JSON.stringify(row) });
  }
  year(year: number, days: { holidays?: string[]; workdays?: string[]; provisional?: boolean } = {}): void {
    const row = { holidays: [], workdays: [], provisional: false, ...days };
    this.keep(calendar, String(year), { year, source: 'test', ...row });
  }
  /** Makes somebody a member of an organisation, who may then ask for it. */
  employ(organisation: string, roles: Exclude<Role, 'service'>[], person: string = randomUUID()): Asker {
    this.keep(memberships, `${person}/${organisation}`, { person, organisation, roles, verified: true });
    return { person, organisation };
  }

  /** Puts a command on the log; answers what became of it after its commit. */
  send<C extends Command>(command: C, key: string, data: InputOf<C>, by: Principal, idempotencyKey?: string) {
    return this.#decided(command.type, key, data, by, idempotencyKey);
  }
  /** A command that the service sends to itself. */
  own<C extends Command>(command: C, key: string, data: InputOf<C>, idempotencyKey?: string) {
    return this.send(command, key, data, service(this.options.service), idempotencyKey);
  }
  async #decided(type: string, key: string, data: unknown, principal: Principal, idempotencyKey?: string) {
    const id = uuidv7();
    const wanted = { id, idempotencyKey: idempotencyKey ?? id, type, key, principal, data };
    const envelope: Envelope = { ...wanted, replyTo: this.#name };
    const outcome = new Promise<Outcome>((go) => this.#waiting.set(id, go));
    this.broker.append({ topic: `${this.options.service}.commands`, key, value: JSON.stringify(envelope) });
    return outcome.finally(() => this.#waiting.delete(id));
  }

  /** Everything on a topic, oldest first per partition. */
  records<T>(topic: string): { key: string; value: T }[] {
    const all = this.broker.partitions(topic).flatMap(({ records }) => records);
    return all.map(({ key, value }) => ({ key, value: JSON.parse(value!) as T }));
  }
  /** What the service has told about an aggregate, once all of it is out. */
  async told(key: string): Promise<CloudEvent[]> {
    await this.idle();
    const all = this.records<CloudEvent>(`${this.options.service}.events`);
    return all.filter((record) => record.key === key).map(({ value }) => value);
  }
  /** The words of a command or an event in a list of them, `deal.closed`. */
  kinds = (said: { type: string }[]) => said.map(({ type }) => type.split('.').slice(1, 3).join('.'));
  /** What one of our aggregates has asked of another service, oldest first, once all of it is out. */
  async asked(command: Command, from: string): Promise<Envelope[]> {
    await this.idle();
    return this.#asked(command, from);
  }
  #asked(command: Command, from: string): Envelope[] {
    const all = this.records<Envelope>(command.topic).map(({ value }) => value);
    return all.filter(({ type, answerTo }) => type === command.type && answerTo?.key === from);
  }
  /** The nth question of this kind, once it is there. */
  asking(command: Command, from: string, nth = 1): Promise<Envelope> {
    return this.until(async () => this.#asked(command, from)[nth - 1]);
  }
  /** Answers the nth question of this kind as its service would, once it is there. */
  async answer(command: Command, from: string, outcome: Partial<Outcome> = {}, nth = 1): Promise<Outcome> {
    const asked = await this.asking(command, from, nth);
    const whole = { status: 200, code: 'done', body: {}, ...outcome };
    const data = { of: command.type, askKey: asked.key, asked: asked.data, outcome: whole };
    return this.#decided(answerType, from, data, service(command.service));
  }
  refuse(command: Command, from: string, code: string, nth = 1): Promise<Outcome> {
    return this.answer(command, from, { status: command.rejections[code]?.status ?? 500, code }, nth);
  }
  /** Tells an event as its owner does. */
  tell<E extends Event>(event: E, key: string, data: InputOf<E>, more: Partial<CloudEvent> = {}): CloudEvent {
    const by = `service:${event.service}`;
    const told: CloudEvent = {
      ...{ specversion: '1.0', id: uuidv7(), source: `/${event.service}`, type: event.type, subject: key },
      ...{ time: new Date().toISOString(), causationid: uuidv7(), aggversion: 1, actor: { party: by, person: by } },
      data,
      ...more,
    };
    this.broker.append({ topic: event.topic, key, value: JSON.stringify(told) });
    return told;
  }

  /** Moves the platform's clock on, in every partition of the service. */
  turnClock(offsetMs: number): void {
    const topic = `${this.options.service}.commands`;
    for (const partition of this.broker.partitions(topic).keys()) {
      this.broker.append({ topic, key: 'clock', value: clockRecord(offsetMs), partition });
    }
  }
  /** Resolves once nothing is under way that goes on by itself. */
  async idle(): Promise<void> {
    await this.until(async () => (await this.running.runtime.pulse()).waiting === 0);
  }
  /** Resolves with what `look` finds, as soon as it finds it. */
  async until<T>(look: () => Promise<T | undefined | false | null>): Promise<T> {
    for (const end = Date.now() + 25_000; Date.now() < end; await new Promise((go) => setTimeout(go, 10))) {
      const found = await look();
      if (found) return found;
    }
    throw new Error('it never came to be');
  }

  async fetch(path: string, asker?: Asker, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (asker) headers.set('authorization', `Bearer ${await this.issuer.sign({ sub: asker.person })}`);
    if (asker?.organisation) headers.set('x-organisation', asker.organisation);
    return fetch(this.running.url + path, { ...init, headers });
  }
  async get<T = Record<string, unknown>>(path: string, asker?: Asker): Promise<Got<T>> {
    return got(await this.fetch(path, asker));
  }
  async post<T = Record<string, unknown>>(path: string, body: object, asker?: Asker): Promise<Got<T>> {
    const headers = { 'content-type': 'application/json' };
    return got(await this.fetch(path, asker, { method: 'POST', headers, body: JSON.stringify(body) }));
  }
  /** Every page of a list, from the first to the last. */
  async pages<T = Record<string, unknown>>(path: string, asker?: Asker): Promise<T[][]> {
    const pages: T[][] = [];
    for (let next: string | null = ''; next !== null;) {
      const separator = path.includes('?') ? '&' : '?';
      const { status, body }: Got<Page<T>> = await this.get(next ? `${path}${separator}after=${next}` : path, asker);
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      pages.push(body.items);
      next = body.next;
    }
    return pages;
  }

  /** What any role may read, as the owner of the database. */
  async rows<T extends object>(text: string, ...values: unknown[]): Promise<T[]> {
    return (await this.database.owner.query<T>(text, values)).rows;
  }
  /** The state of an aggregate, as its store would read it. */
  async state<S>(table: string, key: string, id: string): Promise<S | undefined> {
    const [row] = await this.rows<{ state: unknown }>(`select state from ${table} where ${key}::text = $1`, id);
    return row && fromJson<S>(row.state);
  }
}

const got = async <T>(response: Response): Promise<Got<T>> => ({
  status: response.status,
  body: (await response.json()) as T,
});
