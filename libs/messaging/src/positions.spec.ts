import { beforeEach, describe, expect, it } from '@jest/globals';
import { Refused } from '@yuzhi/database/journal';
import { MemoryBroker, MemoryLog } from './memory-log.ts';
import { assertHeld, behind } from './positions.ts';

let broker: MemoryBroker;
let log: MemoryLog;
beforeEach(async () => {
  broker = new MemoryBroker();
  log = new MemoryLog(broker);
  await log.prepare([{ topic: 't', partitions: 2 }]);
  for (let i = 0; i < 5; i++) broker.append({ topic: 't', key: 'k', value: 'v', partition: 0 });
});

describe('going on at an offset', () => {
  it('is possible from the first record that is there to behind the last', async () => {
    broker.trim('t', 0, 2);
    for (const next of [2n, 3n, 5n]) await expect(assertHeld(log, 't', 0, next)).resolves.toBeUndefined();
    for (const next of [0n, 1n, 6n]) {
      const refused = assertHeld(log, 't', 0, next);
      await expect(refused).rejects.toThrow(Refused);
      await expect(refused).rejects.toThrow(`t/0: we go on at offset ${next}, and the log holds 2 to 5`);
    }
  });

  it('is possible at the beginning of an empty log, and on no partition that is not there', async () => {
    await expect(assertHeld(log, 't', 1, 0n)).resolves.toBeUndefined();
    await expect(assertHeld(log, 't', 2, 0n)).rejects.toThrow('t has no partition 2');
  });

  it('is not refused because the log cannot be asked', async () => {
    broker.away = true;
    await expect(assertHeld(log, 't', 0, 0n)).rejects.not.toThrow(Refused);
  });
});

describe('how far a group is behind', () => {
  it('is what it has not acknowledged, over all partitions', async () => {
    broker.append({ topic: 't', key: 'k', value: 'v', partition: 1 });
    expect(await behind(log, 't', 'g', new Map())).toBe(6);
    broker.acknowledge('g', 't', 0, 4n);
    expect(await behind(log, 't', 'g', new Map())).toBe(2);
    broker.acknowledge('g', 't', 1, 1n);
    broker.acknowledge('g', 't', 0, 5n);
    expect(await behind(log, 't', 'g', new Map())).toBe(0);
  });

  it('is less when this process got further than it has acknowledged', async () => {
    broker.acknowledge('g', 't', 0, 1n);
    expect(await behind(log, 't', 'g', new Map([[0, 4n]]))).toBe(1);
    expect(await behind(log, 't', 'g', new Map([[0, 5n]]))).toBe(0);
  });

  it('is seen of a partition that another replica works on', async () => {
    const own = new Map([[1, 0n]]);
    expect(await behind(log, 't', 'g', own)).toBe(5);
    broker.acknowledge('g', 't', 0, 5n);
    expect(await behind(log, 't', 'g', own)).toBe(0);
  });
});
