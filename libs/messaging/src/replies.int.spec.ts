import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from './fixture/log.specification.ts';
import { liveChannel, MemoryPager, type Pager, RedisPager, replyChannel } from './replies.ts';

const prefix = `pager-spec.${randomUUID().slice(0, 8)}.`;
const open: Pager[] = [];
afterEach(() => {
  for (const pager of open.splice(0)) pager.close();
});

const kinds: [string, () => Pager][] = [
  ['Redis', () => new RedisPager(process.env['REDIS_URL']!, prefix)],
  ['memory', () => new MemoryPager()],
];

describe.each(kinds)('a pager over %s', (_, make) => {
  const pager = async () => {
    const made = make();
    open.push(made);
    await made.open();
    return made;
  };

  it('tells whoever listens to the channel, and nobody else', async () => {
    const [speaker, listener] = [await pager(), await pager()];
    const mine: unknown[] = [];
    const others: unknown[] = [];
    const channel = replyChannel(randomUUID());
    await listener.subscribe(channel, (message) => mine.push(message));
    await listener.subscribe(replyChannel(randomUUID()), (message) => others.push(message));
    speaker.publish(channel, JSON.stringify([{ id: '1', outcome: { status: 200, body: { title: '豫知' } } }]));
    await until(() => mine.length === 1);
    expect(mine).toEqual([[{ id: '1', outcome: { status: 200, body: { title: '豫知' } } }]]);
    expect(others).toEqual([]);
  });

  it('carries messages as they travel, in the order in which they were said', async () => {
    const [speaker, listener] = [await pager(), await pager()];
    const heard: unknown[] = [];
    const channel = liveChannel('bidding.auction.feed.v1', randomUUID());
    await listener.subscribe(channel, (message) => heard.push(message));
    for (const seq of [1, 2, 3])
      speaker.publish(channel, JSON.stringify({ items: [{ seq, item: { amountFen: '9007199254740993' } }] }));
    await until(() => heard.length === 3);
    expect(heard).toEqual([1, 2, 3].map((seq) => ({ items: [{ seq, item: { amountFen: '9007199254740993' } }] })));
  });

  it('is silent after the way back was taken, for that listener only', async () => {
    const [speaker, listener] = [await pager(), await pager()];
    const heard: string[] = [];
    const channel = replyChannel(randomUUID());
    const stop = await listener.subscribe(channel, () => heard.push('first'));
    await listener.subscribe(channel, () => heard.push('second'));
    await stop();
    speaker.publish(channel, '{}');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['second']);
  });
});

describe('a pager whose Redis is away', () => {
  const nowhere = () => {
    const pager = new RedisPager('redis://127.0.0.1:1');
    open.push(pager);
    return pager;
  };

  it('opens, speaks and listens all the same, and nobody waits for it long', async () => {
    const pager = nowhere();
    const began = performance.now();
    await pager.open();
    pager.publish('c', '{"lost":true}');
    const stop = await pager.subscribe('c', () => {});
    await stop();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('can be closed, also before it was opened', () => {
    expect(() => nowhere().close()).not.toThrow();
  });
});
