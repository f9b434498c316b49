import { describe, expect, it } from '@jest/globals';
import type { Taken } from './log.ts';
import { specifyLog, until } from './fixture/log.specification.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';

specifyLog('the log in memory', async () => {
  const broker = new MemoryBroker();
  return {
    open: () => new MemoryLog(broker),
    takeAway: async () => void (broker.away = true),
    bringBack: async () => void (broker.away = false),
    stop: async () => {},
  };
});

describe('the broker in memory', () => {
  it('keeps no record of a produce that it refuses', async () => {
    const broker = new MemoryBroker();
    const log = new MemoryLog(broker);
    await log.prepare([{ topic: 't', partitions: 1 }]);
    broker.away = true;
    await expect(log.send([{ topic: 't', key: 'k', value: 'v' }])).rejects.toThrow('the broker does not answer');
    await expect(log.ends('t')).rejects.toThrow('the broker does not answer');
    broker.away = false;
    expect(await log.ends('t')).toEqual(new Map([[0, 0n]]));
    await log.close();
  });

  it('lets a reader outside of the log begin anew and says nothing, as clients of Kafka do', async () => {
    const broker = new MemoryBroker();
    const log = new MemoryLog(broker);
    await log.prepare([{ topic: 't', partitions: 1 }]);
    await log.send(['0', '1', '2', '3'].map((value) => ({ topic: 't', key: 'k', value })));
    broker.trim('t', 0, 2);
    for (const from of [0n, 9n]) {
      const taken: Taken[] = [];
      const reader = new MemoryLog(broker);
      const onBatch = async ({ records }: { records: Taken[] }) => void taken.push(...records);
      await reader.lead('t', `from ${from}`, { onAssigned: (_, seek) => seek(0, from), onBatch });
      await until(() => taken.length === 2);
      expect(taken.map(({ value }) => value)).toEqual(['2', '3']);
      await reader.close();
    }
    expect(await log.earliest('t')).toEqual(new Map([[0, 2n]]));
    await log.close();
  });

  it('knows no topic that nobody created', async () => {
    const log = new MemoryLog(new MemoryBroker());
    await expect(log.send([{ topic: 'none', key: 'k', value: 'v' }])).rejects.toThrow('no topic none');
    await expect(log.follow('none', 'g', async () => {})).rejects.toThrow('no topic none');
  });
});
