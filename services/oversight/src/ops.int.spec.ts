import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { acting, type Asker, Stage } from '@yuzhi/chassis/stage.fixture';
import { liveChannel, type LiveItems, liveTopic, MemoryPager } from '@yuzhi/messaging/replies';
import type { AnswerOf, InputOf } from '@yuzhi/protocol/declare';
import {
  approveReplay,
  askReplay,
  declineReplay,
  type listReplays,
  type listSetAside,
  live,
  settleReplay,
} from '@yuzhi/protocol/ops';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { testDatabase } from '@yuzhi/testkit/databases';
import { OversightModule } from './oversight.module.ts';
import { TellingOwner } from './owner.fixture.ts';

const PLATFORM = makeUscc(1);
const secret = 'secret-of-a-test-';
const aside = {
  ...{ kind: 'command' as const, topic: 'register.commands', partition: 3, offset: '17', key: '202119900001.9' },
  ...{ type: 'register.patent.release.v1', error: 'Error: a patent that is not held', at: Date.now() },
};
const standing = {
  ...{ lag: { 'register.commands': 4 }, queued: 0, unsent: 0, outboxWaitedMs: 0, errands: 0, overdueMs: 0 },
  setAside: { commands: 1, events: 0 },
};
const vitals = {
  service: 'register',
  bounds: [0.1, 1],
  answers: [],
  decided: [],
  busy: 0.5,
  standing,
  setAside: [aside],
};

let stage: Stage;
let register: TellingOwner;
let [asker, other, desk]: Asker[] = [];
beforeAll(async () => {
  register = await TellingOwner.start(vitals, secret);
  stage = await Stage.open({
    service: 'oversight',
    database: await testDatabase('oversight'),
    module: (config) => OversightModule.with({ ...config, owners: { register: register.url } }),
    config: { steppable: false },
  });
  [asker, other] = [stage.employ(PLATFORM, ['ops']), stage.employ(PLATFORM, ['ops'])];
  desk = stage.employ(PLATFORM, ['desk']);
  await stage.idle();
});
afterAll(async () => {
  await stage.close();
  await register.close();
});
beforeEach(() => {
  register.mode = 'up';
  register.asked = [];
});

const as = ({ person }: Asker, role: 'ops' | 'desk' = 'ops') => acting(PLATFORM, person, role);
const record = { service: 'register' as const, ...aside };
const wanted = ({ type: _, error: __, at: ___, ...place } = record): InputOf<typeof askReplay> => ({
  ...place,
  act: 'replay',
  reason: '已修复并上线',
});
async function ask(data = wanted()): Promise<string> {
  const replay = randomUUID();
  expect(await stage.send(askReplay, replay, data, as(asker!))).toMatchObject({ code: 'done' });
  return replay;
}
const approve = (replay: string, by: Asker) => stage.send(approveReplay, replay, {}, as(by));
const decline = (replay: string, by: Asker) => stage.send(declineReplay, replay, {}, as(by));
const replays = async () =>
  (await stage.get<AnswerOf<typeof listReplays>>('/v1/ops/replays?limit=100', asker)).body.items;
const replayOf = async (id: string) => (await replays()).find(({ replay }) => replay === id)!;
const settledOf = (id: string) =>
  stage.until(async () => {
    const replay = await replayOf(id);
    return replay.state === 'settled' && replay;
  });

describe('what was set aside', () => {
  const listed = async () => (await stage.get<AnswerOf<typeof listSetAside>>('/v1/ops/set-aside', asker)).body;

  it('is listed with its place and its reason', async () => {
    expect(await listed()).toEqual({ items: [record], silent: [] });
  });
  it('is unknown of a service that does not answer, which is said', async () => {
    register.mode = 'away';
    expect(await listed()).toEqual({ items: [], silent: ['register'] });
  });
  it('is for ops only', async () => {
    for (const path of ['/v1/ops/set-aside', '/v1/ops/replays', '/v1/ops/live?after=0&limit=1']) {
      const statuses = [undefined, desk].map(async (by) => (await stage.get(path, by)).status);
      expect(await Promise.all(statuses)).toEqual([401, 403]);
    }
  });
});

