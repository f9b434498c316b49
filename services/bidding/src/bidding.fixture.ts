import type { ServiceConfig } from '@yuzhi/chassis/config';
import { Journal } from '@yuzhi/database/journal';
import { startIssuer, type TestIssuer } from '@yuzhi/chassis/issuer.fixture';
import { type RunningService, startService } from '@yuzhi/chassis/service';
import type { Log } from '@yuzhi/messaging/log';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { answerType } from '@yuzhi/messaging/judge';
import { MemoryPager, replyChannel, type Reply } from '@yuzhi/messaging/replies';
import { askedOf, uuidv7 } from '@yuzhi/messaging/ids';
import { admitBidder, auctionEnded, openAuction, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type { CloudEvent, Command, DataOf, Envelope, InputOf, Outcome, Principal } from '@yuzhi/protocol/declare';
import { calendar, rules } from '@yuzhi/protocol/oversight';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { randomUUID } from 'node:crypto';
import { AuctionStore } from './auction.store.ts';
import { BiddingModule } from './bidding.module.ts';

const RULES = {
  'bidding.rules-version': ['2026.1', 'version'],
  'bidding.deposit-min-bps': ['500', 'bps'],
  'bidding.deposit-max-bps': ['2000', 'bps'],
  'bidding.deposit-answer-seconds': ['86400', 'seconds'],
  'bidding.cycle-min-seconds': ['1', 'seconds'],
  'bidding.cycle-max-seconds': ['3600', 'seconds'],
  'bidding.deposit-return-working-days': ['3', 'working-days'],
} as const;
/** Options of fake timers that leave everything real but the clock, which is the broker's too. */
export const onlyDate = {
  doNotFake: [
    ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
    ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
  ],
};
const source = { zh: '测试', en: 'test' };

export const by = (party: string, ...roles: Principal['roles']): Principal => ({
  party,
  person: party,
  roles: roles.length ? roles : ['bidder'],
});
export const service = (name: string) => by(`service:${name}`, 'service');

export const SELLER = '91350100M000100Y43';
export const ANN = '91512081MA62K0260E';
export const BOB = '91440300708461136T';
/** A natural person. */
export const CID = '0199a1b2-0000-7000-8000-00000000c1d0';
export const LISTINGS = service('listings');
export const ESCROW = service('escrow');

const HOUR = 3_600_000;
type Opening = InputOf<typeof openAuction>['terms'];

/** Start ¥100, increment ¥10, deposit ¥20; an hour until the free period, one hour of it, cycles of five minutes. */
export const termsFrom = (now: number, changes: Partial<Opening> = {}): Opening => ({
  startPriceFen: '10000',
  reserveFen: null,
  incrementFen: '1000',
  depositFen: '2000',
  admissionEndsAt: now + 2 * HOUR,
  freeStartsAt: now + HOUR,
  freeEndsAt: now + 2 * HOUR,
  cycleSeconds: 300,
  ...changes,
});

/** A whole bidding service on a log in memory and a database of its own; it may be stopped and booted again. */
export class Market {
  readonly broker = new MemoryBroker();
  readonly #name = randomUUID();
  readonly #pager = new MemoryPager();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #read = new Map<string, number>();
  running!: RunningService;

  private constructor(
    readonly database: TestDatabase,
    private readonly issuer: TestIssuer,
  ) {}

  static async start(): Promise<Market> {
    const market = new Market(await testDatabase('bidding'), await startIssuer());
    await new MemoryLog(market.broker).prepare([...catalogue.topics]);
    for (const [id, [value, unit]] of Object.entries(RULES)) {
      const version = { id, value, unit, source, status: 'proposal', from: '2020-01-01', to: null };
      market.#table(rules.topic, id, { id, rulebook: '1', versions: [version] });
    }
    const days = { provisional: false, source: 'test', workdays: [], holidays: ['2027-01-01'] };
    for (const year of [2026, 2027]) market.#table(calendar.topic, String(year), { year, ...days });
    await market.#pager.subscribe(replyChannel(market.#name), (replies: Reply[]) => {
      for (const { id, outcome } of replies) market.#waiting.get(id)?.(outcome);
    });
    await market.boot();
    return market;
  }
  #table(topic: string, key: string, data: unknown) {
    this.broker.append({ topic, key, value: JSON.stringify(data) });
  }

  async boot(wrap: (log: Log) => Log = (log) => log): Promise<RunningService> {
    return (this.running = await this.another(wrap));
  }
  /** Another process of the same service. */
  another(wrap: (log: Log) => Log = (log) => log): Promise<RunningService> {
    const { writer, reader, side } = this.database.urls;
    const config: ServiceConfig = {
      ...{ kafkaBrokers: [], redisUrl: '', topicPrefix: '', replica: '0', sessionTimeoutMs: 1000 },
      ...{ issuerUrl: this.issuer.url, audience: 'yuzhi', host: '127.0.0.1', port: 0 },
      ...{ internalSecret: 'secret-of-a-test-', logLevel: 'silent', steppable: true, sweepMs: 20 },
      ...{ writerUrl: writer, readerUrl: reader, sideUrl: side },
      log: () => wrap(new MemoryLog(this.broker)),
      pager: () => new MemoryPager(),
    };
    return startService(BiddingModule.with(config));
  }
  async reboot(): Promise<void> {
    await this.running.stop();
    await this.boot();
  }
  /** Breaks the committer's connections, wherever its commit is. */
  async sever(): Promise<void> {
    await this.database.writer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
    );
  }
  get store(): AuctionStore {
    return this.running.app.get(AuctionStore);
  }

  /** Puts a command on the log; answers what became of it after its commit. */
  send<C extends Command>(
    command: C,
    key: string,
    data: InputOf<C>,
    principal: Principal,
    idempotencyKey?: string,
  ): Promise<Outcome> {
    return this.#decided(command.type, key, data, principal, idempotencyKey);
  }
  /** What another service decided about what bidding asked of it. */
  answer(command: Command, key: string, asked: unknown, outcome: Outcome): Promise<Outcome> {
    const data = { of: command.type, askKey: 'main', asked, outcome };
    return this.#decided(answerType, key, data, service(command.service));
  }
  async #decided(
    type: string,
    key: string,
    data: unknown,
    principal: Principal,
    idempotencyKey = uuidv7(),
  ): Promise<Outcome> {
    const id = uuidv7();
    const envelope: Envelope = { id, idempotencyKey, type, key, principal, replyTo: this.#name, data };
    const heard = new Promise<Outcome>((go) => this.#waiting.set(id, go));
    this.broker.append({ topic: 'bidding.commands', key, value: JSON.stringify(envelope) });
    try {
      return await Promise.race([heard, this.#filed(id, askedOf(principal.party, key, idempotencyKey).id)]);
    } finally {
      this.#waiting.delete(id);
    }
  }
  /** A reply may be lost, an outcome never. */
  async #filed(id: string, asked: string): Promise<Outcome> {
    while (this.#waiting.has(id)) {
      await new Promise((go) => setTimeout(go, 250));
      const [filed] = this.#waiting.has(id) ? await new Journal().known(this.database.reader, [asked]) : [];
      if (filed) return filed.outcome;
    }
    return undefined as never;
  }

  /** A bidding with these parties admitted. */
  async lot(changes: Partial<Opening> = {}, ...parties: string[]): Promise<string> {
    const saleId = uuidv7();
    const terms = termsFrom(Date.now(), changes);
    await this.send(openAuction, saleId, { saleId, seller: SELLER, terms }, LISTINGS);
    for (const party of parties) {
      await this.register(saleId, party);
      await this.admit(saleId, party);
    }
    return saleId;
  }
  register(saleId: string, party: string): Promise<Outcome> {
    return this.send(registerBidder, saleId, { rulesVersion: '2026.1' }, by(party));
  }
  admit(saleId: string, party: string, heldFen = '2000'): Promise<Outcome> {
    return this.send(admitBidder, saleId, { saleId, party, heldFen, orderId: randomUUID() }, ESCROW);
  }
  bid(saleId: string, party: string, amountFen: string, idempotencyKey?: string): Promise<Outcome> {
    return this.send(placeBid, saleId, { amountFen }, by(party), idempotencyKey);
  }

  /** Resolves once everything that was sent is decided and published. */
  async idle(): Promise<void> {
    while ((await this.running.runtime.pulse()).waiting > 0) await new Promise((go) => setTimeout(go, 5));
  }
  /** What was put on a topic about a key since this was last asked, oldest first. */
  async since<T = CloudEvent>(topic: string, key: string): Promise<T[]> {
    await this.idle();
    const all = this.#of<T>(topic, key);
    const from = this.#read.get(topic + key) ?? 0;
    this.#read.set(topic + key, all.length);
    return all.slice(from);
  }
  /** Reads again and again, until what is read is good. */
  async until<T>(read: () => T | Promise<T>, good: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await read();
      if (good(value)) return value;
      await new Promise((go) => setTimeout(go, 10));
    }
  }
  /** Waits for the end of a bidding; answers what is told of it. */
  async ended(saleId: string): Promise<DataOf<typeof auctionEnded>> {
    const find = () => this.#of<CloudEvent>('bidding.events', saleId).find(({ type }) => type === auctionEnded.type);
    return (await this.until(find, (ended) => ended !== undefined))!.data as DataOf<typeof auctionEnded>;
  }
  #of<T>(topic: string, key: string): T[] {
    const records = this.broker.partitions(topic).flatMap((partition) => partition.records);
    return records.filter((record) => record.key === key).map(({ value }) => JSON.parse(value!) as T);
  }
  async rows<T extends object>(text: string, ...values: unknown[]): Promise<T[]> {
    return (await this.database.owner.query<T>(text, values)).rows;
  }
  /** A read, signed in as a natural person, or as nobody. */
  async get<T>(path: string, person?: string): Promise<{ status: number; body: T }> {
    const headers = person && { authorization: `Bearer ${await this.issuer.sign({ sub: person })}` };
    const response = await fetch(this.running.url + path, headers ? { headers } : {});
    return { status: response.status, body: (await response.json()) as T };
  }
  async close(): Promise<void> {
    await this.running.stop();
    await this.database.close();
    await this.issuer.close();
  }
}
