import { advanceClock, getClock } from '@yuzhi/protocol/oversight';
import { expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { Stage } from './stage.ts';

const stage = new Stage(readAddresses());
const advance = (to: number) => refusalOf(stage.desk.send(advanceClock, { to }));

it('moves the clock forward only, and on one way at a time', async () => {
  const now = await stage.now();
  expect(await advance(now - 1)).toBe('clock-behind');
  const both = await Promise.all([advance(now + 60_000), advance(now + 90_000)]);
  expect(both.toSorted()).toEqual(['accepted', 'clock-moving']);
  await eventually('the clock at rest', async () => (await stage.anyone.ask(getClock, {})).movingTo === null);
  expect(await stage.now()).toBeGreaterThanOrEqual(now + 60_000);
}, 60_000);