describe('a replay', () => {
  it('is carried out when a second person approves it, and not before', async () => {
    register.answers = [{ replayed: 1, stillPoisoned: null }];
    const replay = await ask();
    expect(await approve(replay, asker!)).toMatchObject({ status: 403, code: 'replay-own' });
    await stage.idle();
    expect([register.asked, await replayOf(replay)]).toMatchObject([[], { state: 'asked', decidedBy: null }]);
    expect(await approve(replay, other!)).toMatchObject({ code: 'done', body: { replay } });
    const { type: _, error: __, at: ___, ...place } = record;
    const settled = await settledOf(replay);
    expect(settled).toEqual({
      ...{ replay, state: 'settled', record: place, act: 'replay', reason: '已修复并上线', askedBy: asker!.person },
      ...{ askedAt: expect.any(Number), validUntil: settled.askedAt + 86_400_000 },
      ...{ decidedBy: other!.person, decidedAt: expect.any(Number) },
      outcome: { sent: 1, stillPoisoned: null },
    });
    expect(register.asked).toEqual([{ path: '/internal/poisoned/replay', body: { partition: 3, offset: '17' } }]);
  });

  it('of an event sends everything that is parked under its key', async () => {
    register.answers = [{ replayed: 3, stillPoisoned: null }];
    const replay = await ask({ ...wanted(), kind: 'event', topic: 'escrow.events', key: 'sale-1' });
    await approve(replay, other!);
    expect((await settledOf(replay)).outcome).toEqual({ sent: 3, stillPoisoned: null });
    expect(register.asked).toEqual([
      { path: '/internal/parked/replay', body: { topic: 'escrow.events', key: 'sale-1' } },
    ]);
  });

  it('says when it was in vain', async () => {
    const why = 'x'.repeat(3000);
    register.answers = [{ replayed: 0, stillPoisoned: why }];
    const replay = await ask();
    await approve(replay, other!);
    expect((await settledOf(replay)).outcome).toEqual({ sent: 0, stillPoisoned: why.slice(0, 1000) });
  });

  it('that is to discard takes out that one record, unsent, when a second person agrees', async () => {
    register.answers = [{ discarded: 1 }];
    const replay = await ask({ ...wanted(), act: 'discard', kind: 'event', topic: 'escrow.events', key: 'sale-1' });
    expect(await approve(replay, asker!)).toMatchObject({ code: 'replay-own' });
    await stage.idle();
    expect(register.asked).toEqual([]);
    await approve(replay, other!);
    expect(await settledOf(replay)).toMatchObject({ act: 'discard', outcome: { sent: 1, stillPoisoned: null } });
    const place = { topic: 'escrow.events', partition: 3, offset: '17' };
    expect(register.asked).toEqual([{ path: '/internal/set-aside/discard', body: place }]);
  });

  it('waits for an owner that is away', async () => {
    register.mode = 'away';
    register.answers = [{ replayed: 1, stillPoisoned: null }];
    const replay = await ask();
    await approve(replay, other!);
    expect((await replayOf(replay)).state).toBe('approved');
    register.mode = 'up';
    expect((await settledOf(replay)).outcome).toEqual({ sent: 1, stillPoisoned: null });
  });

  it('that is declined or taken back is never carried out', async () => {
    for (const by of [asker!, other!]) {
      const replay = await ask();
      expect(await decline(replay, by)).toMatchObject({ code: 'done' });
      expect(await approve(replay, other!)).toMatchObject({ status: 409, code: 'replay-settled' });
      expect(await decline(replay, by)).toMatchObject({ code: 'replay-settled' });
      expect(await replayOf(replay)).toMatchObject({ state: 'declined', decidedBy: by.person, outcome: null });
    }
    await stage.idle();
    expect(register.asked).toEqual([]);
  });

  it('must be asked for, by ops, and stays what it was when it is asked for twice', async () => {
    expect(await approve(randomUUID(), other!)).toMatchObject({ status: 404, code: 'replay-not-found' });
    expect(await decline(randomUUID(), other!)).toMatchObject({ status: 404, code: 'replay-not-found' });
    expect(await stage.send(askReplay, randomUUID(), wanted(), as(desk!, 'desk'))).toMatchObject({ code: 'forbidden' });
    const replay = await ask();
    await stage.send(askReplay, replay, { ...wanted(), reason: '换人' }, as(other!));
    expect(await replayOf(replay)).toMatchObject({ askedBy: asker!.person, reason: '已修复并上线' });
    expect(await stage.send(approveReplay, replay, {}, as(desk!, 'desk'))).toMatchObject({ code: 'forbidden' });
    const outcome = { replay, sent: 9, stillPoisoned: null };
    expect(await stage.send(settleReplay, replay, outcome, as(other!))).toMatchObject({ code: 'forbidden' });
    await stage.own(settleReplay, replay, outcome);
    expect(await replayOf(replay)).toMatchObject({ state: 'asked', outcome: null });
  });

  it('is listed newest first, page by page', async () => {
    const all = (await replays()).map(({ replay }) => replay);
    const pages = await stage.pages<{ replay: string }>('/v1/ops/replays?limit=2', asker);
    expect(pages.flat().map(({ replay }) => replay)).toEqual(all);
    expect(all.length).toBeGreaterThan(6);
    const times = (await replays()).map(({ askedAt }) => askedAt);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('left nothing poisoned', async () => {
    expect(await stage.rows('select error from quarantine')).toEqual([]);
  });
});

describe('the live view', () => {
  type Filled = { items: { seq: number; item: { at: number; lag: unknown; members: unknown } }[]; head: number };
  const fill = async (after: number) => (await stage.get<Filled>(`/v1/ops/live?after=${after}&limit=500`, asker)).body;

  it('looks at every process only while somebody watches, and numbers its frames by the time', async () => {
    const heard: LiveItems['items'] = [];
    const pager = new MemoryPager();
    await pager.subscribe(liveTopic('oversight'), (said: LiveItems[]) => {
      for (const { channel, items } of said) if (channel === liveChannel(live.type, 'main')) heard.push(...items);
    });
    const before = register.looks;
    await stage.idle();
    expect(register.looks).toBe(before);
    expect(await fill(0)).toEqual({ items: [], head: 0 });
    const { items, head } = await stage.until(async () => {
      const filled = await fill(0);
      return filled.items.length >= 2 && filled;
    });
    expect(head).toBe(items.at(-1)!.seq);
    expect(items[0]!.seq).toBe(Math.floor(items[0]!.item.at / 2000));
    expect(items[1]!.seq).toBeGreaterThan(items[0]!.seq);
    expect(items[0]!.item).toMatchObject({
      lag: [{ service: 'register', group: 'register.commands', records: 4 }],
      setAside: { commands: 1, events: 0, items: [record] },
      members: [{ name: 'register', up: true, busyShare: 0.5 }],
    });
    expect(heard.slice(0, 2)).toEqual(items.slice(0, 2));
    expect((await fill(items[0]!.seq)).items[0]).toEqual(items[1]);
  }, 20_000);
});
