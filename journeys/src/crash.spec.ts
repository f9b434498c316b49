import { beforeAll, describe, expect, it } from '@jest/globals';
import { freshSuffix, gather } from './cast.ts';
import { readAddresses } from './journeys.config.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

const MEMBERS = ['identity', 'register', 'listings', 'bidding', 'contracts', 'escrow', 'oversight', 'gateway'] as const;
type Member = (typeof MEMBERS)[number];

const seed = Number(process.env['YUZHI_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Numbers from 0 up to 1 that the seed alone determines (mulberry32). */
function randomOf(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = randomOf(seed);

async function crash(member: Member): Promise<void> {
  const response = await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/crash/${member}`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
}

let line: StraightLine;
/** Each member dies once, at a step and a moment that the seed chooses. */
const STEPS = ['patent', 'list', 'admit', 'bid', 'result', 'contract', 'fund', 'register', 'close'] as const;
const deaths = MEMBERS.map((member) => ({
  member,
  step: STEPS[Math.floor(random() * STEPS.length)]!,
  afterMs: Math.floor(random() * 1_500),
}));

beforeAll(async () => {
  console.log(
    `seed ${seed}: ${deaths.map(({ member, step, afterMs }) => `${member} at ${step}+${afterMs} ms`).join(', ')}`,
  );
  const suffix = freshSuffix();
  const stage = new Stage(readAddresses());
  line = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
}, 120_000);

async function during<T>(step: (typeof STEPS)[number], act: () => Promise<T>): Promise<T> {
  const killed = deaths
    .filter((death) => death.step === step)
    .map(async ({ member, afterMs }) => {
      await new Promise((go) => setTimeout(go, afterMs));
      await crash(member);
      console.log(`killed ${member} in step ${step}`);
    });
  const [seen] = await Promise.all([act(), ...killed]);
  return seen;
}

describe('the story while every member is killed once', () => {
  it('ends as it does undisturbed: sold, registered, paid out, the book at zero', async () => {
    const { patentNumber } = await during('patent', () => line.patent());
    await during('list', () => line.list(patentNumber));
    const paddles = await during('admit', () => line.admit());
    expect(paddles).toEqual({ firmA: 1, firmB: 2 });
    const { ended } = await during('bid', () => line.bid());
    expect(ended.result).toMatchObject({ outcome: 'sold', paddle: 2, priceFen: '24500000' });
    await during('result', () => line.result());
    const { genuine, changed } = await during('contract', () => line.contract());
    expect([genuine.valid, changed.valid]).toEqual([true, false]);
    const { money } = await during('fund', () => line.fund());
    expect(money.escrowFen).toBe('24500000');
    const { patent } = await during('register', () => line.register());
    expect(patent.entry?.owners).toMatchObject([{ party: line.cast.firmB.uscc }]);
    const { money: paid, balance, rail, summary } = await during('close', () => line.close());
    expect(paid.split).toMatchObject({ feeFen: '490000', sellerFen: '7763000' });
    expect(balance).toMatchObject({ sumFen: '0', violations: [] });
    expect([rail.differenceFen, summary.difference_fen]).toEqual(['0', '0']);
  }, 400_000);
});
