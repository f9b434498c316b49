import { sealNext } from '@yuzhi/database/seals';
import type { Reader } from '@yuzhi/database/store';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { bidderAdmitted } from '@yuzhi/protocol/bidding';
import { catalogue, SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import type { Acknowledged } from './acknowledged.ts';
import type { Evidence, RailStatement } from './evidence.ts';

export const [P1, P2] = ['91350100M000100Y43', '91512081MA62K0260E'] as const;
export const LOT = '0199e000-0000-7000-8000-000000000001';
/** Whose quotes nobody's log knows of. */
export const OTHER_LOT = '0199e000-0000-7000-8000-000000000002';
export const JOURNALS = ['0199e000-0000-7000-8000-0000000000a1', '0199e000-0000-7000-8000-0000000000a2'] as const;
/** The event that the record has. */
export const ADMITTED = '0199e000-0000-7000-8000-0000000000b1';
const NOW = Date.parse('2026-11-24T02:00:00Z');
const FEN = { price: 100, deposit: 2000, fee: 12 };
const at = (n: number) => new Date(NOW + n * 1000);

/** Number, bidder, amount in fen, refusal. */
const QUOTES = [
  [1, P1, 200, null],
  [2, P2, 100, 'bid-below-next-valid'],
  [3, P2, 210, null],
  [4, P1, 215, 'bid-off-increment'],
  [5, P1, 220, null],
] as const;
/** The second is the one whose client never heard. */
const HEARD = [1, 3, 4, 5];

const auctionOf = (saleId: string) => [
  `insert into auction (sale_id, seller, terms, free_starts_at, free_ends_at, version, period, paddles, cycle, head)
   values ($1, 's', '{}', $2, $2, 1, 'free', 2, 0, 5)`,
  saleId,
  at(0),
];

/** Tables of single services that a test may have changed. */
const OWN: Partial<Record<ServiceName, string[]>> = {
  bidding: ['auction', 'bidder', 'bid', 'moment'],
  escrow: [
    'account',
    'journal',
    'entry',
    'hold',
    'sale',
    'payment_order',
    'payee',
    'rail_operation',
    'rail_attempt',
    'seal',
  ],
  contracts: ['deal', 'file'],
  listings: ['listing'],
  register: ['filing', 'patent'],
  oversight: ['sale_record'],
};

/** Small databases of every service, in which everything is as it should be until a test plants a fault. */
export class World {
  broker = new MemoryBroker();
  acknowledged: Acknowledged[] = [];
  statement!: RailStatement;
  filings = new Map<string, { state: string; number: string; to: string[] }>();

  private constructor(private readonly databases: Record<ServiceName, TestDatabase>) {}
  static async open(): Promise<World> {
    const made = await Promise.all(SERVICES.map(async (name) => [name, await testDatabase(name, { max: 3 })] as const));
    const world = new World(Object.fromEntries(made) as Record<ServiceName, TestDatabase>);
    for (const table of ['journal', 'entry'])
      await world.run('escrow', `alter table ${table} disable trigger append_only`);
    await world.run('escrow', 'alter table account drop constraint guarded_not_negative');
    return world;
  }
  async close(): Promise<void> {
    await Promise.all(Object.values(this.databases).map((database) => database.close()));
  }

  /** As the owner of everything, whom no fence holds back. */
  run = async (service: ServiceName, text: string, ...values: unknown[]) =>
    (await this.databases[service].owner.query<Record<string, unknown>>(text, values)).rows;

  /** Seals what is there, as the service does behind its writer. */
  async seal(service: ServiceName, chain: string): Promise<void> {
    const { reader, side } = this.databases[service];
    while (await sealNext(reader, side, chain));
  }

  evidence(): Evidence {
    const readers = SERVICES.map((service) => [service, this.databases[service].reader] as const);
    return {
      databases: Object.fromEntries<Reader>(readers) as Evidence['databases'],
      acknowledged: this.acknowledged,
      log: new MemoryLog(this.broker),
      rail: { read: async () => this.statement },
      office: { filing: async (reference) => this.filings.get(reference) },
    };
  }

  /** Everything again as it should be. */
  async restore(): Promise<void> {
    this.broker = new MemoryBroker();
    for (const topic of catalogue.topics) this.broker.create(topic);
    await Promise.all(
      SERVICES.map((service) => {
        const tables = ['inbox', 'outbox', 'quarantine', 'consumer_offset', ...(OWN[service] ?? [])];
        return this.run(service, tables.map((table) => `delete from ${table}`).join('; '));
      }),
    );
    await Promise.all([this.#quotes(), this.#deposits(), this.#registration(), this.#reservation(), this.#record()]);
  }

  async #quotes(): Promise<void> {
    this.acknowledged = [];
    for (const saleId of [LOT, OTHER_LOT]) {
      await this.run('bidding', ...(auctionOf(saleId) as [string, ...unknown[]]));
      let [bids, leader] = [0, null as number | null];
      for (const [seq, bidder, fen, refusal] of QUOTES) {
        if (refusal === null) [bids, leader] = [bids + 1, seq];
        await this.run(
          'bidding',
          `insert into bid (sale_id, seq, at, bidder, person, paddle, amount_fen, refusal, bids, leader_seq, cycle,
             head)
           values ($1, $2, $3, $4, 'x', $5, $6, $7, $8, $9, 0, $2)`,
          ...[saleId, seq, at(seq), bidder, bidder === P1 ? 1 : 2, fen, refusal, bids, leader],
        );
      }
    }
    for (const seq of HEARD) await this.#heard(QUOTES[seq - 1]!);
    for (const [i, party] of [P1, P2].entries()) await this.#admit(OTHER_LOT, party, i, 'due');
  }
  #admit = (saleId: string, party: string, i: number, deposit: string) =>
    this.run(
      'bidding',
      `insert into bidder (sale_id, party, rules_version, registered_at, paddle, admitted_at, deposit, version)
       values ($1, $2, 'v', $3, $4, $3, $5, 1)`,
      ...[saleId, party, at(i), i + 1, deposit],
    );
  async #heard([seq, party, fen, refusal]: (typeof QUOTES)[number]): Promise<void> {
    const outcome = refusal
      ? { status: 422, code: refusal, body: { nextValidFen: '220' } }
      : { status: 200, code: 'done', body: { seq, amountFen: String(fen), paddle: party === P1 ? 1 : 2 } };
    const type = 'bidding.auction.place-bid.v1';
    await this.run(
      'bidding',
      `insert into inbox (asked, party, aggregate, idempotency_key, filed_on, command_id, type, input_hash, outcome,
         decided_at)
       values (gen_random_uuid(), $1, $2, $3, '2026-11-24', gen_random_uuid(), $4, 'h', $5, $6)`,
      ...[party, LOT, `key-${seq}`, type, JSON.stringify(outcome), at(seq)],
    );
    const sentAt = NOW + seq * 1000 - 5;
    const { status, code, body } = outcome;
    const heard = {
      service: 'bidding',
      aggregate: LOT,
      idempotencyKey: `key-${seq}`,
      party,
      type,
      status,
      code,
    } as const;
    this.acknowledged.push({ ...heard, body: { ...body, instance: '/v1/…' }, sentAt, answeredAt: sentAt + 10 });
  }

  /** Both bidders have paid their deposits, each by one payment. */
  async #deposits(): Promise<void> {
    const { deposit, fee } = FEN;
    const netFen = deposit - fee;
    const payments = [P1, P2].map((party, i) => ({ party, i, ref: `pi_${i + 1}`, id: JOURNALS[i]! }));
    await this.run(
      'escrow',
      `insert into account (code, currency, normal_side, guarded, frozen, posted_fen, held_fen, version) values
         ('psp:stripe', 'CNY', 'debit', false, false, $1, 0, 2),
         ('expense:psp', 'CNY', 'debit', false, false, $2, 0, 2),
         ('suspense:x', 'CNY', 'credit', false, false, 0, 0, 0)`,
      ...[2 * netFen, 2 * fee],
    );
    await this.run(
      'escrow',
      `insert into sale (sale_id, is_open, version, deadline_at, state) values ($1, true, 1, null, '{}')`,
      LOT,
    );
    for (const { party, i, ref, id } of payments) await this.#payIn({ party, i, ref, id });
    this.statement = {
      balanceFen: BigInt(2 * netFen),
      payments: payments.map(({ ref, party }) => ({
        id: ref,
        amountFen: BigInt(deposit),
        reference: `checkout:${party}#1`,
      })),
      ...{ refunds: [], transfers: [], payouts: [] },
    };
  }
  async #payIn({ party, i, ref, id }: { party: string; i: number; ref: string; id: string }): Promise<void> {
    const { deposit, fee } = FEN;
    const account = `deposit:${LOT}:${party}`;
    await this.run(
      'escrow',
      `insert into account (code, currency, normal_side, guarded, frozen, posted_fen, held_fen, version, sale_id)
       values ($1, 'CNY', 'credit', true, false, $2, 0, 1, $3)`,
      ...[account, -deposit, LOT],
    );
    await this.run(
      'escrow',
      `insert into journal (id, sale_id, kind, ref, actor, effective_at, booked_at, reverses)
         values ($1, $2, 'pay-in', $3, 'service:escrow', $4, $4, null)`,
      ...[id, LOT, ref, at(i)],
    );
    const n = i + 1;
    await this.run(
      'escrow',
      `insert into entry (journal_id, line, account, amount_fen, balance_after, account_version)
         values ($1, 1, 'psp:stripe', $2, $3, $4), ($1, 2, 'expense:psp', $5, $6, $4),
         ($1, 3, $7, $8, $8, 1)`,
      ...[id, deposit - fee, n * (deposit - fee), n, fee, n * fee, account, -deposit],
    );
    const order = {
      purpose: 'deposit',
      state: 'paid',
      paidFen: String(deposit),
      payments: [{ amountFen: String(deposit) }],
    };
    await this.run(
      'escrow',
      `insert into payment_order (id, sale_id, payer, opened_at, version, state)
         values (gen_random_uuid(), $1, $2, $3, 1, $4)`,
      ...[LOT, party, at(i), JSON.stringify({ ...order, stuck: null })],
    );
    await this.#admit(LOT, party, i, 'held');
  }

  /** That the second bidder was admitted, on the log and in the record. */
  async #record(): Promise<void> {
    const actor = { party: 'service:escrow', person: 'service:escrow' };
    const data = { saleId: LOT, party: P2, paddle: 2 };
    const event = { id: ADMITTED, type: bidderAdmitted.type, time: at(2).toISOString(), saleid: LOT, actor, data };
    this.broker.append({ topic: bidderAdmitted.topic, key: LOT, value: JSON.stringify(event) });
    await this.run(
      'oversight',
      `insert into sale_record (event_id, sale_id, at, type, zh, en, audience, party, actor)
       values ($1, $2, $3, $4, 'x', 'x', 'public', null, $5)`,
      ...[ADMITTED, LOT, at(2), bidderAdmitted.type, actor],
    );
  }

  async #registration(): Promise<void> {
    const state = { officeReference: 'DEMO-1', patentNumber: 'CN1' };
    await this.run(
      'register',
      `insert into filing (sale_id, status, checking, opened_at, version, deadline_at, state)
         values ($1, 'registered', false, $2, 1, null, $3)`,
      ...[LOT, at(0), JSON.stringify(state)],
    );
    this.filings = new Map([['DEMO-1', { state: 'registered', number: 'CN1', to: [P1] }]]);
  }

  /** That the lot is announced, and its patent held for it. */
  async #reservation(): Promise<void> {
    await this.run(
      'listings',
      `insert into listing (sale_id, seller, status, patent_number, words, listed_at, version, state)
         values ($1, 's', 'announced', 'CN1', '', $2, 1, $3)`,
      ...[LOT, at(0), JSON.stringify({ reservation: 'held', asking: { what: 'release' } })],
    );
    await this.run(
      'register',
      `insert into patent (patent_number, mirror_state, stale, owners, words, office_version, requested_at, version,
         state) values ('CN1', 'mirrored', false, '[]', '', 1, $1, 1, $2)`,
      ...[at(0), JSON.stringify({ reservedBy: LOT })],
    );
  }
}
