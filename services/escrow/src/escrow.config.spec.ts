import { readConfig } from '@yuzhi/chassis/config';
import { describe, expect, it } from '@jest/globals';
import { EscrowEnvironment } from './escrow.config.ts';

const environment = {
  KAFKA_BROKERS: 'localhost:9092',
  REDIS_URL: 'redis://localhost',
  ISSUER_URL: 'http://localhost:1',
  INTERNAL_SECRET: 'sixteen characters',
  WRITER_URL: 'postgresql://localhost/a',
  READER_URL: 'postgresql://localhost/a',
  SIDE_URL: 'postgresql://localhost/a',
  STRIPE_SECRET_KEY: 'sk_test_abc',
  STRIPE_WEBHOOK_SECRETS: 'whsec_a, whsec_b',
};
const read = (part: Record<string, string>) => readConfig(EscrowEnvironment, { ...environment, ...part });

describe('the environment of escrow', () => {
  it('names the rail’s key, one secret per webhook endpoint, and no sandbox unless told', () => {
    expect(read({})).toMatchObject({
      stripeSecretKey: 'sk_test_abc',
      stripeWebhookSecrets: ['whsec_a', 'whsec_b'],
      stripeApiBase: undefined,
      reconcileMs: 300_000,
    });
    expect(read({ STRIPE_API_BASE: 'http://127.0.0.1:12111' }).stripeApiBase).toBe('http://127.0.0.1:12111');
    expect(read({ STRIPE_SECRET_KEY: 'sk_live_abc' }).stripeSecretKey).toBe('sk_live_abc');
  });

  it.each(['sk_live_abc', 'rk_live_abc'])('never sends the live key %s to a sandbox', (key) => {
    const live = { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: 'http://127.0.0.1:12111' };
    expect(() => read(live)).toThrow('a live key is never sent to a sandbox');
  });

  it.each([
    ['STRIPE_SECRET_KEY', 'pk_test_abc'],
    ['STRIPE_SECRET_KEY', ''],
    ['STRIPE_WEBHOOK_SECRETS', ''],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_a,,whsec_b'],
    ['STRIPE_API_BASE', 'ftp://127.0.0.1'],
    ['RECONCILE_MS', '10'],
    ['STRIPE_TIMEOUT_MS', '60000'],
  ])('refuses %s=%j', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });
});
