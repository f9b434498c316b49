import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Filed } from '@yuzhi/database/journal';
import { askedOf, inputHash } from '@yuzhi/messaging/ids';
import type { Command, Envelope, Outcome } from '@yuzhi/protocol/declare';
import { Admission } from './admission.ts';
import { Callers, type Ending } from './callers.ts';
import { greet } from './fixture/greeter.ts';
import { addToCounter } from './fixture/tally.ts';

const principal = { party: 'p', person: 'p', roles: [] };
const done: Outcome = { status: 200, code: 'done', body: {} };
const envelopeOf = (id: string, data: unknown = {}): Envelope => ({
  id,
  idempotencyKey: `key of ${id}`,
  type: addToCounter.type,
  key: 'k',
  principal,
  data,
});
const filedOf = ({ id, type, key, data, idempotencyKey }: Envelope, more: Partial<Filed> = {}): Filed => ({
  ...askedOf('p', key, idempotencyKey),
  commandId: id,
  type,
  inputHash: inputHash(type, key, data),
  outcome: done,
  ...more,
});

let reads: { owner: string; asked: string[] }[];
let inbox: Filed[];
let away: boolean;
let admission: Admission;
let callers: Callers;
let waits: unknown[];
beforeEach(() => {
  jest.useFakeTimers();
  [reads, inbox, away, waits] = [[], [], false, []];
  const readInbox = async (owner: string, asked: string[]) => {
    reads.push({ owner, asked });
    if (away) throw new Error('away');
    return inbox.filter(({ id }) => asked.includes(id));
  };
  admission = new Admission({ partyRate: 1, partyBurst: 1, waitingMax: 2000, aggregateMax: 2000, shedAfterMs: 1500 });
  const answered = (...told: unknown[]) => void waits.push(told);
  callers = new Callers({ admission, answerWithinMs: 3000, produceWithinMs: 2000, readInbox, answered });
});
afterEach(() => {
  callers.close();
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
/** Waits for an ending; `sent` says whether the log has the command. */
function wait(envelope: Envelope, { sent = true, command }: { sent?: boolean; command?: Command } = {}) {
  const ended: Ending[] = [];
  void callers.wait(command ?? addToCounter, envelope).then((ending) => ended.push(ending));
  if (sent) callers.durable(envelope.id);
  return ended;
}

describe('a caller', () => {
  it('hears the reply, and nobody asks the owner', async () => {
    const ended = wait(envelopeOf('a'));
    await pass(100);
    callers.heard('a', done, performance.now());
    await pass(4000);
    expect(ended).toEqual([done]);
    expect(waits).toEqual([['tally', expect.any(String), 100, expect.any(Number)]]);
    expect(reads).toEqual([]);
    expect(admission.waitingFor('tally')).toBe(0);
  });

  it('hears the outcome from the inbox when the reply is lost', async () => {
    const envelope = envelopeOf('a');
    const ended = wait(envelope);
    inbox = [filedOf(envelope)];
    await pass(240);
    expect(ended).toEqual([]);
    await pass(60);
    expect(ended).toEqual([done]);
  });

  it('hears the outcome of an earlier command under the same key and body', async () => {
    const ended = wait(envelopeOf('a'));
    inbox = [filedOf(envelopeOf('a'), { commandId: 'earlier' })];
    await pass(300);
    expect(ended).toEqual([done]);
  });

  it('hears that the key was used for another body, as the owner will decide', async () => {
    const ended = wait(envelopeOf('a', { amountFen: '1' }));
    inbox = [filedOf(envelopeOf('a', { amountFen: '2' }), { commandId: 'earlier' })];
    await pass(300);
    expect(ended).toEqual([{ status: 422, code: 'idempotency-key-reused', body: {} }]);
  });

  it('is told that it is undecided when the time is over', async () => {
    const ended = wait(envelopeOf('a'));
    await pass(2950);
    expect(ended).toEqual([]);
    await pass(100);
    expect(ended).toEqual(['undecided']);
  });

  it('is told that the log did not take it, sooner', async () => {
    const ended = wait(envelopeOf('a'), { sent: false });
    await pass(2050);
    expect(ended).toEqual(['unsent']);
    expect(reads).toEqual([]);
  });

  it('hears a reply even before the log has said that it has the command', async () => {
    const ended = wait(envelopeOf('a'), { sent: false });
    callers.heard('a', done, performance.now());
    await pass(0);
    expect(ended).toEqual([done]);
  });

  it('is told something when the door closes', async () => {
    const [sent, unsent] = [wait(envelopeOf('a')), wait(envelopeOf('b'), { sent: false })];
    callers.close();
    await pass(0);
    expect([sent, unsent]).toEqual([['undecided'], ['unsent']]);
  });
});

describe('the inbox', () => {
  it('is read once for all who wait for one owner, and of each owner apart', async () => {
    for (const id of ['a', 'b', 'c']) wait(envelopeOf(id));
    wait(envelopeOf('d'), { command: greet });
    await pass(300);
    expect(reads.map(({ owner, asked }) => [owner, asked.length])).toEqual([
      ['tally', 3],
      ['greeter', 1],
    ]);
  });

  it('is asked ever more rarely, also while its owner is away', async () => {
    away = true;
    const ended = wait(envelopeOf('a'));
    const at: number[] = [];
    for (let ms = 0; ms < 3100; ms += 25) {
      const before = reads.length;
      await pass(25);
      if (reads.length > before) at.push(ms + 25);
    }
    expect(at).toEqual([250, 750, 1750]);
    expect(ended).toEqual(['undecided']);
  });

  it('is asked for at most five hundred at once', async () => {
    for (let i = 0; i < 1200; i++) wait(envelopeOf(`c${i}`));
    await pass(280);
    expect(reads.map(({ asked }) => asked.length)).toEqual([500, 500]);
  });
});
