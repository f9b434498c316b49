import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@yuzhi/protocol/declare';
import { until } from './fixture/log.specification.ts';
import { accountId, MemoryTill } from './fixture/memory-till.ts';
import { add, close, wake } from './fixture/protocol.ts';
import { bidder, desk, envelopeOf } from './fixture/shop.ts';
import { uuidv7 } from './ids.ts';
import { clockRecord } from './judge.ts';
import { MemoryLog } from './memory-log.ts';
import type { LogRecord } from './log.ts';
import { partitionOf } from './partitioner.ts';
import { MemoryPager, replyChannel, type Reply } from './replies.ts';

let till: MemoryTill;
beforeAll(async () => {
  till = await MemoryTill.make();
  await till.open();
});
afterAll(() => till.close());

const done = (totalFen: string) => ({ status: 200, code: 'done', body: { totalFen } });
/** The same request again: a new command under the same key. */
const again = (envelope: Envelope, more: Partial<Envelope> = {}): Envelope => ({ ...envelope, id: uuidv7(), ...more });

describe('a command', () => {
  it('is decided, and its outcome, state, rows, event and table stand in one commit', async () => {
    const account = accountId();
    const command = till.book(account, '250');
    expect(await till.ask(command)).toEqual([done('250')]);
    await till.idle();
    expect(await till.account(account)).toMatchObject({ totalFen: '250', version: 1, booked: ['250'] });
    expect(await till.rows('select seq, amount_fen from till_line where account = $1', account)).toEqual([
      { seq: 1, amount_fen: '250' },
    ]);
    expect(till.events(account)).toEqual([
      expect.objectContaining({
        type: 'till.account.amount-added.v1',
        causationid: command.id,
        subject: account,
        aggversion: 1,
        actor: { party: bidder.party, person: bidder.person },
        data: { account, amountFen: '250', totalFen: '250', order: null },
      }),
    ]);
    const table = till.broker.partitions('till.totals')[0]!.records.filter(({ key }) => key === account);
    expect(table.map(({ value }) => value)).toEqual(['{"totalFen":"250"}']);
  });

  it('is refused from the catalogue, with what the refusal adds, and changes nothing', async () => {
    const account = accountId();
    const [first, second] = await till.ask(till.book(account, '99000'), till.book(account, '1001'));
    expect(first).toEqual(done('99000'));
    expect(second).toEqual({ status: 409, code: 'limit-passed', body: { leftFen: '1000' } });
    expect(await till.booked(account)).toEqual(['99000']);
    await till.idle();
    expect(till.events(account)).toHaveLength(1);
  });

  it('is refused and keeps the row that its refusal appends, although no state changes', async () => {
    const account = accountId();
    const [outcome] = await till.ask(envelopeOf(close, account, { account }, { principal: desk }));
    expect(outcome).toEqual({ status: 422, code: 'account-closed', body: {} });
    expect(await till.account(account)).toBeUndefined();
    expect(await till.rows('select seq from till_line where account = $1', account)).toEqual([{ seq: 0 }]);
  });

  it('is decided on what those before it in the same batch decided', async () => {
    const account = accountId();
    const many = Array.from({ length: 60 }, (_, i) => till.book(account, String(i + 1)));
    const outcomes = await till.ask(...many);
    expect(outcomes.at(-1)).toEqual(done('1830'));
    expect(await till.booked(account)).toEqual(many.map((_, i) => String(i + 1)));
    await till.idle();
    expect(till.events(account).map(({ data }) => data.amountFen)).toEqual(many.map((_, i) => String(i + 1)));
    const { rows } = await till.database.reader.query('select version from till_account where id = $1', [account]);
    expect(rows).toEqual([{ version: 60 }]);
  });

  it('is not for whom its declaration does not name', async () => {
    const account = accountId();
    const asStranger = envelopeOf(close, account, { account }, { principal: bidder });
    const service = (name: string) => ({
      party: `service:${name}`,
      person: `service:${name}`,
      roles: ['service' as const],
    });
    const outcomes = await till.ask(
      asStranger,
      till.book(account, '1', { principal: service('stall') }),
      till.book(account, '1', { principal: service('till') }),
      till.book(account, '1', { principal: service('register') }),
      till.book(account, '1', { principal: { ...bidder, roles: ['holder'] } }),
    );
    expect(outcomes.map(({ code }) => code)).toEqual(['forbidden', 'done', 'done', 'forbidden', 'forbidden']);
  });

  it('is answered to the gateway that waits, after the commit and once per commit', async () => {
    const account = accountId();
    const heard: Reply[][] = [];
    const stop = await new MemoryPager().subscribe(replyChannel('g-1'), (said: Reply[]) => heard.push(said));
    const commands = ['1', '2'].map((amount) => till.book(account, amount, { replyTo: 'g-1' }));
    await till.ask(...commands);
    await until(() => heard.flat().length === 2);
    expect(heard.flat()).toEqual(commands.map(({ id }, i) => ({ id, outcome: done(String(i === 0 ? 1 : 3)) })));
    await stop();
  });
});

