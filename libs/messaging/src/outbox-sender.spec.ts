import { describe, expect, it } from '@jest/globals';
import { until } from './fixture/log.specification.ts';
import type { Log, LogRecord } from './log.ts';
import { OutboxSender } from './outbox-sender.ts';

/** A log that answers when it is told to. */
function wiring() {
  const sends: string[][] = [];
  let fails = 0;
  let hold: Promise<void> | undefined;
  let letGo = () => {};
  const leases = new Map([
    [0, 1n],
    [1, 1n],
  ]);
  const log = {
    async send(records: LogRecord[]) {
      await hold;
      if (fails-- > 0) throw new Error('the broker does not answer');
      sends.push(records.map(({ value }) => value!));
    },
  } as unknown as Log;
  return {
    sends,
    leases,
    sender: new OutboxSender(log, (owner, epoch) => leases.get(owner) === epoch),
    fail: (times: number) => void (fails = times),
    hold: () => void (hold = new Promise((go) => (letGo = go))),
    release: () => {
      hold = undefined;
      letGo();
    },
  };
}
const rows = (owner: number, ...seqs: number[]) =>
  seqs.map((seq) => ({ topic: 't', key: 'k', value: `e${seq}`, seq: BigInt(seq), owner }));

describe('the sender of the outbox', () => {
  it('knows how many wait, and that the oldest waits longest', async () => {
    const { sender, sends, hold, release } = wiring();
    expect([sender.unsent, sender.waitedMs]).toEqual([0, 0]);
    hold();
    sender.send(rows(0, 1, 2), 1n);
    await new Promise((go) => setTimeout(go, 20));
    sender.send(rows(0, 3), 1n);
    expect(sender.unsent).toBe(3);
    expect(sender.waitedMs).toBeGreaterThan(15);
    release();
    await until(() => sends.flat().length === 3 && sender.unsent === 0);
    expect(sender.waitedMs).toBe(0);
  });

  it('sends in the order of the commits, as many at once as there are', async () => {
    const { sender, sends, hold, release } = wiring();
    hold();
    sender.send(rows(0, 1), 1n);
    await Promise.resolve();
    sender.send(rows(1, 2, 3), 1n);
    sender.send(rows(0, 4), 1n);
    expect(sender.unsent).toBe(4);
    release();
    await until(() => sender.unsent === 0);
    expect(sends).toEqual([['e1'], ['e2', 'e3', 'e4']]);
    expect(sender.takeSent()).toEqual([1n, 2n, 3n, 4n]);
    expect(sender.takeSent()).toEqual([]);
  });

  it('tries until it works, and nothing overtakes', async () => {
    const { sender, sends, fail } = wiring();
    fail(2);
    sender.send(rows(0, 1, 2), 1n);
    sender.send(rows(0, 3), 1n);
    await until(() => sender.unsent === 0);
    expect(sends.flat()).toEqual(['e1', 'e2', 'e3']);
  });

  it('leaves to the next owner what is not ours any more', async () => {
    const { sender, sends, leases, fail } = wiring();
    fail(1);
    sender.send([...rows(0, 1), ...rows(1, 2)], 1n);
    leases.set(0, 2n);
    await until(() => sender.unsent === 0);
    expect(sends).toEqual([['e2']]);
    sender.send(rows(0, 3), 1n);
    sender.send(rows(0, 4), 2n);
    await until(() => sender.unsent === 0);
    expect(sends.flat()).toEqual(['e2', 'e4']);
  });

  it('wakes for what comes just as it falls asleep', async () => {
    const { sender, sends, leases } = wiring();
    leases.delete(0);
    for (let i = 0; i < 50; i++) {
      sender.send(rows(0, i), 1n);
      await Promise.resolve();
      sender.send(rows(1, 100 + i), 1n);
    }
    await until(() => sender.unsent === 0);
    expect(sends.flat()).toHaveLength(50);
  });

  it('knows what it has sent until that is forgotten for good', async () => {
    const { sender } = wiring();
    sender.send(rows(0, 1, 2), 1n);
    await until(() => sender.unsent === 0);
    await expect(sender.forgetSent(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    sender.putBack([9n]);
    const forgotten: bigint[] = [];
    await sender.forgetSent(async (seqs) => void forgotten.push(...seqs));
    expect(forgotten).toEqual([1n, 2n, 9n]);
  });

  it('ends what is under way when it is closed, but does not wait for ever', async () => {
    const { sender, sends, hold } = wiring();
    sender.send(rows(0, 1), 1n);
    await sender.close(1000);
    expect(sends).toEqual([['e1']]);
    const slow = wiring();
    slow.fail(1_000_000);
    slow.sender.send(rows(0, 1), 1n);
    await slow.sender.close(50);
    hold();
    expect(slow.sends).toEqual([]);
  });
});
