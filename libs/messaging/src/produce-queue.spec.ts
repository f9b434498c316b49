import { describe, expect, it } from '@jest/globals';
import { type LogRecord, RECORD_MAX_BYTES } from './log.ts';
import { ProduceQueue } from './produce-queue.ts';

const rows = (many: number, value = 'v'): LogRecord[] =>
  Array.from({ length: many }, (_, i) => ({ topic: 't', key: String(i), value }));

/** A producer that takes as long as it is told, and remembers what it was given. */
function slowProducer() {
  const produced: LogRecord[][] = [];
  const running: { end: () => void; fail: (e: Error) => void }[] = [];
  let most = 0;
  const queue = new ProduceQueue((records) => {
    produced.push(records);
    most = Math.max(most, running.length + 1);
    return new Promise<void>((resolve, reject) => {
      const done = (how: () => void) => () => {
        running.shift();
        how();
      };
      running.push({ end: done(resolve), fail: (e) => done(() => reject(e))() });
    });
  });
  const begun = async (n: number) => {
    while (produced.length < n) await new Promise((go) => setImmediate(go));
  };
  return { queue, produced, running, begun, most: () => most };
}

describe('a queue of what is to be produced', () => {
  it('has one produce in flight; the next carries whatever was asked for meanwhile', async () => {
    const { queue, produced, running, begun, most } = slowProducer();
    const first = queue.push(rows(1));
    await begun(1);
    const others = [queue.push(rows(3)), queue.push(rows(2)), queue.push(rows(4))];
    running[0]!.end();
    await first;
    await begun(2);
    running[0]!.end();
    await Promise.all(others);
    expect(produced.map((records) => records.length)).toEqual([1, 9]);
    expect(most()).toBe(1);
  });

  it('takes what is pushed in one turn of the loop together', async () => {
    const { queue, produced, running, begun } = slowProducer();
    const all = [1, 2, 3].map((n) => queue.push(rows(n)));
    await begun(1);
    running[0]!.end();
    await Promise.all(all);
    expect(produced.map((records) => records.length)).toEqual([6]);
  });

  it('waits a little for more behind another request, and not after a silence', async () => {
    const { queue, produced, running, begun } = slowProducer();
    const turns = async (n: number) => {
      for (let i = 0; i < n; i++) await new Promise((go) => setImmediate(go));
    };
    const all = [queue.push(rows(1))];
    await begun(1);
    running[0]!.end();
    await all[0];
    all.push(queue.push(rows(1)));
    await turns(3);
    all.push(queue.push(rows(1)));
    await begun(2);
    running[0]!.end();
    await Promise.all(all);
    await new Promise((go) => setTimeout(go, 20));
    all.push(queue.push(rows(1)));
    await turns(3);
    expect(produced.map((records) => records.length)).toEqual([1, 2, 1]);
    running[0]!.end();
    await Promise.all(all);
  });

  it('keeps the order in which it was asked', async () => {
    const seen: string[] = [];
    const queue = new ProduceQueue(async (records) => void seen.push(...records.map(({ value }) => value!)));
    await Promise.all(Array.from({ length: 1200 }, (_, i) => queue.push([{ topic: 't', key: 'k', value: String(i) }])));
    expect(seen).toEqual(Array.from({ length: 1200 }, (_, i) => String(i)));
  });

  it('cuts a request at 500 records and at what a broker takes at once', async () => {
    const sizes: number[] = [];
    const queue = new ProduceQueue(async (records) => void sizes.push(records.length));
    await queue.push(rows(1100));
    expect(sizes).toEqual([500, 500, 100]);
    sizes.length = 0;
    await queue.push(rows(10, 'x'.repeat(RECORD_MAX_BYTES / 3 - 1)));
    expect(sizes).toEqual([3, 3, 3, 1]);
  });

  it('counts bytes, not characters', async () => {
    const sizes: number[] = [];
    const queue = new ProduceQueue(async (records) => void sizes.push(records.length));
    await queue.push(rows(2, '豫'.repeat(RECORD_MAX_BYTES / 6 + 1)));
    expect(sizes).toEqual([1, 1]);
    await expect(queue.push(rows(1, '豫'.repeat(RECORD_MAX_BYTES / 3)))).rejects.toThrow(
      'a record for t has 900001 bytes',
    );
  });

  it('fails those of one request, and goes on with the next', async () => {
    const { queue, produced, running, begun } = slowProducer();
    const first = queue.push(rows(2)).catch((e: Error) => e.message);
    await begun(1);
    const second = queue.push(rows(3));
    running[0]!.fail(new Error('gone'));
    expect(await first).toBe('gone');
    await begun(2);
    running[0]!.end();
    await second;
    expect(produced.map((records) => records.length)).toEqual([2, 3]);
  });

  it('fails who asked for more than one request when any of them fails', async () => {
    let requests = 0;
    const queue = new ProduceQueue(async () => {
      if (++requests === 2) throw new Error('the second');
    });
    await expect(queue.push(rows(600))).rejects.toThrow('the second');
    await queue.idle();
    await expect(queue.push(rows(1))).resolves.toBeUndefined();
  });

  it('is idle when nothing is in flight', async () => {
    const { queue, running, begun } = slowProducer();
    await queue.idle();
    const pushed = queue.push(rows(1));
    await begun(1);
    let idle = false;
    const waits = queue.idle().then(() => (idle = true));
    await new Promise((go) => setImmediate(go));
    expect(idle).toBe(false);
    running[0]!.end();
    await Promise.all([pushed, waits]);
    expect(idle).toBe(true);
  });
});
