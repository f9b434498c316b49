import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { KafkaJSNonRetriableError } from 'kafkajs';
import { openLogs, specifyGroup } from './fixture/group.specification.ts';
import { brokers } from './fixture/topics.ts';
import { openKafka } from './kafkajs.ts';
import { KafkaLog } from './kafka-log.ts';

const group = openLogs('group', (settings) => new KafkaLog(settings));
const { prefix, open, topicOf, read } = group;
const raw = () => openKafka(brokers, { clientId: 'raw' });

specifyGroup(group);

describe('a produce that failed although the broker took it', () => {
  const require = createRequire(import.meta.url);
  const broker = (require('kafkajs/src/broker') as { prototype: { produce(of: unknown): Promise<unknown> } }).prototype;

  /** The next produce reaches the broker, and its answer does not reach us. */
  function loseNextAnswer() {
    const original = broker.produce;
    jest.spyOn(broker, 'produce').mockImplementationOnce(async function (this: unknown, of) {
      await original.call(this as typeof broker, of);
      throw new KafkaJSNonRetriableError('the answer was lost');
    });
  }
  afterEach(() => void jest.restoreAllMocks());

  it('costs no later record', async () => {
    const topic = await topicOf(1);
    const log = open('writer');
    const send = (value: string) => log.send([{ topic, key: 'k', value }]);
    await send('a');
    loseNextAnswer();
    await expect(send('b')).rejects.toThrow('the answer was lost');
    await send('c');
    await Promise.all([send('d'), send('e')]);
    expect((await read(topic, 5)).map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('would cost the next one if its producer were used again: kafkajs gives its sequence number away', async () => {
    const topic = await topicOf(1);
    const producer = raw().producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const send = (value: string) => producer.send({ topic: prefix + topic, messages: [{ key: 'k', value }] });
    await send('a');
    loseNextAnswer();
    await expect(send('b')).rejects.toThrow('the answer was lost');
    await send('acknowledged, and lost');
    await send('d');
    await producer.disconnect();
    expect((await read(topic, 3)).map(({ value }) => value)).toEqual(['a', 'b', 'd']);
  });
});
