import { getTrialBalance } from '@yuzhi/protocol/escrow';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { agreement } from './agreement.ts';
import { freshSuffix, gather } from './cast.ts';
import { readAddresses } from './journeys.config.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

const stage = new Stage(readAddresses());
let line: StraightLine;
const seed = Number(process.env['YUZHI_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const FAULTS = ['error-after', 'cut-body', 'conflict-409', 'rate-limit-429'];

beforeAll(async () => {
  console.log(`the rail's faults have seed ${seed}`);
  const suffix = freshSuffix();
  line = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
  const { patentNumber } = await line.patent();
  await line.list(patentNumber);
}, 60_000);
afterAll(() => stage.rail.calm());

/** Webhooks that were sent, and that were dropped, while something happened. */
async function delivered(mode: string, during: () => Promise<unknown>) {
  await stage.rail.webhooks(mode);
  const before = await stage.rail.deliveries();
  await during();
  const { posts, drops } = await stage.rail.deliveries();
  return { posts: posts - before.posts, drops: drops - before.drops };
}

it('agrees with the rail to the fen although calls fail and webhooks come twice, late or never', async () => {
  const { struck: before } = await stage.rail.struck();
  await stage.rail.fail('transfers.create', FAULTS);
  await stage.rail.misbehave(FAULTS, 0.05, seed);
  const twice = await delivered('duplicate', async () => {
    await line.admit();
    await line.bid();
  });
  const late = await delivered('reorder', async () => {
    await line.result();
    await line.contract();
  });
  const never = await delivered('drop', () => line.fund());
  await stage.rail.webhooks('normal');
  expect(await stage.rail.forge()).toEqual(expect.arrayContaining([expect.objectContaining({ status: 400 })]));
  await line.register();
  await line.sale.untilDeal('closed', ({ state }) => state === 'closed');
  const { struck } = await stage.rail.struck();
  await stage.rail.calm();
  console.log(`struck ${JSON.stringify(struck)}; webhooks ${JSON.stringify({ twice, late, never })}`);
  for (const mode of FAULTS) expect(struck[mode]).toBeGreaterThan(before[mode] ?? 0);
  for (const { posts } of [twice, late]) expect(posts).toBeGreaterThan(0);
  expect(never.drops).toBeGreaterThan(0);
  const { money } = await line.close();
  expect(money.payouts.map(({ state }) => state)).toEqual(money.payouts.map(() => 'paid'));
  const agreed = await agreement(stage);
  expect(agreed.differenceFen).toBe('0');
  expect(await stage.desk.ask(getTrialBalance, {})).toMatchObject({ sumFen: '0', violations: [] });
  expect((await stage.rail.summary()).difference_fen).toBe('0');
}, 300_000);
