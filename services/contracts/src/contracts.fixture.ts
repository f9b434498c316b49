import { startIssuer, type TestIssuer } from '@yuzhi/chassis/issuer.fixture';
import { type RunningService, startService } from '@yuzhi/chassis/service';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { answerType, clockRecord } from '@yuzhi/messaging/judge';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { MemoryPager, type Reply, replyChannel } from '@yuzhi/messaging/replies';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type { DealView } from '@yuzhi/protocol/contracts';
import type { CloudEvent, Command, Envelope, Event, InputOf, Outcome, Principal, Table } from '@yuzhi/protocol/declare';
import { memberships, organisations, people } from '@yuzhi/protocol/identity';
import { calendar, rules } from '@yuzhi/protocol/oversight';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { ContractsModule } from './contracts.module.ts';
import { ruleRows } from './domain/rules.fixture.ts';

export const SELLER = '12100000400000624D';
export const BUYER = '91350100M000100Y43';
export const STRANGER = '914403001922038216';
export const DESK = '91110000802100433B';
export const SIGNERS: Record<string, string> = Object.fromEntries(
  [SELLER, BUYER, STRANGER, DESK].map((party) => [party, randomUUID()]),
);
const NAMES: Record<string, string> = {
  [SELLER]: '演示数据·中原材料大学',
  [BUYER]: '演示数据·嵩山精密制造有限公司',
  [STRANGER]: '演示数据·无关有限公司',
  [DESK]: '演示数据·豫知平台',
};

const service = (name: string): Principal => ({
  party: `service:${name}`,
  person: `service:${name}`,
  roles: ['service'],
});
/** The person who signs for an organisation, or a natural person for himself. */
export const signatory = (party: string): Principal => ({
  party,
  person: SIGNERS[party] ?? party,
  roles: ['signatory'],
});

/** The contracts service on a log in memory and a database of its own; the other services are played by the test. */
export class Stage {
  readonly #name = randomUUID();
  readonly #pager = new MemoryPager();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly broker = new MemoryBroker();
  running!: RunningService;

  private constructor(
    readonly database: TestDatabase,
    private readonly issuer: TestIssuer,
  ) {}

