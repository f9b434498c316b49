import { beforeEach, describe, expect, it } from '@jest/globals';
import { table } from '@yuzhi/protocol/declare';
import { z } from 'zod';
import { HeldTable } from './held-table.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';

const members = table('identity.members', z.object({ roles: z.array(z.string()), note: z.string().default('none') }));

describe('a table that is held in memory', () => {
  let broker: MemoryBroker;
  let held: HeldTable<typeof members>;
  const write = (key: string, value: string | null) => broker.append({ topic: members.topic, key, value });

  beforeEach(() => {
    broker = new MemoryBroker();
    broker.create({ topic: members.topic, partitions: 2, compacted: true });
    held = new HeldTable(members);
  });

  it('is whole before it is used: the last word on each key', async () => {
    write('a', '{"roles":["bidder"]}');
    write('b', '{"roles":["desk"]}');
    write('a', '{"roles":["desk"],"note":"promoted"}');
    write('b', null);
    await held.start(new MemoryLog(broker));
    expect([held.get('a'), held.get('b'), held.size]).toEqual([{ roles: ['desk'], note: 'promoted' }, undefined, 1]);
  });

  it('goes on listening, and tells who wants to know', async () => {
    await held.start(new MemoryLog(broker));
    const heard: string[] = [];
    held.onChange((key) => heard.push(`${key}: ${held.get(key)?.roles.join()}`));
    write('a', '{"roles":["bidder"]}');
    write('a', null);
    expect(heard).toEqual(['a: bidder', 'a: undefined']);
    expect([...held.values()]).toEqual([]);
  });

  it('does not believe the word before one that it cannot understand, and reads on', async () => {
    write('a', '{"roles":["bidder"]}');
    write('a', '{"roles":"all"}');
    write('b', 'no JSON');
    write('c', '{"roles":[]}');
    await held.start(new MemoryLog(broker));
    expect([held.get('a'), held.get('b'), held.get('c')]).toEqual([undefined, undefined, { roles: [], note: 'none' }]);
    expect(held.unreadable.toSorted()).toEqual(['a', 'b']);
    write('a', '{"roles":["bidder"]}');
    expect(held.get('a')).toEqual({ roles: ['bidder'], note: 'none' });
    expect(held.unreadable).toEqual(['b']);
  });
});
