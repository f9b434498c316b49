import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { follow } from '@yuzhi/messaging/decision';
import { MemoryBroker } from '@yuzhi/messaging/memory-log';
import { query } from '@yuzhi/protocol/declare';
import { rules } from '@yuzhi/protocol/oversight';
import { testDatabase, type TestDatabase } from '@yuzhi/testkit/databases';
import { z } from 'zod';
import { Carrier, catalogueOf, configOf, declared, packParcel, PostModule, providers, reads } from './fixture/post.ts';
import { OwnCommands } from './own-commands.ts';
import { Parts } from './parts.ts';
import { type RunningService, startService } from './service.ts';

const migrations = fileURLToPath(new URL('./fixture/migrations', import.meta.url));
const issuer = 'http://127.0.0.1:9';
let database: TestDatabase;
const running: RunningService[] = [];
beforeAll(async () => {
  database = await testDatabase('fixture_post', { migrations });
}, 60_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  [Carrier.away, Carrier.calls] = [false, []];
  await database.owner.query('truncate parcel, lease, inbox, consumer_offset, outbox');
});
// It fails when a pool was left open.
afterAll(() => database.close());

type More = Parameters<typeof PostModule.with>[1];
async function start(more: More = {}, broker = new MemoryBroker()): Promise<RunningService> {
  const service = await startService(PostModule.with(configOf(database, broker, issuer), more));
  running.push(service);
  return service;
}
const ask = async (url: string) => {
  const response = await fetch(url);
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
};
const pack = (service: RunningService, parcel: string, id = randomUUID()) =>
  service.app.get(OwnCommands, { strict: false }).outcome(id, follow(packParcel, parcel, { parcel }));
const statusOf = async (service: RunningService, parcel: string) =>
  (await ask(`${service.url}/v1/parcels/${parcel}`)).body['status'];
async function until(holds: () => Promise<boolean> | boolean) {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 400) throw new Error('it never came to be');
    await new Promise((go) => setTimeout(go, 20));
  }
}

describe('a service', () => {
  it('decides what it sends itself, once for each id, and says what came of it', async () => {
    const [service, parcel, id] = [await start(), randomUUID(), randomUUID()];
    expect(await pack(service, parcel, id)).toEqual({ status: 200, code: 'done', body: { parcel } });
    expect(await pack(service, parcel, id)).toEqual({ status: 200, code: 'done', body: { parcel } });
    expect(await pack(service, parcel)).toMatchObject({ status: 409, code: 'parcel-exists' });
  });

  it('runs its errands outside and is idle only when their results are decided', async () => {
    Carrier.away = true;
    const [service, parcel] = [await start(), randomUUID()];
    await pack(service, parcel);
    await until(() => Carrier.calls.length >= 2);
    expect((await service.runtime.pulse()).waiting).toBeGreaterThanOrEqual(1);
    Carrier.away = false;
    await until(async () => (await statusOf(service, parcel)) === 'sent');
    await until(async () => (await service.runtime.pulse()).waiting === 0);
    expect(new Set(Carrier.calls)).toEqual(new Set([`carrier:${parcel}#1`]));
  });

  it('is cut off by the server when it stops in the middle of a transaction', async () => {
    const { writer, reader, side } = (await start()).app.get(Parts, { strict: false });
    for (const pool of [writer, reader, side]) {
      const { rows } = await pool.query('show idle_in_transaction_session_timeout');
      expect(rows).toEqual([{ idle_in_transaction_session_timeout: '10s' }]);
    }
  });

  it('leaves its errands to the replica that has the lease, and the lease to the next when it stops', async () => {
    const broker = new MemoryBroker();
    const service = await start({}, broker);
    const holder = async () =>
      (await database.owner.query<{ holder: string }>('select holder from lease')).rows[0]?.holder;
    await until(async () => (await holder()) !== undefined);
    const first = await holder();
    await service.stop();
    expect(await holder()).toBeUndefined();
    await start({}, broker);
    await until(async () => ![undefined, first].includes(await holder()));
  });

  it('leaves nothing behind in its process', async () => {
    const counts = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = counts();
    const broker = new MemoryBroker();
    for (let i = 0; i < 3; i++) await (await start({}, broker)).stop();
    expect(counts()).toEqual(before);
  });

  it('may be stopped twice', async () => {
    const service = await start();
    await expect(Promise.all([service.stop(), service.stop()])).resolves.toBeDefined();
  });

  it('gives a generated client the reader’s role under the client’s own class', async () => {
    type Adapter = { underlyingDriver(): { query(text: string): Promise<unknown> } };
    class Client {
      constructor(readonly options: { adapter: { connect(): Promise<unknown> } }) {}
    }
    const service = await start({ prisma: Client });
    const adapter = (await service.app.get(Client, { strict: false }).options.adapter.connect()) as Adapter;
    await adapter.underlyingDriver().query('select 1 from parcel');
    await expect(adapter.underlyingDriver().query('delete from parcel')).rejects.toThrow(/permission denied/);
  });
});