describe('an idempotency key', () => {
  it('answers the first outcome again, and nothing is done twice', async () => {
    const account = accountId();
    const first = till.book(account, '10', { idempotencyKey: 'k' });
    await till.ask(first);
    await till.ask(till.book(account, '5'));
    const [repeated] = await till.ask(again(first));
    expect(repeated).toEqual(done('10'));
    expect(await till.booked(account)).toEqual(['10', '5']);
  });

  it('does so within one batch, for a refusal too', async () => {
    const account = accountId();
    const [good, bad] = [till.book(account, '10'), till.book(account, '200000')];
    till.put(again(good), good, again(good), again(bad), bad);
    await till.ask(till.book(account, '1'));
    expect(await till.booked(account)).toEqual(['10', '1']);
  });

  it('is not usable for another body, and its first outcome stays', async () => {
    const account = accountId();
    const heard: Reply[] = [];
    const stop = await new MemoryPager().subscribe(replyChannel('g-2'), (said: Reply[]) => heard.push(...said));
    const first = till.book(account, '10', { idempotencyKey: 'k', replyTo: 'g-2' });
    const other = again(first, { data: { account, amountFen: '11' } });
    till.put(first, other, again(first));
    await until(() => heard.length === 3);
    expect(heard.map(({ outcome }) => [outcome.status, outcome.code])).toEqual([
      [200, 'done'],
      [422, 'idempotency-key-reused'],
      [200, 'done'],
    ]);
    expect(await till.booked(account)).toEqual(['10']);
    await stop();
  });

  it('belongs to its party and its aggregate', async () => {
    const [account, other] = [accountId(), accountId()];
    const key = { idempotencyKey: 'same' };
    const another = { ...key, principal: { ...bidder, party: '91410100MA44Y0001X' } };
    const outcomes = await till.ask(
      till.book(account, '1', key),
      till.book(account, '2', another),
      till.book(other, '4', key),
    );
    expect(outcomes).toEqual([done('1'), done('3'), done('4')]);
  });

  it('is remembered by the inbox when memory has forgotten it', async () => {
    const account = accountId();
    const commands = ['1', '2', '3'].map((amount) => till.book(account, amount));
    await till.ask(...commands);
    await till.stop();
    await till.open();
    const outcomes = await till.ask(again(commands[1]!), till.book(account, '4'), again(commands[0]!));
    expect(outcomes).toEqual([done('3'), done('10'), done('1')]);
    expect(await till.booked(account)).toEqual(['1', '2', '3', '4']);
  });

  it('that the door vouched for as new, on the log twice, is told apart by the inbox itself', async () => {
    const account = accountId();
    const command = till.book(account, '1');
    await till.ask(command);
    await till.stop();
    await till.open();
    const heard: Reply[] = [];
    const stop = await new MemoryPager().subscribe(replyChannel('g-3'), (said: Reply[]) => heard.push(...said));
    till.put({ ...command, replyTo: 'g-3' }, till.book(account, '2', { replyTo: 'g-3' }));
    await until(() => heard.length === 2);
    expect(heard.map(({ outcome }) => outcome)).toEqual([done('1'), done('3')]);
    expect(await till.booked(account)).toEqual(['1', '2']);
    expect(await till.rows('select from quarantine where key = $1', account)).toEqual([]);
    await stop();
  });
});

