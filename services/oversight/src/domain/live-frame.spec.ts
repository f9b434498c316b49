import { describe, expect, it } from '@jest/globals';
import type { Vitals } from '@yuzhi/chassis/vitals';
import { placeBid } from '@yuzhi/protocol/bidding';
import { LiveFrame } from '@yuzhi/protocol/ops';
import { frameOf, type Look, setAsideOf } from './live-frame.ts';

const NOW = 1_796_000_000_000;
const HALL = 'live:hall:';
const [LOT, OTHER_LOT] = ['0197a3c1-0000-7000-8000-000000000001', '0197a3c1-0000-7000-8000-000000000002'];

type Answers = Vitals['answers'];
const vitals = (service: string, more: Partial<Vitals> = {}): Vitals => ({
  ...{ service, bounds: [0.01, 0.1, 1], answers: [], decided: [], busy: 0.25 },
  ...more,
});
const door = (answers: Answers, more: Partial<Vitals> = {}) => vitals('gateway', { answers, watchers: [], ...more });
const standing = { lag: {}, queued: 0, unsent: 0, outboxWaitedMs: 0, errands: 0, overdueMs: 0 };
const nothing = { commands: 0, events: 0 };
const owner = (service: string, more: Partial<NonNullable<Vitals['standing']>> = {}, also: Partial<Vitals> = {}) =>
  vitals(service, { standing: { ...standing, setAside: nothing, ...more }, ...also });
const look = (atMs: number, members: Record<string, Vitals | undefined>): Look => ({
  at: NOW + atMs,
  seen: Object.entries(members).map(([name, of]) => ({ name, ...(of && { vitals: of }) })),
});
const frame = (before: Look, after: Look) => LiveFrame.parse(frameOf(before, after, HALL));
const all = (counts: number[], failed = 0): Answers => [{ type: '', failed, counts }];

describe('what goes through the doors', () => {
  it('is what was counted in between, a second', () => {
    const before = look(0, { gateway: door(all([100, 10, 0, 0], 5)) });
    const after = look(2000, { gateway: door(all([180, 20, 10, 0], 10)) });
    const { overMs, requests } = frame(before, after);
    expect(overMs).toBe(2000);
    expect(requests).toEqual({ perSecond: 50, failedShare: 0.05, p50Ms: 6.3, p95Ms: 550, p99Ms: 910 });
  });

  it('is the sum of all doors, and counts from zero at one that was started anew', () => {
    const before = look(0, { a: door(all([1000, 0, 0, 0], 9)), b: door(all([10, 0, 0, 0])) });
    const after = look(1000, { a: door(all([30, 0, 0, 0], 3)), b: door(all([30, 0, 0, 0])) });
    expect(frame(before, after).requests).toMatchObject({ perSecond: 50, failedShare: 0.06 });
  });

  it('is unknown where nobody asked anything, and of a door that was not there before', () => {
    const idle = door(all([5, 0, 0, 0]));
    const quiet = { perSecond: 0, failedShare: null, p50Ms: null, p95Ms: null, p99Ms: null };
    expect(frame(look(0, { gateway: idle }), look(2000, { gateway: idle })).requests).toEqual(quiet);
    expect(frame(look(0, { gateway: undefined }), look(2000, { gateway: idle })).requests).toEqual(quiet);
    expect(frame(look(0, {}), look(0, {})).requests).toEqual(quiet);
  });

  it('is no traffic of an owner, which a door had before', () => {
    const [before, after] = [all([1, 0, 0, 0]), all([9, 0, 0, 0])].map((answers) => owner('escrow', {}, { answers }));
    expect(frame(look(0, { escrow: before }), look(1000, { escrow: after })).requests.perSecond).toBe(0);
  });

  it('tells bids apart: those accepted, those refused, and how long they took', () => {
    const decided = (done: number, low: number, other: number) => [
      { type: placeBid.type, code: 'done', count: done },
      { type: placeBid.type, code: 'bid-below-next-valid', count: low },
      { type: 'bidding.auction.other.v1', code: 'done', count: other },
    ];
    const bids = (n: number): Answers => [
      { type: placeBid.type, failed: 0, counts: [n, 0, 0, 0] },
      { type: '', failed: 0, counts: [0, 0, 0, n] },
    ];
    const at = (n: number) => ({
      gateway: door(bids(n)),
      bidding: owner('bidding', {}, { decided: decided(10 * n, n, 99 * n) }),
    });
    expect(frame(look(0, at(1)), look(2000, at(3))).bids).toEqual({
      ...{ acceptedPerSecond: 10, refusedPerSecond: 1, p99Ms: 9.9 },
    });
  });
});

