import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal } from '@yuzhi/database/journal';
import type { Envelope } from '@yuzhi/protocol/declare';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createClient } from 'redis';
import { until } from './fixture/log.specification.ts';
import { accountId } from './fixture/memory-till.ts';
import { type OwnServer, startOwnKafka, startOwnPostgres, startOwnRedis } from '@yuzhi/backing/own-servers';
import { add } from './fixture/protocol.ts';
import { envelopeOf, type Opened, openService, recordOf, TOPICS, view } from './fixture/shop.ts';
import type { Account } from './fixture/till/till.ts';
import { brokers as otherCluster, freshPrefix, removeTopics } from './fixture/topics.ts';
import { askedOf } from './ids.ts';
import { KafkaLog } from './kafka-log.ts';
import { RedisPager, type Reply, replyChannel } from './replies.ts';

type Servers = [
  Awaited<ReturnType<typeof startOwnKafka>>,
  Awaited<ReturnType<typeof startOwnPostgres>>,
  Awaited<ReturnType<typeof startOwnRedis>>,
];
let [kafka, postgres, redis] = [] as unknown as Servers;
let database: TestDatabase;
let till: Opened;
let gateway: { log: KafkaLog; pager: RedisPager; heard: Map<string, Reply> };
const evidence: string[] = [];
const prefix = freshPrefix('outage');

const logOf = (clientId: string, brokers = kafka.part.brokers) =>
  new KafkaLog({ brokers, clientId, sessionTimeoutMs: 2000, prefix });

beforeAll(async () => {
  [kafka, postgres, redis] = await Promise.all([startOwnKafka(), startOwnPostgres(), startOwnRedis()]);
  database = await testDatabase('till', {
    adminUrl: postgres.part.url,
    migrations: join(import.meta.dirname, 'fixture/till'),
  });
  gateway = { log: logOf('gateway'), pager: new RedisPager(redis.part.url), heard: new Map() };
  await Promise.all([gateway.log.prepare(TOPICS), gateway.pager.open()]);
  await gateway.pager.subscribe(replyChannel('g'), (replies: Reply[]) => {
    for (const reply of replies) gateway.heard.set(reply.id, reply);
  });
  const pager = new RedisPager(redis.part.url);
  till = await openService('till', { urls: database.urls, log: logOf('till'), pager, projections: [view] });
}, 90_000);

afterAll(async () => {
  await till?.stop();
  await gateway?.log.close();
  gateway?.pager.close();
  await database?.close();
  await Promise.all([removeTopics(prefix), ...[kafka, postgres, redis].map((server) => server?.stop())]);
  console.log(evidence.join('\n'));
}, 60_000);

const book = (account: string, amountFen: string): Envelope =>
  envelopeOf(add, account, { account, amountFen }, { replyTo: 'g' });
const accountOf = async (id: string): Promise<Account | undefined> => {
  const { rows } = await database.reader.query<{ state: Account }>('select state from till_account where id = $1', [
    id,
  ]);
  return rows[0]?.state;
};

/** Sends to a few accounts, one wave after the other, while something happens; answers what was acknowledged. */
async function underLoad(happens: () => Promise<void>) {
  const accounts = Array.from({ length: 4 }, accountId);
  const acknowledged: string[] = [];
  const refused: string[] = [];
  let over = false;
  const load = (async () => {
    for (let i = 1; !over; i++) {
      const sent = gateway.log.send(accounts.map((account) => recordOf(book(account, String(i)))));
      await sent.then(
        () => acknowledged.push(String(i)),
        () => refused.push(String(i)),
      );
      await new Promise((go) => setTimeout(go, 50));
    }
  })();
  await new Promise((go) => setTimeout(go, 200));
  const began = Date.now();
  await happens();
  const answers = book(accountId(), '1');
  await until(async () => {
    await gateway.log.send([recordOf(answers)]).catch(() => {});
    return (await accountOf(answers.key).catch(() => undefined)) !== undefined;
  }, 60_000);
  const recoveredMs = Date.now() - began;
  over = true;
  await load;
  await until(async () => (await till.runtime.pulse()).waiting === 0, 60_000);
  return { accounts, acknowledged, refused, recoveredMs };
}