describe('the clock of decisions', () => {
  const decidedAt = async (id: string) => {
    const [row] = await till.rows<{ at: Date }>('select decided_at as at from inbox where command_id = $1', id);
    return row!.at.getTime();
  };
  const advance = (offsetMs: number) => {
    for (const partition of till.broker.partitions('till.commands').keys()) {
      till.broker.append({ topic: 'till.commands', key: 'clock', value: clockRecord(offsetMs), partition });
    }
  };

  it('is the log’s, per command, and not the committer’s', async () => {
    const account = accountId();
    const partition = till.broker.partitions('till.commands')[partitionOf(account, 4)]!;
    const commands = ['1', '2'].map((amount) => till.book(account, amount));
    till.put(commands[0]!);
    await new Promise((go) => setTimeout(go, 15));
    await till.ask(commands[1]!);
    const appended = partition.records.slice(-2).map((r) => r.appended);
    expect([await decidedAt(commands[0]!.id), await decidedAt(commands[1]!.id)]).toEqual(appended);
  });

  it('applies what is due before each decision: nothing is booked on an account that has ended', async () => {
    const account = accountId();
    const ends = Date.now() + 3_600_000;
    await till.ask(till.book(account, '1'), envelopeOf(close, account, { account, at: ends }, { principal: desk }));
    expect(await till.ask(till.book(account, '2'))).toEqual([done('3')]);
    advance(3_600_001);
    const [late] = await till.ask(till.book(account, '4'));
    expect(late).toEqual({ status: 422, code: 'account-closed', body: {} });
    await till.idle();
    expect(till.events(account).map(({ type }) => type)).toContain('till.account.closed.v1');
    expect(await till.account(account)).toMatchObject({ open: false, booked: ['1', '2'] });
  });

  it('does not go back, neither by a record nor by a restart', async () => {
    const [first, second] = [till.book(accountId(), '1'), till.book(accountId(), '1')];
    advance(7_200_000);
    await till.ask(first);
    advance(1);
    await till.stop();
    await till.open();
    await till.ask(second);
    expect(await decidedAt(second.id)).toBeGreaterThan(Date.now() + 7_100_000);
    expect((await till.opened!.runtime.pulse()).now).toBeGreaterThan(Date.now() + 7_100_000);
  });

  it('cannot be moved where the platform is not to be moved', async () => {
    await till.stop();
    await till.open({ steppable: false });
    const offsets = 'select distinct clock_offset_ms from consumer_offset';
    const before = await till.rows(offsets);
    advance(99_000_000);
    await till.ask(till.book(accountId(), '1'));
    await till.idle();
    expect(await till.rows(offsets)).toEqual(before);
    await till.stop();
    await till.open();
  });
});

describe('the outbox', () => {
  /** A log that sends nothing but commands, until it is let. */
  class Holding extends MemoryLog {
    holds = true;
    override async send(records: LogRecord[]): Promise<void> {
      if (this.holds) throw new Error('held back');
      return super.send(records);
    }
  }

  it('keeps what could not be sent, and the next owner sends it in order, once', async () => {
    await till.stop();
    await till.open({ log: new Holding(till.broker) });
    const account = accountId();
    const amounts = Array.from({ length: 40 }, (_, i) => String(i + 1));
    for (let i = 0; i < amounts.length; i += 10)
      await till.ask(...amounts.slice(i, i + 10).map((a) => till.book(account, a)));
    expect(till.events(account)).toEqual([]);
    await till.stop();
    expect(await till.rows('select 1 from outbox')).toHaveLength(80);
    await till.open();
    await until(() => till.events(account).length >= 40);
    await till.idle();
    expect(till.events(account).map(({ data }) => data.amountFen)).toEqual(amounts);
  });

  it('goes on by itself when the log answers again', async () => {
    const log = new Holding(till.broker);
    await till.stop();
    await till.open({ log });
    const account = accountId();
    await till.ask(till.book(account, '1'), till.book(account, '2'));
    expect((await till.opened!.runtime.pulse()).waiting).toBeGreaterThanOrEqual(4);
    log.holds = false;
    await till.idle();
    expect(till.events(account).map(({ data }) => data.amountFen)).toEqual(['1', '2']);
  });

  it('is emptied by the next commit, and by a clean stop', async () => {
    await till.stop();
    await till.open();
    const [one, two] = [accountId(), accountId()];
    await till.ask(till.book(one, '1'));
    await until(() => till.events(one).length === 1);
    await until(async () => {
      await till.ask(till.book(two, '1'));
      return (await till.rows('select 1 from outbox where key = $1', one)).length === 0;
    });
    await till.stop();
    expect(await till.rows('select 1 from outbox')).toEqual([]);
    await till.open();
  });
});

it('a wake-up that finds nothing due changes nothing', async () => {
  const account = accountId();
  await till.ask(till.book(account, '1'), envelopeOf(wake, account, {}));
  expect(await till.account(account)).toMatchObject({ version: 1 });
  expect(add.askedBy).toEqual(['stall']);
});
