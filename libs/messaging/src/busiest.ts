/** How finely the past is remembered, and how far back. */
const SPAN_MS = 5000;
const SPANS = 12;

/** Items on each live channel during the last minute, for whoever asks which are busy. Counting is one addition. */
export class Busiest {
  /** Newest last. */
  #spans: { since: number; counts: Map<string, number> }[] = [];

  /** `now` in ms of any clock that only rises. */
  add(channel: string, items: number, now = performance.now()): void {
    let span = this.#spans.at(-1);
    if (!span || now - span.since >= SPAN_MS) {
      span = { since: now, counts: new Map() };
      this.#spans.push(span);
      if (this.#spans.length > SPANS) this.#spans.shift();
    }
    span.counts.set(channel, (span.counts.get(channel) ?? 0) + items);
  }

  /** The channels with most items, busiest first. */
  top(limit: number, now = performance.now()): { channel: string; items: number }[] {
    const sums = new Map<string, number>();
    for (const { since, counts } of this.#spans) {
      if (now - since >= SPAN_MS * SPANS) continue;
      for (const [channel, items] of counts) sums.set(channel, (sums.get(channel) ?? 0) + items);
    }
    const all = [...sums].map(([channel, items]) => ({ channel, items }));
    return all.toSorted((a, b) => b.items - a.items || (a.channel < b.channel ? -1 : 1)).slice(0, limit);
  }
}
