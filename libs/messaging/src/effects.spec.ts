import { describe, expect, it } from '@jest/globals';
import type { CloudEvent, Envelope } from '@yuzhi/protocol/declare';
import { Effects } from './decision.ts';
import { answerRecord, askRecord, eventRecord, keptRecord } from './effects.ts';
import { add, added, close, totals } from './fixture/protocol.ts';
import { envelopeOf } from './fixture/shop.ts';
import { answerType } from './judge.ts';
import { RECORD_MAX_BYTES } from './log.ts';

const cause: Envelope = {
  ...envelopeOf(add, 'a', { account: 'a', amountFen: '5' }),
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
};
const data = { account: 'a', amountFen: '5', totalFen: '9', order: null };
const at = { version: 3, now: 1_700_000_000_000 };
const parsed = <T>({ value }: { value: string | null }) => JSON.parse(value!) as T;
const idOf = (record: { value: string | null }) => parsed<{ id: string }>(record).id;

describe('an event', () => {
  const told = { event: added, data, saleId: 's-1' };

  it('is a CloudEvent that says what caused it, who did it and which version it led to', () => {
    const record = eventRecord(told, cause, 0, at);
    expect(record).toMatchObject({ topic: 'till.events', key: 'a' });
    expect(parsed<CloudEvent>(record)).toEqual({
      specversion: '1.0',
      id: idOf(record),
      source: '/till',
      type: added.type,
      subject: 'a',
      time: '2023-11-14T22:13:20.000Z',
      causationid: cause.id,
      cause: { command: add.type },
      aggversion: 3,
      saleid: 's-1',
      actor: { party: cause.principal.party, person: cause.principal.person },
      traceparent: cause.traceparent,
      data,
    });
  });

  it('says which event led to it, or which answer', () => {
    const why = (more: Partial<Envelope>) => parsed<CloudEvent>(eventRecord(told, { ...cause, ...more }, 0, at)).cause;
    const because = '018f0000-0000-7000-8000-000000000009';
    expect(why({ because })).toEqual({ command: add.type, event: because });
    const answer = {
      of: close.type,
      askKey: 'a',
      asked: {},
      outcome: { status: 422, code: 'account-closed', body: {} },
    };
    expect(why({ type: answerType, data: answer })).toEqual({ command: close.type, outcome: 'account-closed' });
  });

  it('has the same id whenever its commit is repeated, and another for every one of a command', () => {
    expect(idOf(eventRecord(told, cause, 0, at))).toBe(
      idOf(eventRecord(told, { ...cause, traceparent: undefined }, 0, { version: 9, now: 1 })),
    );
    const ids = [0, 1, 2].map((n) => idOf(eventRecord(told, cause, n, at)));
    expect(
      new Set([...ids, idOf(eventRecord(told, { ...cause, id: '018f0000-0000-7000-8000-000000000009' }, 0, at))]).size,
    ).toBe(4);
  });

  it('is refused when it is not what was declared, or has no subject', () => {
    expect(() => eventRecord({ event: added, data: { ...data, amountFen: '-5' } }, cause, 0, at)).toThrow('amountFen');
    expect(() => eventRecord({ event: added, data: { ...data, account: '' } }, cause, 0, at)).toThrow(
      `${added.type} has no account`,
    );
    expect(() => eventRecord({ event: { ...added, key: 'sale' }, data }, cause, 0, at)).toThrow(
      `${added.type} has no sale`,
    );
  });

  it('is refused when the log would refuse it for ever', () => {
    const large = { ...data, order: 'x'.repeat(RECORD_MAX_BYTES) };
    expect(() => eventRecord({ event: added, data: large }, cause, 0, at)).toThrow(RangeError);
  });
});

describe('a command to another service', () => {
  const asking = { command: add, key: 'b', data: { account: 'b', amountFen: '5' } };

  it('is sent as ourselves, and says where its answer belongs', () => {
    const record = askRecord(asking, cause, 0, 'stall');
    const envelope = parsed<Envelope>(record);
    expect(record).toMatchObject({ topic: 'till.commands', key: 'b' });
    expect(envelope).toMatchObject({
      idempotencyKey: envelope.id,
      type: add.type,
      principal: { party: 'service:stall', person: 'service:stall', roles: ['service'] },
      answerTo: { service: 'stall', key: 'a' },
      traceparent: cause.traceparent,
    });
    expect(idOf(askRecord(asking, cause, 0, 'stall'))).toBe(envelope.id);
    expect(idOf(askRecord(asking, cause, 1, 'stall'))).not.toBe(envelope.id);
  });

  it('is not sent by whom it does not expect, nor with what it does not understand', () => {
    expect(() => askRecord(asking, cause, 0, 'register')).toThrow(`register may not ask ${add.type}`);
    expect(() => askRecord({ ...asking, command: close }, cause, 0, 'stall')).toThrow(
      `stall may not ask ${close.type}`,
    );
    expect(() => askRecord({ ...asking, data: { account: 'b' } }, cause, 0, 'stall')).toThrow('amountFen');
    expect(() => askRecord({ ...asking, key: 5 as never }, cause, 0, 'stall')).toThrow('string');
  });

  it('leaves room for an answer that repeats it', () => {
    const large = { ...asking, data: { account: 'x'.repeat(RECORD_MAX_BYTES - 20_000), amountFen: '5' } };
    expect(() => askRecord(large, cause, 0, 'stall')).toThrow(RangeError);
  });

  it('is answered once, to its asker, with what became of it and what it asked', () => {
    const asked = parsed<Envelope>(askRecord(asking, cause, 0, 'stall'));
    const outcome = { status: 409, code: 'limit-passed', body: { leftFen: '1' } };
    const record = answerRecord('till', asked, outcome, cause.traceparent);
    expect(record).toMatchObject({ topic: 'stall.commands', key: 'a' });
    expect(parsed<Envelope>(record)).toMatchObject({
      type: answerType,
      principal: { party: 'service:till' },
      data: { of: add.type, askKey: 'b', asked: asking.data, outcome },
    });
    expect(idOf(answerRecord('till', asked, { ...outcome, status: 200 }))).toBe(idOf(record));
  });
});

it('a word to everyone is what its table declares, or takes the last one back', () => {
  expect(keptRecord({ table: totals, key: 'a', data: { totalFen: '5' } })).toEqual({
    topic: 'till.totals',
    key: 'a',
    value: '{"totalFen":"5"}',
  });
  expect(keptRecord({ table: totals, key: 'a', data: null })).toEqual({ topic: 'till.totals', key: 'a', value: null });
  expect(() => keptRecord({ table: totals, key: 'a', data: { totalFen: 'x' } })).toThrow('totalFen');
});

it('effects of several decisions are kept together, in order', () => {
  const one = new Effects().tell(added, data).append(1, 2);
  const both = new Effects()
    .tell(added, { ...data, amountFen: '6' })
    .keep(totals, 'a', null)
    .append(3)
    .also(one);
  expect(both.events.map(({ data: of }) => (of as typeof data).amountFen)).toEqual(['6', '5']);
  expect([both.rows, both.kept.length, both.asks, both.shows]).toEqual([[3, 1, 2], 1, [], []]);
});
