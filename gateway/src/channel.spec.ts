import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { Denied } from '@yuzhi/chassis/problem';
import type { Item } from '@yuzhi/protocol/event-stream';
import { Channel, eventsOf, said, type Watcher } from './channel.ts';

type Items = Item<unknown>[];
const items = (from: number, to: number): Items =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, item: from + i }));

/** What the owner has, and how often it was asked. */
class Owner {
  head = 0;
  asked: number[] = [];
  refusing = new Map<string, Denied>();
  fill = async ({ path }: { path: string }, after: number, limit: number) => {
    this.asked.push(after);
    const refused = this.refusing.get(path);
    if (refused) throw refused;
    return { items: items(after + 1, Math.min(this.head, after + limit)), head: this.head };
  };
}

class Reader {
  frames: string[] = [];
  ended = false;
  destroyed = false;
  writableLength = 0;
  write(text: Buffer | string) {
    this.frames.push(String(text));
    return true;
  }
  end() {
    this.ended = true;
  }
  destroy() {
    this.destroyed = true;
  }
  get seqs() {
    const events = this.frames.join('').matchAll(/^data: (\[.*\])\nid: \d+\n\n/gm);
    return [...events].flatMap(([, data]) => JSON.parse(data!) as number[]);
  }
}

let owner: Owner;
let channel: Channel;
beforeEach(() => {
  jest.useFakeTimers();
  owner = new Owner();
  channel = new Channel({ fill: owner.fill, read: (item) => (typeof item === 'number' ? item : undefined) });
});
afterEach(() => {
  channel.close();
  jest.useRealTimers();
});