describe('how things stand', () => {
  it('is what owners say, the worst of them first in doubt, and once for all replicas of one', () => {
    const bidding = owner('bidding', {
      ...{ lag: { 'bidding.commands': 7, 'bidding.on.escrow.events': -1 }, outboxWaitedMs: 120.4, overdueMs: 9000 },
      setAside: { commands: 2, events: 1 },
    });
    const replica = owner('bidding', { lag: { 'bidding.commands': 7 }, outboxWaitedMs: 500 });
    const escrow = owner('escrow', { lag: { 'escrow.commands': 3 }, overdueMs: 100, setAside: nothing });
    const seen = look(2000, { bidding, 'bidding-2': replica, escrow, gateway: undefined });
    expect(frame(seen, seen)).toMatchObject({
      ...{ oldestOutboxMs: 500, overdueMs: 9000, setAside: { commands: 2, events: 1 } },
      lag: [
        { service: 'bidding', group: 'bidding.commands', records: 7 },
        { service: 'bidding', group: 'bidding.on.escrow.events', records: 0 },
        { service: 'escrow', group: 'escrow.commands', records: 3 },
      ],
      members: [
        { name: 'bidding', up: true, busyShare: 0.25 },
        { name: 'bidding-2', up: true, busyShare: 0.25 },
        { name: 'escrow', up: true, busyShare: 0.25 },
        { name: 'gateway', up: false, busyShare: null },
      ],
    });
  });

  it('names the halls that are watched or bid in, the busiest first, and counts all who watch', () => {
    const watchers = [
      { channel: HALL + LOT, watchers: 3, answers: [90, 0, 0, 0] },
      { channel: 'live:ops:main', watchers: 1, answers: [0, 0, 0, 7] },
    ];
    const seen = look(2000, {
      a: door([], { watchers, callers: 4 }),
      b: door([], { watchers: [{ channel: HALL + LOT, watchers: 2, answers: [0, 10, 0, 0] }], callers: 1 }),
      bidding: owner('bidding', {}, { busiest: [{ channel: HALL + OTHER_LOT, items: 40 }] }),
    });
    expect(frame(seen, seen)).toMatchObject({
      callersWaiting: 5,
      watchers: { halls: 5, all: 6 },
      halls: [
        { saleId: OTHER_LOT, watchers: 0, moments: 40, p99Ms: null },
        { saleId: LOT, watchers: 5, moments: 0, p99Ms: 91 },
      ],
    });
  });

  it('shows what was set aside last, of every service', () => {
    const one = (topic: string, at: number) => ({
      ...{ kind: 'command' as const, topic, partition: 0, offset: String(at), key: 'k', type: null, error: 'x', at },
    });
    const many = Array.from({ length: 30 }, (_, n) => one('bidding.commands', NOW + n));
    const seen = look(0, {
      bidding: owner('bidding', {}, { setAside: many }),
      escrow: owner('escrow', {}, { setAside: [one('escrow.commands', NOW + 100)] }),
    });
    expect(setAsideOf(seen)).toHaveLength(31);
    const { items } = frame(seen, seen).setAside;
    expect(items).toHaveLength(20);
    expect(items[0]).toMatchObject({ service: 'escrow', topic: 'escrow.commands' });
    expect(items[1]).toMatchObject({ service: 'bidding', offset: String(NOW + 29) });
  });
});
