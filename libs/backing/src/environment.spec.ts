import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { givenInfrastructure, root } from './environment.ts';
import { checkGiven } from './infrastructure.ts';

describe('infrastructure given by the environment', () => {
  it('is what is set and not empty', () => {
    expect(givenInfrastructure({ DATABASE_URL: '', REDIS_URL: 'redis://r:1', KAFKA_BROKERS: 'a:1, b:2,' })).toEqual({
      redisUrl: 'redis://r:1',
      kafkaBrokers: ['a:1', 'b:2'],
    });
    expect(givenInfrastructure({})).toEqual({});
  });

  it('comes in pairs where one half is of no use', () => {
    expect(givenInfrastructure({ OIDC_ISSUER: 'https://login.example', OIDC_ADMINISTRATOR: 'operator' })).toEqual({
      oidc: { issuer: 'https://login.example', administrator: 'operator' },
    });
    expect(() => givenInfrastructure({ OIDC_ISSUER: 'https://login.example' })).toThrow('OIDC_ADMINISTRATOR');
    expect(() => givenInfrastructure({ STRIPE_SECRET_KEY: 'sk_test_1' })).toThrow('STRIPE_WEBHOOK_SECRET');
  });

  it('is refused by variable and address when nothing answers, without showing a password', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const redis = checkGiven({ redisUrl: `redis://user:hunter2@127.0.0.1:${port}/0` });
    await expect(redis).rejects.toThrow(`REDIS_URL is set, but 127.0.0.1:${port} cannot be used`);
    const database = checkGiven({ databaseUrl: `postgresql://user:hunter2@127.0.0.1:${port}/postgres` });
    await expect(database).rejects.toThrow(`DATABASE_URL is set, but 127.0.0.1:${port} cannot be used`);
    const kafka = checkGiven({ kafkaBrokers: [`127.0.0.1:${port}`] });
    await expect(kafka).rejects.toThrow(`KAFKA_BROKERS is set, but 127.0.0.1:${port} cannot be used`);
    const issuer = checkGiven({ oidc: { issuer: `http://127.0.0.1:${port}/realm`, administrator: 'operator' } });
    await expect(issuer).rejects.toThrow(`OIDC_ISSUER is set, but 127.0.0.1:${port} cannot be used`);
    const spans = checkGiven({ otlpEndpoint: `http://127.0.0.1:${port}` });
    await expect(spans).rejects.toThrow(`OTEL_EXPORTER_OTLP_ENDPOINT is set, but 127.0.0.1:${port} cannot be used`);
  });

  it('needs only one of several brokers to answer', async () => {
    const broker = createServer().listen(0, '127.0.0.1');
    await once(broker, 'listening');
    const { port } = broker.address() as { port: number };
    await expect(checkGiven({ kafkaBrokers: ['127.0.0.1:1', `127.0.0.1:${port}`] })).resolves.toBeUndefined();
    broker.close();
  });
});

it('the root of the checkout is found from the source', () => {
  expect(existsSync(join(root, 'package-lock.json'))).toBe(true);
});
