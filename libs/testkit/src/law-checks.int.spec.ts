import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { type TestDatabase, testDatabase } from './databases.ts';
import { checkLaws, everythingDecided, inboxConsistent, outboxDrained, quarantineEmpty } from './law-checks.ts';

let database: TestDatabase;
const broker = new MemoryBroker();
broker.create({ topic: 'none.commands', partitions: 2 });
const parts = () => ({ db: database.owner, log: new MemoryLog(broker), service: 'none' });
const run = (text: string, ...values: unknown[]) => database.owner.query(text, values);

beforeAll(async () => void (database = await testDatabase('none')));
beforeEach(() => run('truncate outbox, quarantine, inbox, consumer_offset'));
afterAll(() => database.close());

const file = (key: string, outcome: unknown, day = '2026-11-24') =>
  run(
    `insert into inbox values (md5($1)::uuid, 'p', 'a', $1, $2, gen_random_uuid(), 't', 'h', $3, now())`,
    key,
    day,
    JSON.stringify(outcome),
  );

describe('the laws of a service', () => {
  it('hold of an empty database', async () => {
    await expect(checkLaws(parts())).resolves.toBeUndefined();
  });

  it('are broken by what was never sent', async () => {
    await run(`insert into outbox (partition, topic, key) values (0, 'none.events', 'k'), (1, 'none.events', 'l')`);
    expect(await outboxDrained(parts())).toEqual(['outbox: 2 rows for none.events are still there']);
  });

  it('are broken by what was set aside', async () => {
    await run(`insert into quarantine values ('none.commands', 0, 1, 'command', 'k', '{}', E'Error: x\\n at y')`);
    expect(await quarantineEmpty(parts())).toEqual(['quarantine: command k of none.commands: Error: x']);
  });

  it('are broken by two outcomes of one request, and by an outcome that is none', async () => {
    await file('good', { status: 201, code: 'done', body: {} });
    await file('refused', { status: 409, code: 'too-late', body: {} });
    expect(await inboxConsistent(parts())).toEqual([]);
    await file('good', { status: 201, code: 'done', body: {} }, '2026-11-25');
    await file('fault', { status: 500, code: 'internal-fault', body: {} });
    await file('odd', { status: 409, code: 'done' });
    await file('empty', {});
    const breaches = await inboxConsistent(parts());
    expect(breaches).toHaveLength(4);
    expect(breaches[0]).toBe('inbox: p a good was decided twice');
  });

  it('are broken by a command that nobody decided', async () => {
    broker.append({ topic: 'none.commands', key: 'k', value: '{}', partition: 1 });
    expect(await everythingDecided(parts())).toEqual(['offsets: none.commands/1 is decided up to 0 of 1']);
    await run(`insert into consumer_offset values ('none.commands', 1, 'c', 1, 1)`);
    expect(await everythingDecided(parts())).toEqual([]);
  });

  it('are all named at once', async () => {
    await file('empty', {});
    await run(`insert into outbox (partition, topic, key) values (0, 'none.events', 'k')`);
    await expect(checkLaws({ db: database.owner })).rejects.toThrow(/laws are broken:\noutbox: .*\ninbox: /);
  });
});