  static async open(): Promise<Stage> {
    const stage = new Stage(await testDatabase('contracts'), await startIssuer());
    await new MemoryLog(stage.broker).prepare([...catalogue.topics]);
    for (const row of ruleRows()) stage.keep(rules, row.id, row);
    for (const year of [2026, 2027, 2028]) {
      stage.keep(calendar, String(year), { year, provisional: false, source: 'test', workdays: [], holidays: [] });
    }
    for (const [party, person] of Object.entries(SIGNERS)) stage.settle(party, person);
    await stage.#pager.subscribe(replyChannel(stage.#name), (replies: Reply[]) => {
      for (const { id, outcome } of replies) stage.#waiting.get(id)?.(outcome);
    });
    await stage.boot();
    return stage;
  }

  async boot(): Promise<void> {
    const { writer, reader, side } = this.database.urls;
    const config = {
      ...{ kafkaBrokers: [], redisUrl: '', topicPrefix: '', replica: '0', sessionTimeoutMs: 1000 },
      ...{ issuerUrl: this.issuer.url, audience: 'yuzhi', host: '127.0.0.1', port: 0 },
      ...{ internalSecret: 'secret-of-a-test-', logLevel: 'silent' as const, steppable: true, sweepMs: 20 },
      ...{ writerUrl: writer, readerUrl: reader, sideUrl: side, signingKeySecret: 'secret of signing keys in a test' },
      log: () => new MemoryLog(this.broker),
      pager: () => new MemoryPager(),
    };
    this.running = await startService(ContractsModule.with(config));
  }
  async reboot(): Promise<void> {
    await this.running.stop();
    await this.boot();
  }
  async close(): Promise<void> {
    await this.running.stop();
    await this.issuer.close();
    await this.database.close();
  }

  keep<T extends Table>(table: T, key: string, data: InputOf<T>): void {
    this.broker.append({ topic: table.topic, key, value: JSON.stringify(data) });
  }
  person(id: string, name: string): void {
    this.keep(people, id, { person: id, name });
  }
  /** An organisation, its signatory, and his membership. */
  settle(party: string, person: string): void {
    const named = { name: NAMES[party]!, nameEn: party, kind: 'firm' as const, region: '410100' };
    const organisation = { uscc: party, ...named, address: '河南省郑州市', legalRepresentative: '张明远' };
    this.keep(organisations, party, { ...organisation, verified: true });
    this.person(person, `签署人${party.slice(-2)}`);
    const roles = party === DESK ? ['desk' as const] : ['signatory' as const];
    this.keep(memberships, `${person}/${party}`, { person, organisation: party, roles, verified: true });
  }

  /** What another service tells. */
  tell<E extends Event>(event: E, key: string, data: InputOf<E>): void {
    const told: CloudEvent = {
      specversion: '1.0',
      id: uuidv7(),
      source: `/${event.service}`,
      type: event.type,
      subject: key,
      time: new Date().toISOString(),
      causationid: uuidv7(),
      aggversion: 1,
      actor: { party: `service:${event.service}`, person: `service:${event.service}` },
      data,
    };
    this.broker.append({ topic: event.topic, key, value: JSON.stringify(told) });
  }
  send<C extends Command>(command: C, key: string, data: InputOf<C>, by: Principal, idempotencyKey?: string) {
    return this.#decided(command.type, key, data, by, idempotencyKey);
  }
  own<C extends Command>(command: C, key: string, data: InputOf<C>) {
    return this.send(command, key, data, service('contracts'));
  }

  /** Resolves once nothing is under way that goes on by itself. */
  async idle(): Promise<void> {
    await this.until(async () => (await this.running.runtime.pulse()).waiting === 0);
  }
  /** What a deal has asked of other services, oldest first, once all of it is out. */
  async asked(command: Command, saleId: string): Promise<Envelope[]> {
    await this.idle();
    return this.#asked(command, saleId);
  }
  #asked(command: Command, saleId: string): Envelope[] {
    const records = this.broker.partitions(command.topic).flatMap((partition) => partition.records);
    const envelopes = records.map(({ value }) => JSON.parse(value!) as Envelope);
    return envelopes.filter(({ type, answerTo }) => type === command.type && answerTo?.key === saleId);
  }
  /** The nth question of this kind, once it is there. */
  async asking(command: Command, saleId: string, nth = 1): Promise<Envelope> {
    return this.until(async () => this.#asked(command, saleId)[nth - 1]);
  }
  /** Answers the nth question of this kind as its service would. */
  async answer(command: Command, saleId: string, outcome: Partial<Outcome> = {}, nth = 1): Promise<Outcome> {
    const asked = await this.asking(command, saleId, nth);
    const whole = { status: 200, code: 'done', body: {}, ...outcome };
    const data = { of: command.type, askKey: asked.key, asked: asked.data, outcome: whole };
    return this.#decided(answerType, saleId, data, service(command.service));
  }
  refuse(command: Command, saleId: string, code: string, nth = 1): Promise<Outcome> {
    return this.answer(command, saleId, { status: command.rejections[code]?.status ?? 500, code }, nth);
  }

  async #decided(type: string, key: string, data: unknown, principal: Principal, idempotencyKey?: string) {
    const id = uuidv7();
    const wanted = { id, idempotencyKey: idempotencyKey ?? id, type, key, principal, data };
    const envelope: Envelope = { ...wanted, replyTo: this.#name };
    const outcome = new Promise<Outcome>((go) => this.#waiting.set(id, go));
    this.broker.append({ topic: 'contracts.commands', key, value: JSON.stringify(envelope) });
    return outcome.finally(() => this.#waiting.delete(id));
  }

  /** Moves the platform's clock, in every partition. */
  turnClock(offsetMs: number): void {
    const partitions = this.broker.partitions('contracts.commands');
    for (const partition of partitions.keys()) {
      this.broker.append({ topic: 'contracts.commands', key: 'clock', value: clockRecord(offsetMs), partition });
    }
  }

  /** Resolves with what `look` finds, as soon as it finds it. */
  async until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    for (const end = Date.now() + 25_000; Date.now() < end; await new Promise((go) => setTimeout(go, 10))) {
      const found = await look();
      if (found) return found;
    }
    throw new Error('it never came');
  }
  async deal(saleId: string): Promise<z.output<typeof DealView> & { version: number }> {
    const { body } = await this.get<z.output<typeof DealView>>(`/v1/deals/${saleId}`, DESK);
    return body;
  }
  reached(saleId: string, state: z.output<typeof DealView>['state']) {
    return this.until(async () => {
      const deal = await this.deal(saleId);
      return deal.state === state && deal;
    });
  }
  /** What was told of a deal, once all of it is out. */
  async told(saleId: string): Promise<CloudEvent[]> {
    await this.idle();
    const records = this.broker.partitions('contracts.events').flatMap((partition) => partition.records);
    return records.filter(({ key }) => key === saleId).map(({ value }) => JSON.parse(value!) as CloudEvent);
  }
  async rows<T extends object>(text: string, ...values: unknown[]): Promise<T[]> {
    return (await this.database.owner.query<T>(text, values)).rows;
  }

  /** As an organisation's member, or as a natural person for himself. */
  async fetch(path: string, party?: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (party) headers.set('authorization', `Bearer ${await this.issuer.sign({ sub: SIGNERS[party] ?? party })}`);
    if (party && SIGNERS[party]) headers.set('x-organisation', party);
    return fetch(this.running.url + path, { ...init, headers });
  }
  async get<T>(path: string, party?: string): Promise<{ status: number; body: T }> {
    const response = await this.fetch(path, party);
    return { status: response.status, body: (await response.json()) as T };
  }
}
