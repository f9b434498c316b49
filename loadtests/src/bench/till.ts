import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretFor } from '@yuzhi/backing/databases';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { openDepositOrder } from '@yuzhi/protocol/escrow';
import pg from 'pg';
import type { Place } from './bench.config.ts';
import type { Bidder } from './bidders.ts';
import type { Cast } from './cpu.ts';
import { record, service } from './lots.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { orderFen, stockUp, type Transfer, type TransferKind } from './stock.ts';
import { castOf, issuerOf, local } from './targets.ts';

const RESIDENT_WITHIN_MS = 60_000;

/** A door of the platform's own escrow where transfers may be asked for, and what there is to be moved. */
export class Till {
  readonly #stock: Record<TransferKind, Transfer[]> = { random: [], hot: [] };

  private constructor(
    private readonly peer: PeerProcess,
    private readonly log: KafkaLog,
    private readonly databaseUrl: string,
    private readonly pids: Place['pids'],
  ) {}

  /** `databaseUrl`: of escrow, as its administrator. */
  static async open(place: Place, databaseUrl: string): Promise<Till> {
    const { dir, redisUrl, kafkaBrokers: brokers, topicPrefix: prefix, pids, url } = place;
    const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8')) as Record<string, number>;
    const env = {
      ...issuerOf(place),
      KAFKA_BROKERS: brokers.join(','),
      REDIS_URL: redisUrl,
      TOPIC_PREFIX: prefix,
      INTERNAL_SECRET: secretFor(join(dir, 'secret'), 'internal'),
      OWNERS: JSON.stringify({ escrow: local(ports['escrow']!) }),
      PUBLIC_URL: url,
      LOG_LEVEL: 'warn',
    };
    const peer = await startPeer('till-gateway', env, dir);
    const log = new KafkaLog({ brokers, clientId: 'bench-till', sessionTimeoutMs: 6000, prefix });
    return new Till(peer, log, databaseUrl, pids);
  }

  get url(): string {
    return local(this.peer.port);
  }
  get cast(): Cast {
    return castOf(this.pids, { gateway: [this.peer.pid], escrow: [this.pids['escrow']!] });
  }
  stocked(kind: TransferKind): readonly Transfer[] {
    return this.#stock[kind];
  }
  /** The first ones were sent, and are not sent again. */
  spend(kind: TransferKind, sent: number): void {
    this.#stock[kind].splice(0, sent);
  }

  /** Until there are so many transfers to ask for, of sales that escrow has in memory as it has every open one. */
  async supply(kind: TransferKind, count: number, people: readonly Bidder[]): Promise<void> {
    const missing = count - this.#stock[kind].length;
    if (missing <= 0) return;
    const parties = people.map(({ organisation }) => organisation);
    const fresh = await stockUp(this.databaseUrl, kind, missing, parties);
    await this.#touch(kind, fresh);
    this.#stock[kind].push(...fresh);
  }

  /** Asks for one order of each sale once more: it is there already, so nothing happens but that its sale is read. */
  async #touch(kind: TransferKind, fresh: readonly Transfer[]): Promise<void> {
    const sales = [...new Map(fresh.map((one) => [one.saleId, one])).values()];
    const records = sales.map(({ saleId, orderId, party: payer }) => {
      const data = { orderId, saleId, payer, amountFen: String(orderFen(kind)) };
      return record(openDepositOrder, 'main', data, service('escrow'));
    });
    await this.log.send(records);
    const { idempotencyKey } = JSON.parse(records.at(-1)!.value!) as { idempotencyKey: string };
    await this.#untilDecided(idempotencyKey);
  }
  async #untilDecided(key: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      for (const until = performance.now() + RESIDENT_WITHIN_MS; performance.now() < until;) {
        const { rows } = await client.query<{ status: number }>(
          `select (outcome ->> 'status')::int as status from inbox where idempotency_key = $1`,
          [key],
        );
        if (rows[0]?.status === 200) return;
        if (rows[0]) throw new Error(`escrow refused to look at its sales: ${rows[0].status}`);
        await new Promise((go) => setTimeout(go, 50));
      }
      throw new Error('escrow did not look at its sales in time');
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.log.close();
    await this.peer.stop();
  }
}
