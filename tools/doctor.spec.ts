import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '@yuzhi/backing/environment';

function doctor(environment: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH']!, HOME: process.env['HOME']!, ...environment };
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'tools/doctor.mjs')], { env, encoding: 'utf8' });
  return { said: stdout, status };
}

describe('the doctor', () => {
  it('finds nothing wrong with a machine that runs these tests, and looks at everything that a start needs', () => {
    const { said, status } = doctor();
    for (const name of ['Node', 'Java', 'Maven', 'dependencies', 'disk', 'left servers', 'ports']) {
      expect(said).toMatch(new RegExp(`^✓ ${name}`, 'm'));
    }
    expect(said).toContain('✓ given servers: none: everything is started locally');
    // While all of them run, there may be too little left for a platform more.
    expect(said.match(/^✗.*/gm) ?? []).toEqual(said.match(/^✗ memory.*/gm) ?? []);
    expect(status).toBe(said.includes('✗') ? 1 : 0);
  });

  it('looks for every program that the tests run, and names the package of one that is missing', () => {
    expect(doctor().said).toMatch(/✓ pdftotext.*\n✓ pdfsig.*\n✓ openssl.*\n✓ go.*\n✓ promtool/);
    const { said, status } = doctor({ PATH: '/nowhere' });
    const missing = { pdfsig: 'poppler-utils', openssl: 'openssl', promtool: 'prometheus' };
    for (const [name, from] of Object.entries(missing)) {
      expect(said).toMatch(
        new RegExp(`✗ ${name}, for tests: ${name} is missing.*\\n {4}.*apt-get install -y ${from}$`, 'm'),
      );
    }
    expect(status).toBe(1);
  });

  it.each([
    [{ KAFKA_BROKERS: '127.0.0.1:9' }, 'KAFKA_BROKERS is set, but 127.0.0.1:9 cannot be used'],
    [{ OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_ADMINISTRATOR: 'operator' }, 'OIDC_ISSUER is set, but 127.0.0.1:9'],
    [{ OIDC_ISSUER: 'http://127.0.0.1:9' }, 'OIDC_ADMINISTRATOR (a subject) must be too'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, 'STRIPE_WEBHOOK_SECRET must be too'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, 'OTEL_EXPORTER_OTLP_ENDPOINT is set, but 127.0.0.1:9'],
  ])('says of %j what is wrong and what to do', (environment, problem) => {
    const { said, status } = doctor(environment);
    expect(said).toContain(`✗ given servers: `);
    expect(said).toContain(problem);
    expect(said).toMatch(/^ {4}unset /m);
    expect(status).toBe(1);
  });
});
