import type { Batch, CommandFollower, Seek } from '@yuzhi/messaging/log';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { SocketEngineLog } from './socket-engine.ts';
import { SocketLog } from './socket-log.ts';

const TOPIC = 'bidding.commands';
const PARTITIONS = 4;
const record = (key: string, value: string) => ({ topic: TOPIC, key, value });

/** A follower that keeps what it is handed, after whatever it is told to do first. */
class Keeper implements CommandFollower {
  readonly taken: { key: string; value: string; offset: bigint; partition: number }[] = [];
  before: (batch: Batch) => Promise<void> | undefined = () => undefined;
  #wake = () => {};

  onAssigned(partitions: number[], seek: Seek): void {
    for (const partition of partitions) seek(partition, 0n);
  }
  onBatch(batch: Batch): Promise<void> | undefined {
    const waits = this.before(batch);
    const keep = () => {
      for (const { key, value, offset, partition } of batch.records) this.taken.push({ key, value, offset, partition });
      this.#wake();
    };
    if (waits) return waits.then(keep);
    keep();
    return undefined;
  }
  async until(count: number): Promise<void> {
    while (this.taken.length < count) await new Promise<void>((go) => (this.#wake = go));
  }
  values = (key: string) => this.taken.filter((one) => one.key === key).map(({ value }) => value);
}

describe('the socket between a gateway and its engine', () => {
  let broker: MemoryBroker;
  let engine: SocketEngineLog;
  let keeper: Keeper;
  const gateways: SocketLog[] = [];

  const gateway = (port: number) => {
    const log = new SocketLog(port, TOPIC, new MemoryLog(broker));
    gateways.push(log);
    return log;
  };
  beforeEach(async () => {
    broker = new MemoryBroker();
    engine = new SocketEngineLog(TOPIC, new MemoryLog(broker));
    keeper = new Keeper();
    await engine.prepare([
      { topic: TOPIC, partitions: PARTITIONS },
      { topic: 'table', partitions: 1 },
    ]);
    await engine.lead(TOPIC, 'group', keeper);
  });
  afterEach(async () => {
    for (const log of gateways.splice(0)) await log.close();
    await engine.close();
  });

  it('hands over what was sent, each key in its order, without a gap in the numbers', async () => {
    const log = gateway(await engine.listen());
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const sent = Array.from({ length: 200 }, (_, i) => record(keys[i % keys.length]!, String(i)));
    await Promise.all(sent.map((one) => log.send([one])));
    await keeper.until(sent.length);
    for (const key of keys) {
      expect(keeper.values(key)).toEqual(sent.filter((one) => one.key === key).map(({ value }) => value));
    }
    for (const [, of] of Map.groupBy(keeper.taken, ({ partition }) => partition)) {
      expect(of.map(({ offset }) => offset)).toEqual(of.map((_, i) => BigInt(i)));
    }
    const ends = [...(await engine.ends(TOPIC)).values()].reduce((all, one) => all + one, 0n);
    expect(ends).toBe(BigInt(sent.length));
  });

  it('hands nothing more over while the follower is full, and takes all the same', async () => {
    let room = () => {};
    keeper.before = () => new Promise<void>((go) => (room = go));
    const log = gateway(await engine.listen());
    await log.send([record('a', '1')]);
    await log.send([record('a', '2')]);
    expect(keeper.taken).toEqual([]);
    keeper.before = () => undefined;
    room();
    await keeper.until(2);
    expect(keeper.values('a')).toEqual(['1', '2']);
  });

  it('hands a batch over again that was not taken', async () => {
    let refusals = 2;
    keeper.before = () => (refusals-- > 0 ? Promise.reject(new Error('not now')) : undefined);
    const log = gateway(await engine.listen());
    await log.send([record('a', '1')]);
    await keeper.until(1);
    expect([keeper.values('a'), refusals]).toEqual([['1'], -1]);
  });

  it('brings the engine its own wake-ups, and nobody what it says to others', async () => {
    await engine.send([record('a', 'wake'), { topic: 'bidding.events', key: 'a', value: 'opened' }]);
    await keeper.until(1);
    expect(keeper.taken.map(({ value }) => value)).toEqual(['wake']);
  });

  it('goes on with the numbers of an earlier engine, and refuses to go back behind its own', async () => {
    const later = new SocketEngineLog(TOPIC, new MemoryLog(new MemoryBroker()));
    await later.prepare([{ topic: TOPIC, partitions: 1 }]);
    await later.send([record('a', '1')]);
    let back: Seek = () => {};
    keeper.onAssigned = ([partition], seek) => {
      back = seek;
      seek(partition!, 41n);
    };
    expect((await later.ends(TOPIC)).get(0)).toBeGreaterThan(41n);
    await later.lead(TOPIC, 'group', keeper);
    expect((await later.ends(TOPIC)).get(0)).toBe(42n);
    await later.send([record('a', '2')]);
    await keeper.until(2);
    expect(keeper.taken.map(({ value, offset }) => [value, offset])).toEqual([
      ['1', 41n],
      ['2', 42n],
    ]);
    expect(() => back(0, 7n)).toThrow(/not kept back to 7/);
    await later.close();
  });

  it('reads tables from the real log', async () => {
    broker.append({ topic: 'table', key: 'k', value: 'v' });
    const read: unknown[] = [];
    await gateway(await engine.listen()).replay('table', (key, value) => read.push([key, value]));
    expect(read).toEqual([['k', 'v']]);
  });

  it('refuses a topic that is not on it, and what it cannot deliver', async () => {
    const port = await engine.listen();
    await expect(gateway(port).send([{ topic: 'escrow.commands', key: 'a', value: '1' }])).rejects.toThrow(/escrow/);
    await engine.close();
    await expect(gateway(port).send([record('a', '1')])).rejects.toThrow(/ECONNREFUSED/);
  });
});