/** All that was acknowledged is booked once and in order; what was refused may be, once. */
async function expectKept(
  what: string,
  { accounts, acknowledged, refused, recoveredMs }: Awaited<ReturnType<typeof underLoad>>,
) {
  for (const account of accounts) {
    const { booked } = (await accountOf(account))!;
    expect(new Set(booked).size).toBe(booked.length);
    expect(booked.filter((amount) => !refused.includes(amount))).toEqual(acknowledged);
    expect(booked).toEqual(booked.toSorted((a, b) => Number(a) - Number(b)));
    const { rows } = await database.side.query<{ events: number }>('select events from till_view where account = $1', [
      account,
    ]);
    expect(rows[0]!.events).toBeGreaterThanOrEqual(booked.length);
  }
  const waves = `${acknowledged.length} waves acknowledged and kept, ${refused.length} refused`;
  evidence.push(`${what}: ${waves}, first new commit ${recoveredMs} ms after`);
}
/** Stops the database, does something with its data, and starts it again. */
const down = async (meanwhile: (data: string) => void) => {
  await postgres.part.stop();
  meanwhile(join(postgres.dir, 'postgres'));
  await postgres.revive();
};
const away = async (server: OwnServer<never>, signal: NodeJS.Signals) => {
  server.kill(signal);
  await new Promise((go) => setTimeout(go, 1000));
  await server.revive();
};

describe('a service', () => {
  it('survives that Postgres is stopped at once and comes back', async () => {
    await expectKept('Postgres, immediate stop', await underLoad(() => away(postgres as never, 'SIGQUIT')));
    expect(till.runtime.unready()).toBeUndefined();
  }, 120_000);

  it('books again what a database restored from an older copy has forgotten', async () => {
    const account = accountId();
    const bookedAre = (amounts: string[]) =>
      until(async () => String((await accountOf(account).catch(() => undefined))?.booked) === String(amounts), 30_000);
    await gateway.log.send([recordOf(book(account, '1'))]);
    await bookedAre(['1']);
    await down((data) => execFileSync('cp', ['-a', data, `${data}.older`]));
    await gateway.log.send([recordOf(book(account, '2'))]);
    await bookedAre(['1', '2']);
    await down((data) => {
      execFileSync('rm', ['-r', data]);
      execFileSync('mv', [`${data}.older`, data]);
    });
    expect((await accountOf(account))!.booked).toEqual(['1']);
    await gateway.log.send([recordOf(book(account, '3'))]);
    await bookedAre(['1', '2', '3']);
    evidence.push('Postgres, restored from an older copy: what it had forgotten was read again from the log');
  }, 120_000);

  it('survives that the broker is killed and comes back', async () => {
    await expectKept('Kafka, kill -9', await underLoad(() => away(kafka as never, 'SIGKILL')));
    expect(till.runtime.unready()).toBeUndefined();
  }, 120_000);

  it('needs no Redis: what was not heard stands in the inbox, and later replies are heard again', async () => {
    const [lost, account] = [book(accountId(), '5'), accountId()];
    redis.kill();
    await gateway.log.send([recordOf(lost)]);
    await until(async () => (await accountOf(lost.key)) !== undefined);
    const asked = askedOf(lost.principal.party, lost.key, lost.idempotencyKey);
    expect(await new Journal().known(database.reader, [asked.id])).toMatchObject([
      { commandId: lost.id, outcome: { status: 200, code: 'done', body: { totalFen: '5' } } },
    ]);
    await redis.revive();
    await until(async () => {
      const command = book(account, '1');
      await gateway.log.send([recordOf(command)]);
      await new Promise((go) => setTimeout(go, 100));
      return gateway.heard.has(command.id);
    }, 30_000);
    expect(gateway.heard.has(lost.id)).toBe(false);
    evidence.push('Redis, kill -9: outcome read from the inbox, replies heard again by themselves');
  }, 60_000);

  it('keeps nothing in Redis: it may be flushed at any time', async () => {
    const client = createClient({ url: redis.part.url });
    await client.connect();
    expect(await client.dbSize()).toBe(0);
    await client.flushAll();
    const command = book(accountId(), '7');
    await gateway.log.send([recordOf(command)]);
    await until(() => gateway.heard.has(command.id));
    client.destroy();
  });

  it('refuses another cluster than the one its database belongs to, and leaves the rightful owner alone', async () => {
    const strange = openService('till', { urls: database.urls, log: logOf('strange', otherCluster) });
    await expect(strange).rejects.toThrow(/was written by another Kafka cluster/);
    const command = book(accountId(), '9');
    await gateway.log.send([recordOf(command)]);
    await until(() => gateway.heard.has(command.id));
  }, 60_000);
});
