import { hall } from '@yuzhi/protocol/bidding';
import { type Client, createClient } from '@yuzhi/protocol/client';

export interface Watched {
  watchers: number;
  items: number;
  /** What somebody saw out of order or twice. */
  wrong: string[];
}

/** People who sit in the halls while everybody else comes and goes. */
export class Watchers {
  readonly #gone = new AbortController();
  readonly #seen: Promise<void>[] = [];
  readonly #watched: Watched = { watchers: 0, items: 0, wrong: [] };

  constructor(private readonly baseUrl: string) {}

  watch(saleIds: readonly string[]): void {
    const client = createClient({ baseUrl: this.baseUrl });
    for (const saleId of saleIds) this.#seen.push(this.#sit(client, saleId));
    this.#watched.watchers += saleIds.length;
  }
  async #sit(client: Client, saleId: string): Promise<void> {
    let last = 0n;
    for await (const { seq, item } of client.follow(hall, { saleId }, { after: 0, signal: this.#gone.signal })) {
      this.#watched.items += 1;
      if (item.kind !== 'bid') continue;
      const fen = BigInt(item.amountFen);
      if (fen <= last) this.#watched.wrong.push(`${saleId} item ${seq}: ${fen} fen, not above ${last} fen`);
      last = fen;
    }
  }

  /** Everybody leaves. Throws when somebody could not watch. */
  async leave(): Promise<Watched> {
    this.#gone.abort();
    await Promise.all(this.#seen);
    return this.#watched;
  }
}