describe('a read', () => {
  it('that fails tells the caller nothing about why', async () => {
    const [service, parcel] = [await start(), randomUUID()];
    reads.set(parcel, () => {
      throw new Error('select secret from password');
    });
    const { status, body } = await ask(`${service.url}/v1/parcels/${parcel}`);
    expect({ status, code: body['code'] }).toEqual({ status: 500, code: 'internal-fault' });
    expect(JSON.stringify(body)).not.toMatch(/secret/);
  });

  it('that does not fit its declaration is our fault, never the answer', async () => {
    const [service, parcel] = [await start(), randomUUID()];
    reads.set(parcel, () => ({ parcel, status: 7, feeFen: 1n }));
    expect(await ask(`${service.url}/v1/parcels/${parcel}`)).toMatchObject({
      status: 500,
      body: { code: 'internal-fault' },
    });
  });

  it('tells amounts as strings of digits, and the trace it belongs to', async () => {
    const [service, parcel] = [await start(), randomUUID()];
    await pack(service, parcel);
    expect(await ask(`${service.url}/v1/parcels/${parcel}`)).toMatchObject({ status: 200, body: { feeFen: '12' } });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const response = await fetch(`${service.url}/v1/parcels/${randomUUID()}`, { headers: { traceparent } });
    expect(await response.json()).toMatchObject({ code: 'not-found', traceId: 'a'.repeat(32) });
  });
});

describe('the boot', () => {
  const rule = {
    id: 'post.fee',
    value: '12',
    unit: 'fen',
    source: { zh: '测试', en: 'test' },
    status: 'plan',
    from: '2020-01-01',
    to: null,
  };

  it('waits for the rules that the service needs, and says so meanwhile', async () => {
    const broker = new MemoryBroker();
    const port = 30_000 + Math.floor(Math.random() * 2000);
    const module = PostModule.with({ ...configOf(database, broker, issuer), port }, { rules: [rule.id] });
    const starting = startService(module);
    const url = `http://127.0.0.1:${port}`;
    await until(() =>
      ask(`${url}/health/live`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await until(async () => /post\.fee/.test(String((await ask(`${url}/health/ready`)).body['reason'])));
    const early = await ask(`${url}/v1/parcels/${randomUUID()}`);
    expect(early).toMatchObject({ status: 503, body: { code: 'owner-unavailable' } });
    expect(early.headers.get('retry-after')).toBe('1');
    const value = JSON.stringify({ id: rule.id, rulebook: '1', versions: [rule] });
    broker.append({ topic: rules.topic, key: rule.id, value });
    running.push(await starting);
    expect(await ask(`${url}/health/ready`)).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await ask(`${url}/v1/parcels/${randomUUID()}`)).toMatchObject({ status: 404 });
  });

  it('refuses when something that is declared has nobody', async () => {
    const words = { zh: '测试', en: 'test' };
    const orphan = query('post.parcel.list.v1', {
      route: 'GET /v1/parcels',
      summary: words,
      permission: 'anyone',
      params: z.object({}),
      answer: z.object({}),
    });
    const catalogue = catalogueOf([...declared, orphan]);
    await expect(start({ catalogue })).rejects.toThrow('nobody answers post.parcel.list.v1');
    const [, , ...withoutHandlers] = providers;
    await expect(start({ providers: withoutHandlers })).rejects.toThrow('nobody handles post.parcel.pack.v1');
  });

  it('fails, and closes everything, when its port is taken', async () => {
    const { url } = await start();
    const config = { ...configOf(database, new MemoryBroker(), issuer), port: Number(new URL(url).port) };
    await expect(startService(PostModule.with(config))).rejects.toThrow(/EADDRINUSE/);
  });
});
