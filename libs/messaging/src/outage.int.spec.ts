import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Entry, Journal } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import type { Envelope } from '@yuzhi/protocol/declare';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createClient } from 'redis';
import { until } from './fixture/log.specification.ts';
import { accountId } from './fixture/memory-till.ts';
import { startOwnKafka, startOwnPostgres, startOwnRedis } from '@yuzhi/backing/own-servers';
import { add, added } from './fixture/protocol.ts';
import { envelopeOf, type Opened, openService, recordOf, TOPICS, view } from './fixture/shop.ts';
import type { Account } from './fixture/till/till.ts';
import { brokers as otherCluster, freshPrefix, removeTopics } from './fixture/topics.ts';
import { askedOf } from './ids.ts';
import { KafkaLog } from './kafka-log.ts';
import type { LogRecord } from './log.ts';
import { RedisPager, type Reply, replyChannel } from './replies.ts';

type Servers = [
  Awaited<ReturnType<typeof startOwnKafka>>,
  Awaited<ReturnType<typeof startOwnPostgres>>,
  Awaited<ReturnType<typeof startOwnRedis>>,
];
let [kafka, postgres, redis] = [] as unknown as Servers;
let database: TestDatabase;
let till: Opened;
let journal: StruckJournal;
let log: StruckLog;
let gateway: { log: KafkaLog; pager: RedisPager; heard: Map<string, Reply> };
const evidence: string[] = [];
const prefix = freshPrefix('outage');

/** What is taken away; what protects is named where it is missed. */
let mutant: 'offset-before' | 'no-outbox' | 'no-inbox' | undefined;

/** Holds a commit until it is let go, so that a blow lands while one is under way. */
class StruckJournal extends Journal {
  failed = 0;
  #held: { reached: () => void; free: Promise<void> } | undefined;

  /** Resolves when the next commit stands here, with what lets it go on. */
  async hold(): Promise<() => void> {
    const [reached, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.#held = { reached: reached.resolve, free: free.promise };
    await reached.promise;
    return free.resolve;
  }
  override async commit(db: Reader, entry: Entry, saves: Parameters<Journal['commit']>[2]): Promise<bigint[]> {
    const given = mutant === 'offset-before' ? await moved(db, entry) : entry;
    const held = this.#held;
    this.#held = undefined;
    held?.reached();
    await held?.free;
    const filing = mutant === 'no-inbox' ? { filed: [], doubtful: [] } : {};
    return super.commit(db, { ...given, ...filing }, saves).catch((e: unknown) => {
      this.failed += 1;
      throw e;
    });
  }
}
/** The offsets are stored by themselves, before what was decided is. */
async function moved(db: Reader, { steps, ...entry }: Entry): Promise<Entry> {
  for (const { lease, next } of steps) {
    const place = [next, lease.topic, lease.partition];
    await db.query('update consumer_offset set next_offset = $1 where topic = $2 and partition = $3', place);
  }
  return { ...entry, steps: steps.map((step) => ({ ...step, lease: { ...step.lease, next: step.next } })) };
}
/** Without an outbox, what cannot be sent at once is never sent. */
class StruckLog extends KafkaLog {
  isBrokerThere = true;
  underWay = 0;

