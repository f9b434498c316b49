import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { leaksIn, leaksOf, secretsOf } from './leaks.ts';

const environment = {
  WRITER_URL: 'postgresql://escrow_writer:a-password-of-it@127.0.0.1:5432/escrow',
  KAFKA_BROKERS: 'escrow:another-password@127.0.0.1:9092,escrow:third-password@127.0.0.1:9093',
  STRIPE_WEBHOOK_SECRETS: 'whsec_first00,whsec_second0',
  INTERNAL_SECRET: 'sixteen letters!',
  OWNERS: '{"escrow":"http://127.0.0.1:4000"}',
  PORT: '4000',
};

describe('the secrets of a process', () => {
  it('are what its variables call so, and the passwords in its addresses', () => {
    expect(secretsOf([environment, environment])).toEqual([
      ...['a-password-of-it', 'another-password', 'third-password'],
      ...['whsec_first00', 'whsec_second0', 'sixteen letters!'],
    ]);
  });

  it.each([
    ['{"authorization":"Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}', ['a token']],
    ['key sk_test_yuzhi_demonstration', ['a key of the rail']],
    ['{"err":"no pg_hba.conf for a-password-of-it"}', ['the secret a-p…']],
    [
      'password=yuzhi-demo-2026 whsec_first00',
      ['a secret of a webhook', 'the password of the demonstration', 'the secret whs…'],
    ],
    ['{"msg":"ready","service":"escrow"}', []],
  ])('are found in %j', (text, leaks) => {
    expect(leaksIn(text, secretsOf([environment]))).toEqual(leaks);
  });
});

describe('the logs of a folder', () => {
  const dir = mkdtempSync(join(tmpdir(), 'yuzhi-leaks-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('are looked at by name; none at all is no good sign', () => {
    expect(() => leaksOf(dir, [])).toThrow('says anything');
    writeFileSync(join(dir, 'escrow.log'), 'sixteen letters!');
    writeFileSync(join(dir, 'gateway.log'), 'ready');
    expect(leaksOf(dir, secretsOf([environment]))).toEqual(['escrow.log: the secret six…']);
  });
});
