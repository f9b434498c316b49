import { getReconciliation, getTrialBalance } from '@yuzhi/protocol/escrow';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshSuffix, gather } from './cast.ts';
import { eventually } from './eventually.ts';
import { readAddresses } from './journeys.config.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

const stage = new Stage(readAddresses());
let line: StraightLine;
const seed = Math.floor(Math.random() * 1_000_000);

beforeAll(async () => {
  console.log(`the rail's faults have seed ${seed}`);
  const suffix = freshSuffix();
  line = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
  const { patentNumber } = await line.patent();
  await line.list(patentNumber);
}, 60_000);
afterAll(() => stage.rail.calm());

it('agrees with the rail to the fen although calls fail and webhooks come twice, late or never', async () => {
  await stage.rail.misbehave(['error-after', 'cut-body', 'conflict-409', 'rate-limit-429'], 0.05, seed);
  await stage.rail.webhooks('duplicate');
  await line.admit();
  await line.bid();
  await stage.rail.webhooks('reorder');
  await line.result();
  await line.contract();
  await stage.rail.webhooks('drop');
  await line.fund();
  expect(await stage.rail.forge()).toEqual(expect.arrayContaining([expect.objectContaining({ status: 400 })]));
  await line.register();
  await stage.rail.calm();
  const { money } = await line.close();
  expect(money.payouts.map(({ state }) => state)).toEqual(money.payouts.map(() => 'paid'));
  const agreed = await eventually('agreement', async () => {
    const rail = await stage.desk.ask(getReconciliation, {});
    return rail.operationsOpen === 0 && rail;
  });
  expect(agreed.differenceFen).toBe('0');
  expect(await stage.desk.ask(getTrialBalance, {})).toMatchObject({ sumFen: '0', violations: [] });
  expect((await stage.rail.summary()).difference_fen).toBe('0');
}, 300_000);
