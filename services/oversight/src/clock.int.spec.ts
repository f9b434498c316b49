import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { acting, type Asker, Stage } from '@yuzhi/chassis/stage.fixture';
import type { AnswerOf, Outcome } from '@yuzhi/protocol/declare';
import { advanceClock, arriveClock, type getClock } from '@yuzhi/protocol/oversight';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { testDatabase } from '@yuzhi/testkit/databases';
import type { ClockState } from './domain/clock.ts';
import { OversightModule } from './oversight.module.ts';
import { PulsingService } from './pulse.fixture.ts';

jest.setTimeout(60_000);

const PLATFORM = makeUscc(1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const secret = 'secret-of-a-test-';

let stage: Stage;
let ops: Asker;
let bidding: PulsingService;
let escrow: PulsingService;
beforeAll(async () => {
  [bidding, escrow] = [await PulsingService.start('bidding', secret), await PulsingService.start('escrow', secret)];
  stage = await Stage.open({
    service: 'oversight',
    database: await testDatabase('oversight'),
    module: (config) => OversightModule.with({ ...config, owners: { bidding: bidding.url, escrow: escrow.url } }),
  });
  for (const one of [bidding, escrow]) one.broker = stage.broker;
  ops = stage.employ(PLATFORM, ['ops']);
  await stage.idle();
});
afterAll(async () => {
  await stage.close();
  await Promise.all([bidding.close(), escrow.close()]);
});
beforeEach(() => {
  for (const one of [bidding, escrow])
    Object.assign(one, { deadlines: [], met: [], busy: 0, mode: 'up', follows: () => [] });
});
afterEach(async () => {
  for (const one of [bidding, escrow]) one.mode = 'up';
  await arrived();
});

const operator = () => acting(PLATFORM, ops.person, 'ops');
const clock = async () => (await stage.get<AnswerOf<typeof getClock>>('/v1/clock')).body;
const stateOf = () => stage.state<ClockState>('platform_clock', 'id', 'main');
const advance = (to: number, by = operator(), key?: string) => stage.send(advanceClock, 'main', { to }, by, key);
const arrived = () => stage.until(async () => (await clock()).movingTo === null);
const arrivals = async () => stage.kinds(await stage.told('main')).filter((kind) => kind === 'clock.arrived').length;

describe('the stepping clock', () => {
  it('lets each deadline of every service happen in its own time, and what follows from it too', async () => {
    const start = escrow.now;
    const [first, second, third] = [start + DAY_MS, start + 2 * DAY_MS, start + 4 * DAY_MS];
    bidding.deadlines = [second, third + 100 * DAY_MS];
    escrow.deadlines = [third, first];
    escrow.follows = (deadline) => (deadline === first ? [first + 6 * HOUR_MS] : []);
    const before = await arrivals();
    expect(await advance(start + 5 * DAY_MS)).toMatchObject({ status: 200, body: { to: start + 5 * DAY_MS } });
    await arrived();
    expect(escrow.met.map(({ deadline }) => deadline)).toEqual([first, first + 6 * HOUR_MS, third]);
    expect(bidding.met.map(({ deadline }) => deadline)).toEqual([second]);
    const late = [...escrow.met, ...bidding.met].filter(
      ({ deadline, now }) => now < deadline || now > deadline + HOUR_MS,
    );
    expect(late).toEqual([]);
    expect(Math.min(bidding.now, escrow.now)).toBeGreaterThanOrEqual(start + 5 * DAY_MS);
    expect(await arrivals()).toBe(before + 1);
    expect((await stage.told('main')).at(-1)).toMatchObject({ data: { to: start + 5 * DAY_MS } });
  });

  it('waits while anything is under way anywhere', async () => {
    escrow.busy = 1;
    const to = escrow.now + DAY_MS;
    await advance(to);
    await new Promise((go) => setTimeout(go, 300));
    expect(await clock()).toMatchObject({ movingTo: to });
    expect(escrow.now).toBeLessThan(to);
    escrow.busy = 0;
    await arrived();
    expect(escrow.now).toBeGreaterThanOrEqual(to);
  });

  it('goes on when a service was not ready, or away, for a moment', async () => {
    const to = bidding.now + DAY_MS;
    bidding.deadlines = [to - HOUR_MS];
    const refused = bidding.refused;
    bidding.mode = 'unready';
    await advance(to);
    await stage.until(async () => bidding.refused > refused + 2);
    bidding.mode = 'up';
    await stage.until(async () => bidding.met.length === 1);
    await arrived();
    expect(bidding.now).toBeGreaterThanOrEqual(to);
  });

  it('goes on when a service took its question and never answered', async () => {
    bidding.mode = 'silent';
    const to = bidding.now + DAY_MS;
    await advance(to);
    await new Promise((go) => setTimeout(go, 300));
    bidding.mode = 'up';
    await arrived();
    expect(bidding.now).toBeGreaterThanOrEqual(to);
  });

  it('goes on when oversight itself was away, and stops although a service does not answer', async () => {
    escrow.mode = 'silent';
    const to = escrow.now + DAY_MS;
    await advance(to);
    await new Promise((go) => setTimeout(go, 200));
    await stage.reboot();
    expect(await clock()).toMatchObject({ movingTo: to });
    escrow.mode = 'up';
    await arrived();
    expect(escrow.now).toBeGreaterThanOrEqual(to);
  });

  it('does not wait for ever for a deadline that leads to nothing, nor skip those behind it', async () => {
    const start = escrow.now;
    const stuck = start + HOUR_MS;
    escrow.ignores.add(stuck);
    escrow.deadlines = [stuck];
    bidding.deadlines = [start + DAY_MS, start + 2 * DAY_MS];
    await advance(start + 3 * DAY_MS);
    await arrived();
    expect(bidding.met.map(({ deadline }) => deadline)).toEqual([start + DAY_MS, start + 2 * DAY_MS]);
    const late = bidding.met.filter(({ deadline, now }) => now > deadline + HOUR_MS);
    expect(late).toEqual([]);
  });

  it('moves to an instant that has passed by the time it gets there', async () => {
    const before = await arrivals();
    expect((await advance(escrow.now + 5)).code).toMatch(/^(done|clock-behind)$/);
    expect((await advance(escrow.now + 1000)).code).toMatch(/^(done|clock-moving)$/);
    await arrived();
    expect(await arrivals()).toBeGreaterThan(before);
  });

  it('only ever moves forward, the same in every partition', () => {
    const offsets = [...bidding.offsets, ...escrow.offsets];
    expect(offsets[0]!.length).toBeGreaterThan(8);
    for (const one of offsets) expect(one).toEqual(offsets[0]);
    expect(offsets[0]).toEqual(offsets[0]!.toSorted((a, b) => a - b));
    expect(offsets[0]![0]).toBeGreaterThanOrEqual(0);
  });
});

describe('advancing the clock', () => {
  const codes = (outcomes: Outcome[]) => outcomes.map(({ code }) => code);

  it('is for the operator, answers the same to the same request, and is refused by every code', async () => {
    escrow.busy = 1;
    const to = escrow.now + DAY_MS;
    const first = await advance(to, operator(), 'key');
    expect(await advance(to, operator(), 'key')).toEqual(first);
    expect(codes([await advance(to + 1), await advance(to, operator(), 'other')])).toEqual([
      'clock-moving',
      'clock-moving',
    ]);
    expect(codes([await advance(to, acting(PLATFORM, ops.person, 'desk', 'admin'))])).toEqual(['forbidden']);
    escrow.busy = 0;
    await arrived();
    expect(codes([await advance(to), await advance(1)])).toEqual(['clock-behind', 'clock-behind']);
  });

  it('has arrived only where it was going', async () => {
    const before = await stateOf();
    const late = [
      await stage.own(arriveClock, 'main', { clock: 'main', offsetMs: 0, to: before!.offsetMs }),
      await stage.own(arriveClock, 'main', { clock: 'main', offsetMs: 10 ** 12, to: Date.now() }),
    ];
    expect([codes(late), await stateOf()]).toEqual([['done', 'done'], before]);
    const outside = stage.send(arriveClock, 'main', { clock: 'main', offsetMs: 0, to: 1 }, operator());
    expect((await outside).code).toBe('forbidden');
  });

  it('does not happen on a platform whose clock is real', async () => {
    expect(await clock()).toMatchObject({ steppable: true, movingTo: null, now: expect.any(Number) });
    expect(Math.abs((await clock()).now - escrow.now)).toBeLessThan(HOUR_MS);
    await stage.reboot({ steppable: false });
    expect((await advance(escrow.now + DAY_MS)).code).toBe('clock-immovable');
    expect(await clock()).toMatchObject({ steppable: false, movingTo: null });
    await stage.reboot();
  });

  it('left nothing poisoned', async () => {
    expect(await stage.rows('select error from quarantine')).toEqual([]);
  });
});
