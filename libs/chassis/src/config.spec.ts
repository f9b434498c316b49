import { describe, expect, it } from '@jest/globals';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { PlatformaticLog } from '@yuzhi/messaging/platformatic-log';
import { openLog, readConfig, ServiceEnvironment, urlsByName } from './config.ts';

const good = {
  WRITER_URL: 'postgresql://w:p@db:5432/listings',
  READER_URL: 'postgresql://r:p@db:5432/listings',
  SIDE_URL: 'postgresql://s:p@db:5432/listings',
  KAFKA_BROKERS: 'kafka-0:9092, kafka-1:9092',
  REDIS_URL: 'redis://redis:6379',
  ISSUER_URL: 'https://yuzhi.example/oidc',
  INTERNAL_SECRET: 'sixteen letters!',
};
const read = (more: Record<string, string | undefined> = {}) => readConfig(ServiceEnvironment, { ...good, ...more });

describe('the configuration of a service', () => {
  it('is read from the environment into what the modules get, with a default for what need not be said', () => {
    expect(read()).toEqual({
      writerUrl: good.WRITER_URL,
      readerUrl: good.READER_URL,
      sideUrl: good.SIDE_URL,
      kafkaBrokers: ['kafka-0:9092', 'kafka-1:9092'],
      redisUrl: good.REDIS_URL,
      issuerUrl: good.ISSUER_URL,
      internalSecret: good.INTERNAL_SECRET,
      audience: 'yuzhi',
      host: '127.0.0.1',
      port: 0,
      topicPrefix: '',
      replica: '0',
      sessionTimeoutMs: 6000,
      steppable: false,
      sweepMs: 500,
      logLevel: 'info',
    });
  });

  it('takes brokers that ask who connects', () => {
    const KAFKA_BROKERS = 'escrow:pass-word@kafka-0:9092';
    expect(read({ KAFKA_BROKERS }).kafkaBrokers).toEqual([KAFKA_BROKERS]);
  });

  it('takes numbers and truths from text', () => {
    expect(read({ PORT: '8080', STEPPABLE: 'true', SWEEP_MS: '100' })).toMatchObject({
      port: 8080,
      steppable: true,
      sweepMs: 100,
    });
  });

  it.each([
    ['kafkajs', KafkaLog],
    ['platformatic', PlatformaticLog],
  ])('chooses %s as the client of Kafka by one variable, and kafkajs without it', (KAFKA_CLIENT, Client) => {
    const log = openLog('listings', read({ KAFKA_CLIENT }));
    expect(log).toBeInstanceOf(Client);
    expect(openLog('listings', read())).toBeInstanceOf(KafkaLog);
    expect(() => read({ KAFKA_CLIENT: 'librdkafka' })).toThrow(/KAFKA_CLIENT: .*kafkajs.*platformatic/);
  });

  it('names every wrong variable at once, and none of their values', () => {
    const wrong = {
      WRITER_URL: 'mysql://w:hunter2@db/x',
      READER_URL: undefined,
      PORT: '99999',
      KAFKA_BROKERS: 'kafka',
    };
    let message = '';
    try {
      read({ ...wrong, INTERNAL_SECRET: 'short-secret' });
    } catch (error) {
      message = (error as Error).message;
    }
    for (const name of ['WRITER_URL', 'READER_URL: is not set', 'PORT', 'KAFKA_BROKERS', 'INTERNAL_SECRET']) {
      expect(message).toContain(name);
    }
    expect(message).not.toMatch(/hunter2|short-secret/);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(read({ PORT: '', TOPIC_PREFIX: '' })).toMatchObject({ port: 0, topicPrefix: '' });
    expect(() => read({ REDIS_URL: '' })).toThrow('REDIS_URL: is not set');
  });
});

describe('addresses by name', () => {
  const addresses = (text: string) => urlsByName.safeParse(text);

  it('are read from a JSON object', () => {
    const urls = { bidding: 'http://bidding:4000', escrow: 'https://escrow.example' };
    expect(addresses(JSON.stringify(urls))).toMatchObject({ success: true, data: urls });
  });

  it.each([
    '',
    'http://bidding:4000',
    '["http://bidding:4000"]',
    '{"bidding":"bidding:4000"}',
    '{"bidding":"ftp://b"}',
  ])('are refused when they are %j', (text) => expect(addresses(text).success).toBe(false));
});
