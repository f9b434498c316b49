import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Batch, type Log, type LogRecord, RECORD_MAX_BYTES, type Seek, type Taken } from './log.ts';
import { partitionOf } from './partitioner.ts';

/** A broker under test, and what is told apart only by its kind. */
export interface BrokerUnderTest {
  /** A client of its own, like another process; `name` is the same after its restart. */
  open(name?: string): Log;
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
  stop(): Promise<void>;
}

export async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await new Promise((go) => setTimeout(go, 5))) {
    if (Date.now() > end) throw new Error(`it never came to be: ${String(holds)}`);
  }
}
const pause = (ms: number) => new Promise<void>((go) => setTimeout(go, ms).unref());

/** What every log must do, whatever it is made of. */
export function specifyLog(kind: string, start: () => Promise<BrokerUnderTest>): void {
  let broker: BrokerUnderTest;
  let topics = 0;
  let writer: Log;
  const clients: Log[] = [];
  const closing: Promise<void>[] = [];

  const client = (name?: string) => {
    const log = broker.open(name);
    clients.push(log);
    return log;
  };
  async function fresh(partitions = 1, compacted = false): Promise<string> {
    const topic = `topic.${++topics}`;
    await writer.prepare([{ topic, partitions, compacted }]);
    return topic;
  }
  const rows = (topic: string, from: number, to: number, key = 'k'): LogRecord[] =>
    Array.from({ length: to - from }, (_, i) => ({ topic, key, value: `${from + i}` }));
  /** Leads from the given offsets, or from the beginning, and takes everything at once. */
  async function lead(log: Log, topic: string, from: Record<number, bigint> = {}, group = 'lead') {
    const led = {
      taken: [] as Taken[],
      batches: [] as Batch[],
      assigned: [] as number[][],
      seek: undefined as unknown as Seek,
    };
    await log.lead(topic, group, {
      onAssigned: (partitions, seek) => {
        Object.assign(led, { seek });
        led.assigned.push(partitions);
        for (const partition of partitions) seek(partition, from[partition] ?? 0n);
      },
      onBatch: (batch) => {
        led.batches.push(batch);
        led.taken.push(...batch.records);
        return undefined;
      },
    });
    return led;
  }
  async function follow(log: Log, topic: string, group = 'follow', before?: (batch: Batch) => unknown) {
    const taken: Taken[] = [];
    await log.follow(topic, group, async (batch) => {
      await before?.(batch);
      taken.push(...batch.records);
    });
    return taken;
  }
  const values = (taken: Taken[]) => taken.map(({ value }) => value);
  const numbers = (from: number, to: number) => rows('', from, to).map(({ value }) => value!);

  describe(kind, () => {
    beforeAll(async () => {
      broker = await start();
      writer = broker.open('writer');
    }, 60_000);
    // A reader that waits for records takes half a second to leave: the next test need not wait for it.
    afterEach(() => void closing.push(...clients.splice(0).map((log) => log.close())));
    afterAll(async () => {
      await Promise.all([...closing, writer.close()]);
      await broker.stop();
    }, 60_000);

    describe('a topic', () => {
      it('is created once, whoever asks, and everyone hears the same cluster id', async () => {
        const [a, b] = [client(), client()];
        const spec = [{ topic: `topic.${++topics}`, partitions: 3 }];
        const ids = [await a.prepare(spec), await b.prepare(spec), await a.prepare(spec)];
        expect(new Set(ids).size).toBe(1);
        expect(ids[0]).toMatch(/\S{10,}/);
        expect(await b.ends(spec[0]!.topic)).toEqual(new Map([0, 1, 2].map((p) => [p, 0n])));
      });

      it('is refused with another number of partitions: its keys would move', async () => {
        const topic = await fresh(2);
        await expect(writer.prepare([{ topic, partitions: 3 }])).rejects.toThrow(
          '2 partitions, not 3: keys would move',
        );
      });
    });

    describe('what is sent', () => {
      it('keeps the order of its key, however many send at once', async () => {
        const topic = await fresh(4);
        const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
        const sends = Array.from({ length: 300 }, (_, i) =>
          writer.send(keys.map((key) => ({ topic, key, value: `${i}` }))),
        );
        await Promise.all(sends);
        const led = await lead(client(), topic);
        await until(() => led.taken.length === 300 * keys.length);
        for (const key of keys) {
          const own = led.taken.filter((record) => record.key === key);
          expect(values(own)).toEqual(numbers(0, 300));
          expect(new Set(own.map(({ partition }) => partition))).toEqual(new Set([partitionOf(key, 4)]));
        }
      });

      it('goes to the partition that it names', async () => {
        const topic = await fresh(3);
        await writer.send([0, 1, 2].map((partition) => ({ topic, key: 'same', value: `${partition}`, partition })));
        const led = await lead(client(), topic);
        await until(() => led.taken.length === 3);
        expect(led.taken.map(({ partition, value }) => [partition, value]).toSorted()).toEqual([
          [0, '0'],
          [1, '1'],
          [2, '2'],
        ]);
      });

      it('is there, byte for byte, for whoever comes after the sender has gone', async () => {
        const [topic, log] = [await fresh(), client()];
        const said = ['', '{"标题":"豫知"}', '\0', 'x'.repeat(100_000)];
        await log.send(said.map((value) => ({ topic, key: '键 1', value })));
        await log.close();
        const led = await lead(client(), topic);
        await until(() => led.taken.length === said.length);
        expect(values(led.taken)).toEqual(said);
        expect(led.taken.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n]);
        expect(new Set(led.taken.map(({ key }) => key))).toEqual(new Set(['键 1']));
      });

      it('bears the time of the broker, which does not go back', async () => {
        const topic = await fresh();
        const before = Date.now();
        for (const record of rows(topic, 0, 5)) await writer.send([record]);
        const led = await lead(client(), topic);
        await until(() => led.taken.length === 5);
        const times = led.taken.map(({ appended }) => appended);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times[0]! >= before && times[4]! <= Date.now()).toBe(true);
      });

      it('is refused when one record is too large, and then none of them is there', async () => {
        const topic = await fresh();
        const large = { topic, key: 'k', value: '例'.repeat(RECORD_MAX_BYTES / 3) };
        await expect(writer.send([...rows(topic, 0, 2), large])).rejects.toThrow(RangeError);
        expect(await writer.ends(topic)).toEqual(new Map([[0, 0n]]));
        const most = { ...large, value: 'x'.repeat(RECORD_MAX_BYTES - 1) };
        await Promise.all([writer.send([most]), writer.send([most]), writer.send([most])]);
        expect(await writer.ends(topic)).toEqual(new Map([[0, 3n]]));
      });

      it('is nothing when there is nothing to send', async () => {
        await expect(writer.send([])).resolves.toBeUndefined();
      });
    });

    describe('a leader', () => {
      it('reads on from where it says, not from where its group was', async () => {
        const [topic, log] = [await fresh(2), client()];
        await log.send([
          ...rows(topic, 0, 10),
          ...rows(topic, 0, 10).map((r) => ({ ...r, partition: 1 - partitionOf('k', 2) })),
        ]);
        const first = await lead(log, topic);
        await until(() => first.taken.length === 20);
        await log.close();
        const again = await lead(client(), topic, { 0: 4n, 1: 9n });
        await until(() => again.taken.length >= 7);
        expect(again.taken.filter((r) => r.partition === 0)[0]!.offset).toBe(4n);
        expect(again.taken.filter((r) => r.partition === 1).map(({ offset }) => offset)).toEqual([9n]);
        expect(again.assigned).toEqual([[0, 1]]);
      });

      it('seeks back and forth while it reads', async () => {
        const topic = await fresh();
        await writer.send(rows(topic, 0, 5));
        const led = await lead(client(), topic);
        await until(() => led.taken.length === 5);
        led.seek(0, 3n);
        await until(() => led.taken.length === 7);
        led.seek(0, 5n);
        await writer.send(rows(topic, 5, 6));
        await until(() => led.taken.length === 8);
        expect(values(led.taken)).toEqual([...numbers(0, 5), '3', '4', '5']);
      });

      it('may seek while it holds a batch, even to where that batch began', async () => {
        const topic = await fresh();
        await writer.send(rows(topic, 0, 3));
        const seen: string[][] = [];
        let seekTo: Seek;
        await client().lead(topic, 'g', {
          onAssigned: (_, seek) => (seekTo = seek),
          onBatch: async (batch) => {
            seen.push(values(batch.records));
            if (seen.length > 1) return;
            seekTo(0, batch.fetchedFrom);
            expect(batch.current()).toBe(false);
          },
        });
        await until(() => seen.length === 2);
        expect(seen).toEqual([numbers(0, 3), numbers(0, 3)]);
      });

      it('sees whether something was skipped between two batches', async () => {
        const topic = await fresh();
        const led = await lead(client(), topic);
        for (let i = 0; i < 6; i++) await writer.send(rows(topic, i, i + 1));
        await until(() => led.taken.length === 6);
        let next = 0n;
        for (const batch of led.batches) {
          expect(batch.fetchedFrom).toBe(next);
          next += BigInt(batch.records.length);
        }
      });

      it('gets no more of a partition while it holds a batch of it', async () => {
        const topic = await fresh();
        const seen: string[] = [];
        let go = () => {};
        const held = new Promise<void>((resolve) => (go = resolve));
        await client().lead(topic, 'g', {
          onAssigned: () => {},
          onBatch: (batch) => {
            seen.push(...values(batch.records));
            return seen.length === 1 ? held : undefined;
          },
        });
        await writer.send(rows(topic, 0, 1));
        await until(() => seen.length === 1);
        await writer.send(rows(topic, 1, 4));
        await pause(100);
        expect(seen).toEqual(['0']);
        go();
        await until(() => seen.length === 4);
        expect(seen).toEqual(numbers(0, 4));
      });

      it.each([
        ['Error', Error],
        ['TypeError', TypeError],
      ])('gets a batch again after a %s of its own', async (_, Mistake) => {
        const topic = await fresh();
        await writer.send(rows(topic, 0, 3));
        const seen: string[] = [];
        let mistakes = 0;
        await client().lead(topic, 'g', {
          onAssigned: (_, seek) => seek(0, 0n),
          onBatch: async ({ records }) => {
            if (mistakes++ < 2) throw new Mistake('not yet');
            seen.push(...values(records));
          },
        });
        await until(() => seen.length >= 3);
        expect(seen).toEqual(numbers(0, 3));
      });
    });

    describe('a group that follows', () => {
      it('goes on behind what it acknowledged, and only there', async () => {
        const [topic, log] = [await fresh(), client()];
        await log.send(rows(topic, 0, 4));
        const first = await follow(log, topic);
        await until(async () => (await client().acknowledged(topic, 'follow')).get(0) === 4n);
        await log.close();
        const writer = client();
        await writer.send(rows(topic, 4, 6));
        const second = await follow(client(), topic);
        await until(() => second.length === 2);
        expect([values(first), values(second)]).toEqual([numbers(0, 4), ['4', '5']]);
      });

      it('begins at the beginning, each group for itself', async () => {
        const topic = await fresh(2);
        await writer.send([...rows(topic, 0, 3, 'a'), ...rows(topic, 0, 3, 'c')]);
        const [one, two] = [await follow(client(), topic, 'one'), await follow(client(), topic, 'two')];
        await until(() => one.length === 6 && two.length === 6);
        expect([...(await writer.acknowledged(topic, 'never'))]).toEqual([0, 1].map((p) => [p, 0n]));
      });

      it.each([
        ['Error', Error],
        ['TypeError', TypeError],
      ])('gets a batch again after a %s, and skips nothing', async (_, Mistake) => {
        const topic = await fresh();
        await writer.send(rows(topic, 0, 3));
        let mistakes = 0;
        const taken = await follow(client(), topic, 'g', () => {
          if (mistakes++ < 2) throw new Mistake('not yet');
        });
        await until(() => taken.length >= 3);
        await writer.send(rows(topic, 3, 5));
        await until(() => taken.length >= 5);
        expect(values(taken)).toEqual(numbers(0, 5));
      });

      it('shares the partitions among its members, and takes over from one that has gone', async () => {
        const topic = await fresh(4);
        const everywhere = (value: string) => [0, 1, 2, 3].map((partition) => ({ topic, key: 'k', value, partition }));
        const [a, b] = [client('a'), client('b')];
        const ofA = await follow(a, topic);
        const ofB = await follow(b, topic);
        let round = 0;
        await until(async () => {
          await writer.send(everywhere(`${round++}`));
          await pause(20);
          return ofA.length > 0 && ofB.length > 0;
        });
        await b.close();
        await writer.send(everywhere('last'));
        await until(() => ofA.filter(({ value }) => value === 'last').length === 4);
        const places = new Set([...ofA, ...ofB].map(({ partition, offset }) => `${partition}/${offset}`));
        expect(places.size).toBe(4 * (round + 1));
      });
    });

    describe('a table that is held', () => {
      it('is read whole, then live, the last word on a key last, and null when it was deleted', async () => {
        const topic = await fresh(3, true);
        const write = (key: string, value: string | null) => writer.send([{ topic, key, value }]);
        for (const [key, value] of [
          ['a', '1'],
          ['b', '1'],
          ['a', '2'],
          ['c', '1'],
          ['b', null],
        ] as const)
          await write(key, value);
        const held = new Map<string, string | null>();
        const heard: string[] = [];
        await client().replay(topic, (key, value) => {
          held.set(key, value);
          heard.push(key);
        });
        expect(Object.fromEntries(held)).toEqual({ a: '2', b: null, c: '1' });
        const read = heard.length;
        await write('b', '3');
        await write('c', null);
        await until(() => heard.length === read + 2);
        expect(Object.fromEntries(held)).toEqual({ a: '2', b: '3', c: null });
      });

      it('is read at once when it is empty', async () => {
        const topic = await fresh(2, true);
        const heard: string[] = [];
        await client().replay(topic, (key) => heard.push(key));
        await writer.send([{ topic, key: 'later', value: '1' }]);
        await until(() => heard.length === 1);
      });
    });

    it('says where the log begins and ends', async () => {
      const topic = await fresh(2);
      await writer.send(rows(topic, 0, 3));
      const partition = partitionOf('k', 2);
      expect(await writer.ends(topic)).toEqual(
        new Map([
          [partition, 3n],
          [1 - partition, 0n],
        ]),
      );
      expect(await writer.earliest(topic)).toEqual(
        new Map([
          [0, 0n],
          [1, 0n],
        ]),
      );
    });

    describe('a closed log', () => {
      it('sends and hears nothing any more', async () => {
        const [topic, log] = [await fresh(), client()];
        const taken = await follow(log, topic);
        const heard: string[] = [];
        await log.replay(topic, (key) => heard.push(key));
        await log.close();
        await expect(log.send(rows(topic, 0, 1))).rejects.toThrow('closed');
        await client().send(rows(topic, 0, 1));
        await pause(100);
        expect([taken, heard]).toEqual([[], []]);
      });

      it('waits for the batch that is being worked on, and what that sends is sent', async () => {
        const [topic, log] = [await fresh(2), client()];
        let begun = false;
        await log.follow(topic, 'g', async ({ records }) => {
          if (records[0]!.key !== 'k') return;
          begun = true;
          await pause(100);
          await log.send([{ topic, key: 'answer', value: 'sent', partition: 1 - partitionOf('k', 2) }]);
        });
        await log.send(rows(topic, 0, 1));
        await until(() => begun);
        await log.close();
        expect((await client().ends(topic)).get(1 - partitionOf('k', 2))).toBe(1n);
      });
    });

    it('comes back by itself after the broker was away: nothing acknowledged is lost, nothing skipped', async () => {
      const topic = await fresh();
      const taken = await follow(client(), topic, 'g');
      const led = await lead(client(), topic);
      await writer.send(rows(topic, 0, 3));
      await until(() => taken.length === 3 && led.taken.length === 3);
      await broker.takeAway();
      const refused = writer.send(rows(topic, 3, 4)).catch((e: unknown) => e);
      await expect(Promise.race([refused, pause(15_000)])).resolves.toBeInstanceOf(Error);
      await broker.bringBack();
      let acknowledged = 0;
      await until(() =>
        writer.send(rows(topic, 10, 11)).then(
          () => !!(acknowledged = 1),
          () => false,
        ),
      );
      await writer.send(rows(topic, 11, 14));
      await until(() => taken.at(-1)?.value === '13' && led.taken.at(-1)?.value === '13');
      const distinct = (of: Taken[]) =>
        [...new Set(of.map(({ offset }) => offset))].map((o) => of.find((r) => r.offset === o)!.value);
      expect(acknowledged).toBe(1);
      expect(distinct(taken).filter((value) => value !== '3')).toEqual([...numbers(0, 3), ...numbers(10, 14)]);
      expect(distinct(led.taken)).toEqual(distinct(taken));
    }, 60_000);
  });
}
