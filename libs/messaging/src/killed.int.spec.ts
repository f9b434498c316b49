import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent, Envelope } from '@yuzhi/protocol/declare';
import type { TestDatabase } from '@yuzhi/testkit/databases';
import type { DoomedEnvironment, Point } from './fixture/doomed-till.ts';
import { until } from './fixture/log.specification.ts';
import { accountId } from './fixture/memory-till.ts';
import { add } from './fixture/protocol.ts';
import { envelopeOf, outcomeOf, recordOf, shopDatabase, TOPICS } from './fixture/shop.ts';
import { startTill, type TillProcess } from './fixture/till-process.ts';
import type { Account } from './fixture/till/till.ts';
import { brokers, freshPrefix, removeTopics } from './fixture/topics.ts';
import { uuidv7 } from './ids.ts';
import { KafkaLog } from './kafka-log.ts';

const prefix = freshPrefix('killed');
const evidence: string[] = [];
let database: TestDatabase;
let log: KafkaLog;
let living: TillProcess | undefined;
const events: CloudEvent<{ account: string; amountFen: string }>[] = [];

beforeAll(async () => {
  log = new KafkaLog({ brokers, clientId: 'test', sessionTimeoutMs: 2000, prefix });
  [database] = await Promise.all([shopDatabase('till'), log.prepare(TOPICS)]);
  await log.replay('till.events', (_, value) => void events.push(JSON.parse(value!) as (typeof events)[number]));
}, 60_000);
afterAll(async () => {
  await stop();
  await log.close();
  await database.close();
  await removeTopics(prefix);
  console.log(evidence.join('\n'));
}, 60_000);

/** The till that runs, or a new one; with a protection taken away it is always a new one. */
async function running(mutant?: DoomedEnvironment['MUTANT']): Promise<TillProcess> {
  const environment = { URLS: JSON.stringify(database.urls), BROKERS: brokers.join(','), PREFIX: prefix };
  return (living ??= await startTill({ ...environment, ...(mutant && { MUTANT: mutant }) }));
}
async function stop(): Promise<void> {
  living?.kill('SIGTERM');
  await living?.gone;
  living = undefined;
}
const book = (account: string, amountFen: string, more: Partial<Envelope> = {}) =>
  envelopeOf(add, account, { account, amountFen }, more);
const send = (...envelopes: Envelope[]) => log.send(envelopes.map(recordOf));
const stateOf = async (account: string): Promise<Account | undefined> => {
  const { rows } = await database.reader.query<{ state: Account }>('select state from till_account where id = $1', [
    account,
  ]);
  return rows[0]?.state;
};
/** Everything that is on the log is behind the stored offsets. */
async function decided(): Promise<string> {
  const ends = await log.ends('till.commands');
  const stored = async () => {
    const { rows } = await database.reader.query<{ partition: number; next: string }>(
      'select partition, next_offset::text as next from consumer_offset order by partition',
    );
    return rows;
  };
  await until(async () => (await stored()).every(({ partition, next }) => BigInt(next) >= ends.get(partition)!));
  return (await stored()).map(({ partition, next }) => `${partition}:${next}`).join(' ');
}
const told = (account: string) => events.filter(({ data }) => data.account === account);
const distinct = (account: string) => [...new Map(told(account).map((e) => [e.id, e.data.amountFen])).values()];

/** Kills the till in the commit of the third of five commands, and starts it again. */
async function strike(point: Point, mutant?: DoomedEnvironment['MUTANT']) {
  const account = accountId();
  const doomed = book(account, '10000', { idempotencyKey: `doomed-${account}` });
  if (mutant) await stop();
  const first = await running(mutant);
  await send(book(account, '1'), book(account, '2'));
  await until(async () => ((await stateOf(account))?.booked.length ?? 0) === 2);
  await first.condemn(point);
  await send(doomed, book(account, '3'));
  const how = await first.gone;
  living = undefined;
  const atDeath = (await stateOf(account))!.booked;
  await send(book(account, '4'));
  await running(mutant);
  const offsets = await decided();
  await until(async () => (await stateOf(account))?.booked.at(-1) === '4');
  const replayed = (await stateOf(account))!.booked;
  // Whoever never heard of it asks again under the same key.
  await send({ ...doomed, id: uuidv7() });
  await decided();
  const { booked, totalFen } = (await stateOf(account))!;
  if (mutant) await stop();
  evidence.push(
    `${mutant ?? 'whole'}, ${point}: ${how} to ${first.pid} with [${atDeath.join(' ')}] stored; ` +
      `then offsets ${offsets}, booked [${booked.join(' ')}], total ${totalFen}`,
  );
  return { account, doomed, how, booked, atDeath, replayed };
}

describe('kill -9 of the owner', () => {
  it.each([
    ['before-commit', ['1', '2']],
    ['after-commit', ['1', '2', '10000']],
    ['after-publish', ['1', '2', '10000']],
  ] as const)(
    '%s: every command is applied once, in order, and told',
    async (point, atDeath) => {
      const struck = await strike(point);
      expect(struck.how).toBe('SIGKILL');
      expect(struck.atDeath.slice(0, 3)).toEqual(atDeath);
      expect(struck.booked).toEqual(['1', '2', '10000', '3', '4']);
      expect(await outcomeOf(database, struck.doomed)).toMatchObject({ status: 200, body: { totalFen: '10003' } });
      const { rows } = await database.reader.query<{ n: number }>(
        'select count(*)::int as n from till_line where account = $1',
        [struck.account],
      );
      expect(rows).toEqual([{ n: 5 }]);
      await until(() => distinct(struck.account).length === 5);
      expect(distinct(struck.account)).toEqual(['1', '2', '10000', '3', '4']);
    },
    60_000,
  );

  it('at random moments under load: nothing acknowledged is lost, nothing is applied twice', async () => {
    const accounts = Array.from({ length: 6 }, accountId);
    const moments: number[] = [];
    let waves = 0;
    const load = async () => {
      for (const last = waves + 30; waves < last; await new Promise((go) => setTimeout(go, 5))) {
        waves += 1;
        const wave = accounts.map((account) => book(account, String(waves)));
        await send(...wave);
        if (waves % 3 === 0) await send(...wave.map((e) => ({ ...e, id: uuidv7() })));
      }
    };
    for (let kill = 0; kill < 3; kill++) {
      const till = await running();
      const sending = load();
      moments.push(Math.floor(Math.random() * 300));
      await new Promise((go) => setTimeout(go, moments.at(-1)));
      till.kill('SIGKILL');
      expect(await till.gone).toBe('SIGKILL');
      living = undefined;
      await sending;
    }
    await running();
    await decided();
    const expected = Array.from({ length: waves }, (_, i) => String(i + 1));
    for (const account of accounts) {
      expect((await stateOf(account))!.booked).toEqual(expected);
      await until(() => distinct(account).length === waves);
      expect(distinct(account)).toEqual(expected);
    }
    const many = waves * accounts.length;
    evidence.push(`whole, at random: SIGKILL after ${moments.join(', ')} ms; ${many} commands, each applied once`);
  }, 90_000);
});

describe('what the test would see without a protection', () => {
  it('no inbox: the repeated command is applied twice', async () => {
    const { booked } = await strike('after-commit', 'no-inbox');
    expect(booked).toEqual(['1', '2', '10000', '3', '4', '10000']);
  }, 60_000);

  it('the offset moved before the commit: the commands of the batch are lost', async () => {
    const { atDeath, replayed } = await strike('between', 'offset-before');
    expect([atDeath, replayed]).toEqual([
      ['1', '2'],
      ['1', '2', '4'],
    ]);
  }, 60_000);
});
