import { startIssuer, type TestIssuer } from '@yuzhi/chassis/issuer.fixture';
import { type RunningService, startService } from '@yuzhi/chassis/service';
import { answerType, clockRecord } from '@yuzhi/messaging/judge';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { MemoryPager, replyChannel, type Reply } from '@yuzhi/messaging/replies';
import { bidderRegistered } from '@yuzhi/protocol/bidding';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type {
  AnswerOf,
  CloudEvent,
  Command,
  Envelope,
  Event,
  InputOf,
  Outcome,
  Principal,
} from '@yuzhi/protocol/declare';
import {
  type getOrder,
  type getReconciliation,
  type getSaleMoney,
  type getTrialBalance,
  type listOperations,
  onboardPayee,
  payOrder,
} from '@yuzhi/protocol/escrow';
import { calendar, rules } from '@yuzhi/protocol/oversight';
import { memberships } from '@yuzhi/protocol/identity';
import { type StripeSandbox, startStripeSandbox } from '@yuzhi/stripe-sandbox/stripe-sandbox';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { randomUUID } from 'node:crypto';
import { BookStore } from './book.store.ts';
import { depositOrderId } from './domain/payments.ts';
import { EscrowModule } from './escrow.module.ts';
import { PaymentRail } from './payment-rail.ts';

export const BUYER = '91350100M000100Y43';
export const OTHER = '91512081MA62K0260E';
export const SELLER = '91440300708461136T';
export const DESK = '12100000400000624D';
const RULES = {
  'escrow.fee-bps': ['200', 'bps'],
  'escrow.fee-min-fen': ['10000', 'fen'],
  'escrow.fee-max-fen': ['50000000', 'fen'],
  'escrow.inventor-floor-bps': ['5000', 'bps'],
  'escrow.rail-max-charge-fen': ['99999999', 'fen'],
  'escrow.rail-retry-days': ['14', 'days'],
  'escrow.rail-attempts': ['3', 'count'],
} as const;
const source = { zh: '测试', en: 'test' };

export const by = (party: string, ...roles: Principal['roles']): Principal => ({
  party,
  person: party,
  roles: roles.length ? roles : ['bidder', 'finance'],
});
export const service = (name: string): Principal => by(`service:${name}`, 'service');
/** To which the pauses grow between two looks at what takes long: hundreds may wait. */
const LOOK_MAX_MS = 2000;
const sleep = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

interface Settings {
  fee_bps?: number;
  settlement_seconds?: number;
  refund_seconds?: number;
  payout_seconds?: number;
}
export interface HouseOptions extends Settings {
  /** How long it waits for what must come to be. */
  patienceMs?: number;
  /** How often the rail is asked for what no webhook told. */
  reconcileMs?: number;
  /** Its database lies elsewhere than the run's. */
  adminUrl?: string;
  /** Takes a protection out: such a house may end with the money in disorder. */
  mutate?: (rail: PaymentRail) => void;
}

/** The escrow service whole: its own database, a log in memory, and the real client on a sandbox of the rail. */
export class House {
  readonly broker = new MemoryBroker();
  readonly #name = randomUUID();
  readonly #pager = new MemoryPager();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  /** Commands that a test sent and heard to be mistakes: only they may be in quarantine. */
  readonly #faults = new Set<string>();
  #secrets: string[] = [];
  #endpoints: string[] = [];
  running!: RunningService;

  private constructor(
    readonly database: TestDatabase,
    readonly sandbox: StripeSandbox,
    private readonly issuer: TestIssuer,
    private readonly options: HouseOptions,
  ) {}