function join(last = 0, path = '/', expiresAt = Infinity) {
  const reader = new Reader();
  const watcher: Watcher = { response: reader as unknown as ServerResponse, last, path, headers: {}, expiresAt };
  return { reader, watcher, live: channel.attach(watcher, last) };
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const upTo = (n: number) => items(1, n).map(({ seq }) => seq);

describe('a channel', () => {
  it('sends what is next to everybody and what is old to nobody', async () => {
    const [one, two] = [join(3), join(3)];
    channel.hear([...items(1, 5), ...items(4, 4)]);
    await pass(60);
    expect(one.reader.seqs).toEqual([4, 5]);
    expect(two.reader.seqs).toEqual([4, 5]);
    expect(owner.asked).toEqual([]);
  });

  it('writes at most twenty frames a second, and each only once', async () => {
    const { reader } = join();
    for (let seq = 1; seq <= 500; seq++) {
      channel.hear(items(seq, seq));
      await pass(2);
    }
    await pass(100);
    expect(reader.seqs).toEqual(upTo(500));
    expect(reader.frames.length).toBeLessThanOrEqual(22);
    expect(reader.frames.length).toBeGreaterThan(15);
  });

  it.each([
    [250, 20],
    [1000, 5],
    [5000, 4],
  ])('writes to each of %i watchers at most %i frames a second, and every item', async (watchers, most) => {
    const [one] = Array.from({ length: watchers }, () => join());
    for (let seq = 1; seq <= 200; seq++) {
      channel.hear(items(seq, seq));
      await pass(10);
    }
    await pass(300);
    expect(one!.reader.seqs).toEqual(upTo(200));
    // Two seconds, and the first and the last frame.
    expect(one!.reader.frames.length).toBeLessThanOrEqual(2 * most + 2);
    expect(one!.reader.frames.length).toBeGreaterThanOrEqual(2 * most - 2);
  });

  it('does not wait with what comes after a pause', async () => {
    const { reader } = join();
    await pass(500);
    channel.hear(items(1, 1));
    await pass(2);
    expect(reader.seqs).toEqual([1]);
  });

  it('asks the owner once for what is missing, however many watch', async () => {
    const [one, two] = [join(), join()];
    owner.head = 4;
    channel.hear(items(1, 1));
    channel.hear(items(4, 4));
    await pass(60);
    expect(one.reader.seqs).toEqual(upTo(4));
    expect(two.reader.seqs).toEqual(upTo(4));
    expect(owner.asked).toEqual([1]);
  });

  it('asks again while the owner does not show yet what it announced', async () => {
    const { reader } = join();
    owner.head = 1;
    channel.hear(items(3, 3));
    await pass(150);
    owner.head = 3;
    await pass(250);
    expect(reader.seqs).toEqual(upTo(3));
  });

  it('reads a long gap page by page', async () => {
    const { reader } = join();
    owner.head = 1200;
    channel.hear(items(1200, 1200));
    await pass(200);
    expect(reader.seqs).toEqual(upTo(1200));
    expect(owner.asked).toEqual([0, 500, 1000]);
  });

  it('takes what is no such item for lost, and lets the owner say it', async () => {
    const { reader } = join();
    owner.head = 1;
    channel.hear([{ seq: 1, item: 'nonsense' }]);
    await pass(60);
    expect(reader.seqs).toEqual([1]);
    expect(owner.asked).toEqual([0]);
  });

  it('lets nobody in who is behind it, and sends no item twice to one who is ahead', async () => {
    join(0);
    channel.hear(items(1, 5));
    expect(join(3).live).toBe(false);
    const ahead = join(7);
    expect(ahead.live).toBe(true);
    channel.hear(items(6, 9));
    await pass(60);
    expect(ahead.reader.seqs).toEqual([8, 9]);
  });

  it('does not lose what was said while its first watcher was still filling', async () => {
    channel.hear(items(6, 6));
    owner.head = 6;
    const { reader, live } = join(5);
    expect(live).toBe(true);
    await pass(60);
    expect(reader.seqs).toEqual([6]);
  });

  it('beats with where it stands, and finds by it what was lost last', async () => {
    const { reader } = join();
    owner.head = 2;
    await channel.beat();
    expect(reader.frames.at(-1)).toBe('event: heartbeat\nid: 0\ndata: {"head":2}\n\n');
    await pass(60);
    expect(reader.seqs).toEqual([1, 2]);
    await channel.beat();
    expect(reader.frames.at(-1)).toBe('event: heartbeat\nid: 2\ndata: {"head":2}\n\n');
  });

  it('goes on beating while the owner is away', async () => {
    const { reader } = join(2);
    owner.refusing.set('/', new Denied('owner-unavailable'));
    await channel.beat();
    expect(reader.frames.at(-1)).toBe('event: heartbeat\nid: 2\ndata: {"head":2}\n\n');
    expect(reader.ended).toBe(false);
  });

  it('ends the watcher whom the owner no longer lets in, and asks as another', async () => {
    const [gone, stays] = [join(0, '/gone'), join(0, '/stays')];
    owner.refusing.set('/gone', new Denied('forbidden'));
    owner.head = 1;
    await channel.beat();
    await pass(60);
    expect(gone.reader.ended).toBe(true);
    expect(stays.reader.seqs).toEqual([1]);
  });

  it('ends a watcher with his token', async () => {
    const { reader } = join(0, '/', Date.now() + 1000);
    await channel.beat();
    expect(reader.ended).toBe(false);
    await pass(1500);
    await channel.beat();
    expect(reader.ended).toBe(true);
    expect(channel.watchers.size).toBe(0);
  });

  it('drops whoever leaves too much unread, so that he resumes', async () => {
    const [slow, quick] = [join(), join()];
    slow.reader.writableLength = 300_000;
    channel.hear(items(1, 1));
    await pass(60);
    expect(slow.reader.destroyed).toBe(true);
    expect(quick.reader.destroyed).toBe(false);
  });

  it('ends everybody when it closes, and does not wait for those who do not read', async () => {
    const { reader } = join();
    channel.close();
    expect(reader.ended).toBe(true);
    await pass(1100);
    expect(reader.destroyed).toBe(true);
  });
});

describe('items', () => {
  it('that follow one another are one event, its id the number of the last', () => {
    const some = [7, 8, 10].map((seq) => said({ seq, item: { text: `${seq}\n` } }));
    expect(eventsOf(some)).toBe(
      'data: [{"text":"7\\n"},{"text":"8\\n"}]\nid: 8\n\ndata: [{"text":"10\\n"}]\nid: 10\n\n',
    );
    expect(eventsOf([])).toBe('');
  });
});
