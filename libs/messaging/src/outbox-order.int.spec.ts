import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@yuzhi/protocol/declare';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { until } from './fixture/log.specification.ts';
import { accountId } from './fixture/memory-till.ts';
import { add } from './fixture/protocol.ts';
import { envelopeOf, type Opened, openService, recordOf, shopDatabase, TOPICS } from './fixture/shop.ts';
import { brokers, freshPrefix, removeTopics } from './fixture/topics.ts';
import { KafkaLog } from './kafka-log.ts';
import type { LogRecord } from './log.ts';

/** RELIABILITY R13 asks for 1,000,000; each account has so many that its state stays small. */
const EVENTS = Number(process.env['YUZHI_EVENTS'] ?? 20_000);
const EACH = 200;
const WRITERS = 50;
/** Records that a writer sends at once. */
const AT_ONCE = 20;
const PATIENCE_MS = 60_000 + EVENTS;
/** How long somebody else holds rows that a commit needs, how long he then leaves them, and how many they are. */
const HELD_MS = 300;
const LEFT_MS = 1_000;
const HELD = 3;

const prefix = freshPrefix('order');
const evidence: string[] = [];
let database: TestDatabase;
let log: KafkaLog;
beforeAll(async () => {
  log = new KafkaLog({ brokers, clientId: 'writers', sessionTimeoutMs: 6000, prefix });
  [database] = await Promise.all([shopDatabase('till'), log.prepare(TOPICS)]);
}, 60_000);
afterAll(async () => {
  await log.close();
  await database.close();
  await removeTopics(prefix);
  console.log(evidence.join('\n'));
}, 60_000);

/** What is told is sent one by one and whenever it pleases, as it would be without a row that waits for its turn. */
class HastyLog extends KafkaLog {
  override async send(records: LogRecord[]): Promise<void> {
    for (const record of records) setTimeout(() => void super.send([record]).catch(() => {}), Math.random() * 50);
  }
}

let names = 0;
const owner = (Kind = KafkaLog): Promise<Opened> =>
  openService('till', {
    urls: database.urls,
    log: new Kind({ brokers, clientId: `till-${++names}`, sessionTimeoutMs: 6000, prefix }),
  });

/** Fifty writers, and all that they want of each account, in no order. */
async function write(accounts: string[], each: number): Promise<void> {
  const left = accounts.flatMap((account) => Array.from({ length: each }, () => account));
  for (let i = left.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  const writer = async () => {
    for (let some = left.splice(-AT_ONCE); some.length; some = left.splice(-AT_ONCE)) {
      await log.send(some.map((account) => recordOf(envelopeOf(add, account, { account, amountFen: '1' }))));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** Takes rows that a commit will need, again and again, so that transactions last; answers how many waited for it. */
async function hold(accounts: string[], isOver: () => boolean): Promise<number> {
  const client = new pg.Client({ connectionString: database.urls.writer });
  await client.connect();
  let waited = 0;
  while (!isOver()) {
    const some = Array.from({ length: HELD }, () => accounts[Math.floor(Math.random() * accounts.length)]!);
    await client.query('begin');
    await client.query('select 1 from till_account where id = any($1) order by id for update', [some]);
    await sleep(HELD_MS);
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_locks where not granted and pid <> pg_backend_pid()`,
    );
    waited += rows[0]!.n;
    await client.query('rollback');
    await sleep(LEFT_MS);
  }
  await client.end();
  return waited;
}

/** What the log says of these accounts: of each the versions that came, in their order and each once. */
async function told(accounts: string[]) {
  const next = new Map(accounts.map((account) => [account, 1]));
  let [inversions, repeated] = [0, 0];
  await log.replay('till.events', (key, value) => {
    const expected = next.get(key);
    if (expected === undefined) return;
    const { aggversion } = JSON.parse(value!) as CloudEvent;
    if (aggversion === expected) next.set(key, expected + 1);
    else if (aggversion < expected) repeated += 1;
    else inversions += 1;
  });
  return { next, inversions, repeated };
}

async function decided(owners: Opened[]): Promise<void> {
  const isIdle = async () =>
    (await Promise.all(owners.map(({ runtime }) => runtime.pulse()))).every(({ waiting }) => waiting === 0);
  await until(isIdle, PATIENCE_MS);
}

describe('the outbox', () => {
  it(
    `puts ${EVENTS} events of ${WRITERS} writers on the log, none missing and none of a key before its elder`,
    async () => {
      const accounts = Array.from({ length: Math.ceil(EVENTS / EACH) }, accountId);
      const owners = [await owner(), await owner()];
      let over = false;
      const began = performance.now();
      const holding = hold(accounts, () => over);
      const writing = write(accounts, EACH);
      await sleep(LEFT_MS * 2);
      // Whoever goes hands over what he has not told yet.
      await owners.shift()!.stop();
      owners.push(await owner());
      await writing;
      await decided(owners);
      over = true;
      const waited = await holding;
      const seconds = (performance.now() - began) / 1000;
      await Promise.all(owners.map((one) => one.stop()));
      const { next, inversions, repeated } = await told(accounts);
      evidence.push(
        `${accounts.length * EACH} events in ${seconds.toFixed(1)} s; ${waited} transactions waited for rows that ` +
          `somebody held for ${HELD_MS} ms; ${inversions} inversions, ${repeated} told again`,
      );
      expect(waited).toBeGreaterThan(0);
      expect(inversions).toBe(0);
      expect([...next.values()].filter((expected) => expected !== EACH + 1)).toEqual([]);
    },
    PATIENCE_MS * 3,
  );

  it(
    'is what keeps the order: told whenever it pleases, events overtake each other',
    async () => {
      const accounts = Array.from({ length: 20 }, accountId);
      const hasty = await owner(HastyLog);
      await write(accounts, 20);
      await decided([hasty]);
      await sleep(500);
      await hasty.stop();
      expect((await told(accounts)).inversions).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );
});
