import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@yuzhi/protocol/declare';
import { AnswerData, ClockRecord, CloudEventEnvelope, CommandEnvelope } from '@yuzhi/protocol/envelopes';
import { z } from 'zod';
import { answerRecord, askRecord, eventRecord } from './effects.ts';
import { add, added } from './fixture/protocol.ts';
import { envelopeOf } from './fixture/shop.ts';
import { uuidv7 } from './ids.ts';
import { clockRecord } from './judge.ts';

const cause: Envelope = envelopeOf(add, 'a', { account: 'a', amountFen: '5' }, { replyTo: 'g', answerBy: 1 });
/** Neither a field too few nor one that the document does not name. Answers what stands in `data`. */
function dataOf(schema: z.ZodObject, { value }: { value: string | null }): unknown {
  const said = JSON.parse(value!) as { data?: unknown };
  expect(z.strictObject({ ...schema.shape, data: z.unknown() }).parse(said)).toEqual(said);
  return said.data;
}

describe('what the documents say of the log is what is written there:', () => {
  it('a command from a door, and one that a service asks', () => {
    const data = { account: 'a', amountFen: '5' };
    expect(dataOf(CommandEnvelope, { value: JSON.stringify(cause) })).toEqual(data);
    expect(dataOf(CommandEnvelope, askRecord({ command: add, key: 'a', data }, cause, 0, 'stall'))).toEqual(data);
  });

  it('the answer to a command that was asked', () => {
    const asked = { ...cause, answerTo: { service: 'stall', key: 'o' } };
    const data = dataOf(CommandEnvelope, answerRecord('till', asked, { status: 200, code: 'done', body: {} }));
    expect(z.strictObject(AnswerData.shape).parse(data)).toEqual(data);
  });

  it('an event', () => {
    const data = { account: 'a', amountFen: '5', totalFen: '9', order: null };
    const record = eventRecord({ event: added, data, saleId: uuidv7() }, cause, 0, { version: 1, now: 1 });
    expect(dataOf(CloudEventEnvelope, record)).toEqual(data);
  });

  it('a record that moves the clock', () => {
    expect(z.strictObject(ClockRecord.shape).parse(JSON.parse(clockRecord(5)))).toMatchObject({ offsetMs: 5 });
  });
});
