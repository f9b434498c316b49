import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

/** Kills a member and has it started again; answers when the kill landed, epoch ms. */
async function crash(member: Member): Promise<number> {
  const response = await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/crash/${member}`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { killedAt: number }).killedAt;
}

let line: StraightLine;
/** About how many calls each step makes undisturbed; the last one makes more. */
const CALLS = { patent: 4, list: 6, admit: 25, bid: 40, result: 10, contract: 15, fund: 60, register: 30, close: 5 };
type Step = keyof typeof CALLS;
const STEPS = Object.keys(CALLS) as Step[];
/** Each member dies once, at a step and at one of its calls that the seed chooses. */
const deaths = MEMBERS.map((member) => {
  const step = STEPS[Math.floor(random() * STEPS.length)]!;
  return { member, step, atCall: 1 + Math.floor(random() * CALLS[step]) };
});
/** Who was killed while a step was under way. */
const landed: Member[] = [];
/** Whose step was over before the kill landed: they die in the next one. */
let missed: Member[] = [];

beforeAll(async () => {
  console.log(
    `seed ${seed}: ${deaths.map(({ member, step, atCall }) => `${member} at ${step}, ${atCall}`).join('; ')}`,
  );
  const suffix = freshSuffix();
  const stage = new Stage(readAddresses());
  line = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
}, 120_000);

/** Tells of each call that goes out to the platform, before it does. */
const { fetch } = globalThis;
let called: () => void = () => {};
globalThis.fetch = (...args) => (called(), fetch(...args));
afterAll(() => void (globalThis.fetch = fetch));

async function during<T>(step: Step, act: () => Promise<T>): Promise<T> {
  const due = [...missed.map((member) => ({ member, atCall: 1 })), ...deaths.filter((death) => death.step === step)];
  let calls = 0;
  const killed: Promise<{ member: Member; call: number; at: number }>[] = [];
  called = () => {
    calls += 1;
    for (const { member } of due.filter(({ atCall }) => atCall === calls)) {
      const call = calls;
      killed.push(crash(member).then((at) => ({ member, call, at })));
    }
  };
  const began = Date.now();
  const seen = await act();
  const ended = Date.now();
  called = () => {};
  missed = due.filter(({ atCall }) => atCall > calls).map(({ member }) => member);
  for (const { member, call, at } of await Promise.all(killed)) {
    (at < ended ? landed : missed).push(member);
    console.log(`killed ${member} at call ${call} of ${step}, ${at - began} ms into its ${ended - began} ms`);
  }
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
    expect(landed.toSorted()).toEqual([...MEMBERS].toSorted());
  }, 400_000);
});
