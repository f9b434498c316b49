import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Denied } from '@yuzhi/chassis/problem';
import type { Item } from '@yuzhi/protocol/event-stream';

/** What the owner has behind a number. */
export interface Filled {
  items: Item<unknown>[];
  head: number;
}
/** One open connection of a live stream. */
export interface Watcher {
  response: ServerResponse;
  /** The last number it was sent. */
  last: number;
  /** Where and as whom it asks the owner. */
  path: string;
  headers: OutgoingHttpHeaders;
  /** Its token's end, epoch ms. */
  expiresAt: number;
}
export interface ChannelParts {
  fill(watcher: Pick<Watcher, 'path' | 'headers'>, after: number, limit: number): Promise<Filled>;
  /** Strips what the declaration does not say. Undefined: it is no such item. */
  read(item: unknown): unknown;
}

/** Items of one page that the owner is asked for. */
export const PAGE = 500;
/** At most twenty frames a second go to a watcher: what comes meanwhile shares the next. */
const FRAME_MS = 50;
/** In a hall with many others they are fewer, so that a full hall costs those who quote no more than a small one. */
const FRAME_MAX_MS = 250;
/** Frames of one channel in a second. */
const FRAMES_PER_S = 5000;
/** Bytes that a slow watcher may leave unread before its connection is dropped; it resumes. */
const UNREAD_MAX = 262_144;
const AGAIN_MS = 100;
/** How long a watcher may take to read the end. */
const ENDING_MS = 1000;

/** An item as it is sent. */
export interface Said {
  seq: number;
  text: string;
}
export const said = ({ seq, item }: Item<unknown>): Said => ({ seq, text: JSON.stringify(item) });

/** Items whose numbers follow one another are one event: its data is their list, its id the number of the last. */
export function eventsOf(items: readonly Said[]): string {
  let events = '';
  for (const [i, { seq, text }] of items.entries()) {
    const follows = i > 0 && items[i - 1]!.seq === seq - 1;
    const isLast = items[i + 1]?.seq !== seq + 1;
    events += `${follows ? ',' : 'data: ['}${text}${isLast ? `]\nid: ${seq}\n\n` : ''}`;
  }
  return events;
}

/** One channel of a live stream in this process: one subscription for all who watch; no item is skipped or repeated. */
export class Channel {
  readonly watchers = new Set<Watcher>();
  /** Who watches or is about to. */
  guests = 0;
  /** The last number in the unbroken row. */
  #last: number | undefined;
  /** The highest number that anybody spoke of. */
  #heard = 0;
  #queue: Said[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushedAt = -FRAME_MS;
  #filling: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly parts: ChannelParts) {}

  /** Live items, which may be lost, doubled or out of order. */
  hear(items: readonly Item<unknown>[]): void {
    for (const one of items) this.#take(one);
    if (this.#behind) void this.catchUp();
  }
  #take({ seq, item }: Item<unknown>): void {
    this.#heard = Math.max(this.#heard, seq);
    if (this.#last === undefined || seq !== this.#last + 1) return;
    const read = this.parts.read(item);
    if (read !== undefined) this.#deliver({ seq, item: read });
  }
  get #behind(): boolean {
    return this.#last !== undefined && this.#heard > this.#last;
  }

  /**
   * Adds a watcher behind what it was already sent. False: the channel knows more, which must be filled first.
   * Between this answer and the next item nothing can slip.
   */
  attach(watcher: Watcher, head: number): boolean {
    this.#last ??= head;
    if (watcher.last < this.#last) return false;
    this.watchers.add(watcher);
    if (this.#behind) void this.catchUp();
    return true;
  }

  /** Asks the owner for whatever is behind the last number. One at a time, and as somebody who watches. */
  catchUp(): Promise<void> {
    return (this.#filling ??= this.#catchUp().finally(() => {
      this.#filling = undefined;
      if (this.#behind && this.watchers.size && !this.#closed) setTimeout(() => void this.catchUp(), AGAIN_MS).unref();
    }));
  }
  async #catchUp(): Promise<void> {
    for (const watcher of this.watchers) {
      try {
        let page: Filled;
        do {
          page = await this.parts.fill(watcher, this.#last!, PAGE);
          for (const one of page.items) if (one.seq > this.#last!) this.#deliver(one);
          this.#heard = Math.max(this.#heard, page.head);
        } while (page.items.length === PAGE && !this.#closed);
        return;
      } catch (error) {
        if (!(error instanceof Denied) || error.code === 'owner-unavailable') return;
        // This one may no longer watch; the next may.
        this.drop(watcher);
      }
    }
  }

  #deliver(one: Item<unknown>): void {
    this.#last = one.seq;
    this.#queue.push(said(one));
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#frameMs - (performance.now() - this.#flushedAt)));
  }
  get #frameMs(): number {
    return Math.min(FRAME_MAX_MS, Math.max(FRAME_MS, (this.watchers.size * 1000) / FRAMES_PER_S));
  }
  #flush(): void {
    this.#timer = undefined;
    this.#flushedAt = performance.now();
    const queue = this.#queue.splice(0);
    const [first, last] = [queue[0]!.seq, queue.at(-1)!.seq];
    const frame = Buffer.from(eventsOf(queue));
    for (const watcher of this.watchers) {
      if (watcher.last >= last) continue;
      const partly = () => eventsOf(queue.filter(({ seq }) => seq > watcher.last));
      this.#write(watcher, watcher.last < first ? frame : partly());
      watcher.last = last;
    }
  }

  /** A sign of life, with where the channel stands; the owner is asked too, for a last item may have been lost. */
  async beat(): Promise<void> {
    await this.catchUp();
    const now = Date.now();
    for (const watcher of this.watchers) {
      if (watcher.expiresAt <= now) this.drop(watcher);
      else this.#write(watcher, heartbeat(watcher.last, this.#last ?? watcher.last));
    }
  }

  #write({ response }: Watcher, text: Buffer | string): void {
    response.write(text);
    if (response.writableLength > UNREAD_MAX) response.destroy();
  }
  /** Ends the connection of a watcher; one who does not read is not waited for. */
  drop(watcher: Watcher): void {
    this.watchers.delete(watcher);
    end(watcher.response);
  }
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.watchers) this.drop(watcher);
  }
}

export function end(response: ServerResponse): void {
  response.end();
  setTimeout(() => response.destroy(), ENDING_MS).unref();
}

/** Its id is the last item before it, so that a reader who has seen none yet knows where to resume. */
export const heartbeat = (last: number, head: number) =>
  `event: heartbeat\nid: ${last}\ndata: ${JSON.stringify({ head })}\n\n`;
