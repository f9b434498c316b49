import type { RailMade } from './payment-rail.ts';

/** Behind which object a page begins; absent: with the newest. */
export interface From {
  starting_after?: string;
}
interface Page<T> {
  data: T[];
  has_more: boolean;
}
interface Found {
  id: string;
  metadata?: Record<string, string> | null;
}

/** Looks through the rail's lists for what a call has made whose answer never came. */
export class StripeSearch {
  /** By key, the last that a search which was broken off has seen. */
  readonly #seen = new Map<string, string>();

  /** The newest come first: what is made while a search is interrupted is not what it looks for. */
  async seek<T extends Found>(
    key: string,
    list: (from: From) => Promise<Page<T>>,
    show: (one: T) => RailMade,
  ): Promise<RailMade | undefined> {
    for (;;) {
      const after = this.#seen.get(key);
      const { data, has_more: hasMore } = await list(after ? { starting_after: after } : {});
      const found = data.find(({ metadata }) => metadata?.['reference'] === key);
      if (!found && hasMore) {
        this.#seen.set(key, data.at(-1)!.id);
        continue;
      }
      this.#seen.delete(key);
      return found && show(found);
    }
  }
}
