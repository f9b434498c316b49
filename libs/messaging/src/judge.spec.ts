import { describe, expect, it } from '@jest/globals';
import type { Entry } from '@yuzhi/database/journal';
import type { Command, Envelope, Principal, Role } from '@yuzhi/protocol/declare';
import { add, close, place } from './fixture/protocol.ts';
import { bidder, envelopeOf } from './fixture/shop.ts';
import { tillHandlers } from './fixture/till/till.ts';
import { answerType, clockRecord, isControl, judge, type Leased, permitted, read, UnknownVersion } from './judge.ts';

const store = { name: 'till_account', load: async () => new Map(), save: () => [] };
const handlers = tillHandlers(store as never);
const lease = { topic: 'till.commands', partition: 0, epoch: 1n, next: 0n, lastNow: 0, clockOffsetMs: 0 };
const taken = (value: string): Leased => ({ lease, partition: 0, offset: 7n, key: 'k', value, appended: 1 });
const emptyEntry = (): Entry => ({
  steps: [],
  filed: [],
  outgoing: [],
  quarantined: [],
  published: [],
  doubtful: [],
  filedOn: '',
});
const readOne = (envelope: Partial<Envelope> | string) => {
  const entry = emptyEntry();
  const value = typeof envelope === 'string' ? envelope : JSON.stringify(envelope);
  return { judged: read(taken(value), entry, handlers, 'till'), entry };
};
const command = envelopeOf(add, 'a', { account: 'a', amountFen: '1' });

describe('reading a record', () => {
  it('finds the command, its store and what it is filed under', () => {
    const { judged, entry } = readOne(command);
    expect(judged).toMatchObject({
      asked: { party: bidder.party, aggregate: 'a', idempotencyKey: command.id },
      command: { type: add.type },
      store: { name: 'till_account' },
    });
    expect(entry.quarantined).toEqual([]);
  });

  it('hashes what was asked, whoever asks and under whatever id', () => {
    const hash = (more: Partial<Envelope>) => readOne({ ...command, ...more }).judged!.hash;
    const same = hash({});
    expect(hash({ id: '018f0000-0000-7000-8000-000000000009', principal: { ...bidder, person: 'other' } })).toBe(same);
    expect(hash({ data: { account: 'a', amountFen: '2' } })).not.toBe(same);
    expect(hash({ key: 'b' })).not.toBe(same);
    expect(hash({ type: close.type })).not.toBe(same);
  });

  it('sets aside what is no command, with what is wrong about it', () => {
    const { judged, entry } = readOne('{"id":1}');
    expect(judged).toBeUndefined();
    expect(entry.quarantined).toMatchObject([
      { topic: 'till.commands', partition: 0, offset: 7n, key: 'k', value: '{"id":1}' },
    ]);
    expect(entry.quarantined[0]!.error).toBe('TypeError: no envelope: id');
  });

  it('stops at a newer version of what we know, and only there', () => {
    for (const type of ['till.account.add.v2', 'till.account.add.v11'])
      expect(() => readOne({ ...command, type })).toThrow(UnknownVersion);
    for (const type of [
      'till.account.add.v0',
      'till.account.rob.v1',
      'stall.order.place.v9',
      'till.account.add',
      '.v2',
    ]) {
      expect(readOne({ ...command, type }).judged).toMatchObject({ envelope: { type } });
      expect(() => judge(readOne({ ...command, type }).judged!, handlers, 'till')).toThrow(`no handler for ${type}`);
    }
  });
});

describe('a control record', () => {
  it('says how far the platform clock is ahead', () => {
    expect(isControl(taken(clockRecord(60_000)))).toEqual({ offsetMs: 60_000 });
  });
  it.each([
    '',
    '{}',
    '{"type":"platform.clock.v1","offsetMs":1.5}',
    '{"type":"platform.clock.v1"',
    JSON.stringify(command),
  ])('is not %s', (value) => {
    expect(isControl(taken(value))).toBeUndefined();
  });
});

describe('who may send a command', () => {
  const as = (...roles: Role[]): Principal => ({ ...bidder, roles });
  const service = (name: string): Principal => ({
    party: `service:${name}`,
    person: `service:${name}`,
    roles: ['service'],
  });
  const ofAll = (permission: Command['permission']): Command => ({ ...add, permission });

  it('is a person with one of its roles', () => {
    expect([as('bidder'), as('holder'), as('holder', 'bidder'), as()].map((p) => permitted(add, p, 'till'))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
  it('is anyone, where it is for anyone', () => {
    for (const permission of ['anyone', 'person'] as const)
      expect(permitted(ofAll(permission), as(), 'till')).toBe(true);
    expect(permitted(ofAll([]), as('admin', 'desk', 'ops'), 'till')).toBe(false);
  });
  it('is its owner, and the services that it names', () => {
    expect(['till', 'stall', 'register', ''].map((name) => permitted(add, service(name), 'till'))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(permitted(close, service('stall'), 'till')).toBe(false);
    expect(permitted(place, service('stall'), 'stall')).toBe(true);
  });
  it('is no person that claims to be a service', () => {
    expect(permitted(add, { ...bidder, roles: ['service'] }, 'till')).toBe(false);
  });
});

describe('an answer', () => {
  it('is taken only from the service that was asked', () => {
    const data = {
      of: add.type,
      askKey: 'a',
      asked: {},
      outcome: { status: 200, code: 'done', body: { totalFen: '1' } },
    };
    const from = (party: string) => {
      const principal: Principal = { party, person: party, roles: ['service'] };
      return () => judge(readOne({ ...command, type: answerType, data, principal }).judged!, handlers, 'till');
    };
    expect(from('service:stall')).toThrow(`till never asked ${add.type}`);
    expect(from('service:till')).toThrow(`till never asked ${add.type}`);
  });
});
