import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaAdminAddress } from '@yuzhi/backing/kafka-users';
import { SERVICES } from '@yuzhi/protocol/catalogue';
import { evidenceEnvironment, runningEvidence } from './evidence.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'yuzhi-evidence-'));
  writeFileSync(join(dir, 'secret'), 'a secret');
});
afterAll(() => rmSync(dir, { recursive: true }));

const parts = () => ({
  ...{ dir, name: 'x_', stripeSandboxUrl: 'http://127.0.0.1:3', patentOfficeUrl: 'http://127.0.0.1:4' },
  infrastructure: { databaseUrl: 'postgresql://admin:top@127.0.0.1:5/postgres', kafkaBrokers: ['a:1', 'b:2'] },
});

describe('the evidence of a platform', () => {
  it('is every database as its reader, and nobody’s secret but the readers’', () => {
    const readers = JSON.parse(evidenceEnvironment(parts())['YUZHI_READERS']!) as Record<string, string>;
    expect(Object.keys(readers)).toEqual(SERVICES);
    const { username, password, pathname, host } = new URL(readers['escrow']!);
    expect({ username, pathname, host }).toEqual({
      ...{ username: 'x_escrow_reader', pathname: '/x_escrow', host: '127.0.0.1:5' },
    });
    expect(password.length).toBeGreaterThan(30);
    expect(new Set(Object.values(readers).map((url) => new URL(url).password)).size).toBe(SERVICES.length);
    expect(JSON.stringify(readers)).not.toContain('top');
  });

  it('is the log as its auditor where the launcher’s broker knows users', () => {
    const kafkaBrokers = [kafkaAdminAddress('127.0.0.1:7', 'top-secret')];
    const own = parts();
    const { KAFKA_BROKERS } = evidenceEnvironment({ ...own, infrastructure: { ...own.infrastructure, kafkaBrokers } });
    expect(KAFKA_BROKERS).toMatch(/^auditor:[\w-]{43}@127\.0\.0\.1:7$/);
  });

  it('is the log, the rail and the office besides', () => {
    expect(evidenceEnvironment(parts())).toMatchObject({
      ...{ KAFKA_BROKERS: 'a:1,b:2', TOPIC_PREFIX: 'x_', YUZHI_RAIL_URL: 'http://127.0.0.1:3' },
      YUZHI_PATENT_OFFICE_URL: 'http://127.0.0.1:4',
    });
    const { stripeSandboxUrl: _, ...real } = parts();
    const given = { stripe: { secretKey: 'sk_test_x', webhookSecret: 'w' } };
    expect(evidenceEnvironment({ ...real, given })).toMatchObject({
      ...{ YUZHI_RAIL_URL: 'https://api.stripe.com', YUZHI_RAIL_KEY: 'sk_test_x' },
    });
  });

  it('is found where another launcher runs it, and nowhere where none ever did', () => {
    expect(runningEvidence(dir, 'x_')).toBeUndefined();
    writeFileSync(
      join(dir, 'ports.json'),
      JSON.stringify({ postgres: 6, kafka: 7, stripeSandbox: 8, patentOffice: 9 }),
    );
    expect(runningEvidence(dir, 'x_')).toMatchObject({
      YUZHI_PATENT_OFFICE_URL: 'http://127.0.0.1:9',
      TOPIC_PREFIX: 'x_',
    });
  });
});