  override async send(records: LogRecord[]): Promise<void> {
    if (mutant === 'no-outbox' && !this.isBrokerThere) return;
    this.underWay += 1;
    await super.send(records).finally(() => (this.underWay -= 1));
  }
}

const settingsOf = (clientId: string, brokers = kafka.part.brokers) => ({
  brokers,
  clientId,
  sessionTimeoutMs: 2000,
  prefix,
});

beforeAll(async () => {
  [kafka, postgres, redis] = await Promise.all([startOwnKafka(), startOwnPostgres(), startOwnRedis()]);
  database = await testDatabase('till', {
    adminUrl: postgres.part.url,
    migrations: join(import.meta.dirname, 'fixture/till'),
  });
  gateway = { log: new KafkaLog(settingsOf('gateway')), pager: new RedisPager(redis.part.url), heard: new Map() };
  await Promise.all([gateway.log.prepare(TOPICS), gateway.pager.open()]);
  await gateway.pager.subscribe(replyChannel('g'), (replies: Reply[]) => {
    for (const reply of replies) gateway.heard.set(reply.id, reply);
  });
  const pager = new RedisPager(redis.part.url);
  journal = new StruckJournal();
  log = new StruckLog(settingsOf('till'));
  till = await openService('till', { urls: database.urls, log, pager, journal, projections: [view] });
}, 90_000);
afterEach(() => void (mutant = undefined));

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

/** How many events of an account the read model has. */
async function told(account: string): Promise<number> {
  const text = 'select events from till_view where account = $1';
  return (await database.side.query<{ events: number }>(text, [account])).rows[0]?.events ?? 0;
}

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
    expect(await told(account)).toBeGreaterThanOrEqual(booked.length);
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
/** Stopped at once between a decision and its commit, which fails, and comes back. */
async function postgresAway(): Promise<void> {
  const [letGo, { failed }] = [await journal.hold(), journal];
  postgres.kill('SIGQUIT');
  await new Promise((go) => setTimeout(go, 1000));
  letGo();
  await until(() => journal.failed > failed);
  await postgres.revive();
}
/** Killed between a decision and its commit: what that has to tell finds no broker. */
async function brokerAway(): Promise<void> {
  const letGo = await journal.hold();
  // A message that was under way would hold up the one that this is about, until the broker is back.
  await until(() => log.underWay === 0);
  kafka.kill();
  log.isBrokerThere = false;
  letGo();
  await until(async () => (await outbox()) > 0 || mutant === 'no-outbox');
  await new Promise((go) => setTimeout(go, 1000));
  await kafka.revive();
  log.isBrokerThere = true;
}
const outbox = async () =>
  (await database.reader.query<{ n: number }>('select count(*)::int as n from outbox')).rows[0]!.n;

describe('a service', () => {
  it('survives that Postgres is stopped at once and comes back', async () => {
    await expectKept('Postgres, immediate stop', await underLoad(postgresAway));
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
    await expectKept('Kafka, kill -9', await underLoad(brokerAway));
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
    const strange = openService('till', {
      urls: database.urls,
      log: new KafkaLog(settingsOf('strange', otherCluster)),
    });
    await expect(strange).rejects.toThrow(/was written by another Kafka cluster/);
    const command = book(accountId(), '9');
    await gateway.log.send([recordOf(command)]);
    await until(() => gateway.heard.has(command.id));
  }, 60_000);
});

describe('what the test would see without a protection', () => {
  it('the offset moved before the commit that Postgres fails: what was acknowledged is lost', async () => {
    mutant = 'offset-before';
    const { accounts, acknowledged } = await underLoad(postgresAway);
    const booked = await Promise.all(accounts.map(async (account) => (await accountOf(account))!.booked));
    expect(booked.some((amounts) => acknowledged.some((amount) => !amounts.includes(amount)))).toBe(true);
  }, 120_000);

  it('no outbox while the broker is away: what was committed is never told', async () => {
    mutant = 'no-outbox';
    const { accounts } = await underLoad(brokerAway);
    // Of the log itself: the read model counts what was told twice, which would hide what never was.
    const heard = new Map(accounts.map((account) => [account, new Set<string>()]));
    await gateway.log.replay('till.events', (key, value) => {
      const { id, type } = JSON.parse(value!) as { id: string; type: string };
      if (type === added.type) heard.get(key)?.add(id);
    });
    const missed = accounts.map(
      async (account) => (await accountOf(account))!.booked.length - heard.get(account)!.size,
    );
    expect(Math.max(...(await Promise.all(missed)))).toBeGreaterThan(0);
  }, 120_000);

  it('no inbox while Redis is away: what became of a command stands nowhere', async () => {
    mutant = 'no-inbox';
    const lost = book(accountId(), '5');
    redis.kill();
    await gateway.log.send([recordOf(lost)]);
    await until(async () => (await accountOf(lost.key)) !== undefined);
    await redis.revive();
    const asked = askedOf(lost.principal.party, lost.key, lost.idempotencyKey);
    expect(await journal.known(database.reader, [asked.id])).toEqual([]);
    expect(gateway.heard.has(lost.id)).toBe(false);
  }, 60_000);
});
