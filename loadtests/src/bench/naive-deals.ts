import { uuidv7 } from '@yuzhi/messaging/ids';
import type { Place } from './bench.config.ts';
import type { Bidder } from './bidders.ts';
import type { Cast } from './cpu.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import type { Outcome } from './sample.ts';
import { execute, scratchDatabase } from './scratch.ts';
import { castOf, issuerOf, local } from './targets.ts';

/** Whoever acts at one time. */
const AT_ONCE = 64;
const PRICE_FEN = '2200000';

/** What the naive deal has besides the book. */
const TABLES = `
  create table naive_deal (sale_id uuid primary key, seller text not null, buyer text not null,
    price_fen bigint not null, content_hash text not null, state text not null, registered_on timestamptz);
  create table naive_signature (sale_id uuid not null references naive_deal, party text not null,
    signed_at timestamptz not null, primary key (sale_id, party));`;

/** N for whole deals, with a database of its own. */
export class NaiveDeals {
  private constructor(
    private readonly place: Place,
    private readonly peer: PeerProcess,
  ) {}

  static async open(place: Place): Promise<NaiveDeals> {
    const { ownerUrl } = await scratchDatabase(place, 'escrow', 'bench_naive_deals');
    await execute(ownerUrl, TABLES);
    const peer = await startPeer('naive-deals', { ...issuerOf(place), DATABASE_URL: ownerUrl }, place.dir);
    return new NaiveDeals(place, peer);
  }
  get cast(): Cast {
    return castOf(this.place.pids, { gateway: [this.peer.pid] });
  }
  close = () => this.peer.stop();

  /** Deals one after the other from many people at once, until the time is over. */
  async load(seconds: number, people: readonly Bidder[]): Promise<Outcome> {
    const started = performance.now();
    const end = started + seconds * 1000;
    let operations = 0;
    const lane = async (n: number) => {
      const [seller, buyer] = [people[(2 * n) % people.length]!, people[(2 * n + 1) % people.length]!];
      while (performance.now() < end) {
        await this.#deal(seller, buyer);
        operations += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => lane(n)));
    return { operations, attempts: operations, others: {}, seconds: (performance.now() - started) / 1000 };
  }

  /** From the purchase to the payout. Throws what was refused. */
  async #deal(seller: Bidder, buyer: Bidder): Promise<void> {
    const saleId = uuidv7();
    const bought = { seller: seller.organisation, priceFen: PRICE_FEN };
    const { contentHash } = await this.#post<{ contentHash: string }>(saleId, 'purchase', buyer, bought);
    await this.#post(saleId, 'signatures', seller, { contentHash });
    await this.#post(saleId, 'signatures', buyer, { contentHash });
    for (const step of ['payment', 'registration', 'release']) await this.#post(saleId, step, buyer, {});
  }
  async #post<T>(saleId: string, step: string, { token, organisation }: Bidder, body: object): Promise<T> {
    const response = await fetch(`${local(this.peer.port)}/v1/deals/${saleId}/${step}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-organisation': organisation,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the naive deal's ${step} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}