  static async open(options: HouseOptions = {}): Promise<House> {
    const { patienceMs: _, reconcileMs: __, mutate: ___, adminUrl, ...settings } = options;
    const database = await testDatabase('escrow', { max: 6, ...(adminUrl && { adminUrl }) });
    const sandbox = await startStripeSandbox({ databaseUrl: database.urls.owner, port: 0 });
    const house = new House(database, sandbox, await startIssuer(), options);
    await new MemoryLog(house.broker).prepare([...catalogue.topics]);
    for (const [id, [value, unit]] of Object.entries(RULES)) house.rule(id, value, unit);
    const year = { provisional: false, source: 'test', workdays: [], holidays: [] };
    house.#table(calendar.topic, '2026', { year: 2026, ...year });
    const member = { person: house.desk, organisation: DESK, roles: ['desk'], verified: true };
    house.#table(memberships.topic, `${house.desk}/${DESK}`, member);
    await house.#pager.subscribe(replyChannel(house.#name), (replies: Reply[]) => {
      for (const { id, outcome } of replies) house.#waiting.get(id)?.(outcome);
    });
    const atOnce = { settlement_seconds: 0, refund_seconds: 0, payout_seconds: 0 };
    // Without a fee a deposit can go back whole: the platform has no money of its own on the rail.
    await house.control('/settings', { fee_bps: 0, ...atOnce, ...settings });
    for (const connect of ['false', 'true']) {
      const made = await house.api('/webhook_endpoints', { url: 'http://127.0.0.1:1', connect });
      house.#secrets.push(made['secret'] as string);
      house.#endpoints.push(made['id'] as string);
    }
    await house.boot();
    return house;
  }
  readonly desk: string = randomUUID();

  rule(id: string, value: string, unit: string): void {
    const version = { id, value, unit, source, status: 'proposal', from: '2020-01-01', to: null };
    this.#table(rules.topic, id, { id, rulebook: '2026.1', versions: [version] });
  }
  #table(topic: string, key: string, data: unknown): void {
    this.broker.append({ topic, key, value: JSON.stringify(data) });
  }

  async boot(): Promise<void> {
    const { writer, reader, side } = this.database.urls;
    this.running = await startService(
      EscrowModule.with({
        ...{ kafkaBrokers: [], redisUrl: '', topicPrefix: '', replica: '0', sessionTimeoutMs: 1000 },
        ...{ issuerUrl: this.issuer.url, audience: 'yuzhi', host: '127.0.0.1', port: 0 },
        ...{
          internalSecret: 'secret-of-a-test-',
          logLevel: (process.env['ESCROW_TEST_LOG'] ?? 'silent') as 'silent',
          steppable: true,
          sweepMs: 20,
          errandBackOffMs: 5,
        },
        ...{ writerUrl: writer, readerUrl: reader, sideUrl: side },
        ...{ stripeSecretKey: 'sk_test_yuzhi', stripeWebhookSecrets: this.#secrets, stripeApiBase: this.sandbox.url },
        ...{
          stripePlatform: 'yuzhi',
          stripeTimeoutMs: 800,
          railBackOffMs: 20,
          reconcileMs: this.options.reconcileMs ?? 60_000,
        },
        log: () => new MemoryLog(this.broker),
        pager: () => new MemoryPager(),
      }),
    );
    this.options.mutate?.(this.running.app.get(PaymentRail));
    const url = `${this.running.url}/v1/hooks/stripe`;
    for (const id of this.#endpoints) await this.api(`/webhook_endpoints/${id}`, { url });
  }
  async reboot(): Promise<void> {
    await this.running.stop();
    await this.boot();
  }
  get store(): BookStore {
    return this.running.app.get(BookStore);
  }

  /** Puts a command on the log; answers what became of it after its commit. */
  send<C extends Command>(command: C, data: InputOf<C>, principal: Principal, idempotencyKey?: string) {
    return this.#decided(command.type, data, principal, idempotencyKey);
  }
  /** What another service decided about what escrow asked of it. */
  answer<C extends Command>(command: C, asked: InputOf<C>, outcome: Outcome): Promise<Outcome> {
    const data = { of: command.type, askKey: (asked as { saleId: string }).saleId, asked, outcome };
    return this.#decided(answerType, data, service(command.service));
  }
  async #decided(type: string, data: unknown, principal: Principal, idempotencyKey?: string): Promise<Outcome> {
    const id = uuidv7();
    const whole = { id, idempotencyKey: idempotencyKey ?? id, type, key: 'main', principal, replyTo: this.#name, data };
    const outcome = new Promise<Outcome>((go) => this.#waiting.set(id, go));
    this.broker.append({ topic: 'escrow.commands', key: 'main', value: JSON.stringify(whole satisfies Envelope) });
    try {
      const { code } = await outcome;
      if (code === 'internal-fault') this.#faults.add(whole.idempotencyKey);
      return await outcome;
    } finally {
      this.#waiting.delete(id);
    }
  }
  /** Tells an event as its owner does. */
  tell<E extends Event>(event: E, data: InputOf<E>): void {
    const told = { specversion: '1.0', id: uuidv7(), source: 'test', type: event.type, subject: 'x', data };
    this.broker.append({ topic: event.topic, key: 'x', value: JSON.stringify(told) });
  }
  /** Moves the platform's clock on. */
  moveClock(offsetMs: number): void {
    this.broker.append({ topic: 'escrow.commands', key: 'main', partition: 0, value: clockRecord(offsetMs) });
  }

  /** Resolves once nothing is under way that goes on by itself, the rail's webhooks included. */
  async idle(): Promise<void> {
    for (let calm = 0; calm < 2;) {
      const { waiting } = await this.running.runtime.pulse();
      const webhooks = await this.rows(`select from stripe_sandbox.delivery where status = 'pending'`);
      calm = waiting + webhooks.length === 0 ? calm + 1 : 0;
      await sleep(10);
    }
  }
  async until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    const end = performance.now() + (this.options.patienceMs ?? 20_000);
    for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.1, LOOK_MAX_MS)) {
      const found = await look();
      if (found) return found;
      if (performance.now() > end) throw new Error('it never came to be');
      await sleep(pauseMs);
    }
  }
  /** What escrow has told about a sale, or about all of them, oldest first. */
  async told<E extends Event>(event: E, saleId?: string): Promise<InputOf<E>[]> {
    await this.idle();
    return this.#records(event.topic)
      .map((value) => JSON.parse(value) as CloudEvent<InputOf<E>>)
      .filter(({ type, saleid }) => type === event.type && (saleId === undefined || saleid === saleId))
      .map(({ data }) => data);
  }
  /** What escrow has asked of another service. */
  asked<C extends Command>(command: C, saleId: string): InputOf<C>[] {
    return this.#records(command.topic)
      .map((value) => JSON.parse(value) as Envelope)
      .filter(({ type, key }) => type === command.type && key === saleId)
      .map(({ data }) => data as InputOf<C>);
  }
  #records = (topic: string): string[] =>
    this.broker.partitions(topic).flatMap(({ records }) => records.map(({ value }) => value!));

  async get<T>(path: string, organisation?: string, person = this.desk): Promise<{ status: number; body: T }> {
    const token = await this.issuer.sign({ sub: person });
    const headers = { authorization: `Bearer ${token}`, ...(organisation && { 'x-organisation': organisation }) };
    const response = await fetch(this.running.url + path, { headers });
    return { status: response.status, body: (await response.json()) as T };
  }
  /** Gives a person of his own a role in an organisation; answers his id. */
  async employ(organisation: string, ...roles: Principal['roles']): Promise<string> {
    const person = randomUUID();
    this.#table(memberships.topic, `${person}/${organisation}`, { person, organisation, roles, verified: true });
    await sleep(5);
    return person;
  }
  async #asDesk<T>(path: string): Promise<T> {
    for (;;) {
      const { status, body } = await this.get<T>(path, DESK);
      if (status === 200) return body;
      // So many may ask at once that no connection comes free in time.
      if (status !== 503) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    }
  }
  order = (id: string) => this.#asDesk<AnswerOf<typeof getOrder>>(`/v1/orders/${id}`);
  money = (saleId: string) => this.#asDesk<AnswerOf<typeof getSaleMoney>>(`/v1/sales/${saleId}/money`);
  trialBalance = () => this.#asDesk<AnswerOf<typeof getTrialBalance>>('/v1/ledger/trial-balance');
  reconciliation = () => this.#asDesk<AnswerOf<typeof getReconciliation>>('/v1/ledger/reconciliation');
  operations = (query = '') => this.#asDesk<AnswerOf<typeof listOperations>>(`/v1/rail-operations${query}`);

  /** The sandbox's own interface: what people, banks and bad luck do. */
  control<T = Record<string, unknown>>(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return answerOf(`${this.sandbox.url}/_sandbox${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
  }
  /** How many calls of the rail met which fault. */
  struck = async () => (await this.control<{ struck: Record<string, number> }>('/faults')).struck;
  /** The rail's API without the client that the service uses. */
  api(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    const all = path === '/webhook_endpoints' ? { ...form, 'enabled_events[0]': '*' } : form;
    const headers = { authorization: 'Bearer sk_test_yuzhi' };
    return answerOf(`${this.sandbox.url}/v1${path}`, { method: 'POST', headers, body: new URLSearchParams(all) });
  }
  /** A bidder registers, and his deposit has an order; answers its id. */
  async bidder(saleId: string, party: string, depositFen: bigint): Promise<string> {
    const orderId = depositOrderId(saleId, party);
    this.tell(bidderRegistered, { saleId, party, rulesVersion: '1', orderId, depositFen: String(depositFen) });
    await this.until(async () => (await this.rows('select from payment_order where id = $1', orderId)).length > 0);
    return orderId;
  }
  /** The payer goes to the rail's page, as often as the order needs, and pays. */
  async settle(orderId: string, method = 'alipay'): Promise<void> {
    for (;;) {
      const { payer, state, paidFen } = await this.order(orderId);
      if (state !== 'open') return;
      await this.send(payOrder, { orderId, returnUrl: 'https://yuzhi.example/back' }, by(payer));
      await this.pay(orderId, method);
      await this.until(async () => (await this.order(orderId)).paidFen !== paidFen);
    }
  }
  /** A payee opens his account with the rail and finishes there. */
  async payee(party: string): Promise<void> {
    await this.send(onboardPayee, { returnUrl: 'https://yuzhi.example/back' }, by(party));
    const account = await this.until(async () => {
      const [row] = await this.rows<{ account: string | null }>(
        `select state->>'account' as account from payee where party = $1`,
        party,
      );
      return row?.account;
    });
    await this.control(`/accounts/${account}/complete`, {});
  }
  /** Somebody pays on the rail's page. */
  async pay(orderId: string, method = 'alipay'): Promise<void> {
    const { checkoutUrl } = await this.until(async () => {
      const order = await this.order(orderId);
      return order.checkoutUrl !== null && order;
    });
    await this.control('/pay', { session: checkoutUrl!.slice(checkoutUrl!.lastIndexOf('/') + 1), method });
  }

  rows = async <T extends object>(text: string, ...values: unknown[]): Promise<T[]> =>
    (await this.database.owner.query<T>(text, values)).rows;
  /** Every law of the book holds, and the rail has the same money, to the fen. */
  async agree(): Promise<void> {
    await this.idle();
    const { sumFen, violations } = await this.trialBalance();
    const { differenceFen } = await this.reconciliation();
    const quarantined = await this.rows<{ value: string; error: string }>('select value, error from quarantine');
    const parked = quarantined.filter(({ value }) => !this.#faults.has((JSON.parse(value) as Envelope).idempotencyKey));
    const { difference_fen: own } = await this.control<{ difference_fen: string }>('/summary');
    const found = { sumFen, violations, differenceFen, parked, own };
    const expected = { sumFen: '0', violations: [], differenceFen: '0', parked: [], own: '0' };
    if (JSON.stringify(found) !== JSON.stringify(expected))
      throw new Error(`the money differs: ${JSON.stringify(found)}`);
  }

  /** Ends with the ledger at zero, or not at all. */
  async close(): Promise<void> {
    try {
      if (!this.options.mutate) await this.agree();
    } finally {
      await this.running.stop();
      await this.sandbox.close();
      await this.issuer.close();
      await this.database.close();
    }
  }
}

async function answerOf<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, init);
  const body = (await response.json()) as T & { error?: { message: string } };
  if (!response.ok) throw new Error(body.error?.message ?? `status ${response.status}`);
  return body;
}
