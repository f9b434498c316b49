import type { Bench } from './bench.ts';
import { runRounds } from './rounds.ts';

const bench = { place: { pids: { launcher: process.pid } } } as unknown as Bench;
const options = { seconds: 1, rough: true, say: () => {} };
const outcome = (operations: number) => ({ operations, attempts: 10, others: {}, seconds: 1 });

describe('the rounds', () => {
  it('lay out what a load uses up before each, the warm-up too, and take down at the end of a round', async () => {
    const did: string[] = [];
    const prepare = async () => ({
      cast: {},
      supply: async (seconds: number) => void did.push(`supply ${seconds}`),
      load: async (seconds: number) => {
        did.push(`load ${seconds}`);
        return outcome(10);
      },
      after: async () => void did.push('after'),
    });
    const { samples } = await runRounds(bench, [['one', prepare]], { ...options, rounds: 2 });
    expect(did.join(', ')).toBe(
      'supply 10, load 10, supply 1, load 1, after, supply 2, load 2, supply 1, load 1, after',
    );
    expect(samples.map(({ round, perSecond }) => [round, perSecond])).toEqual([
      [1, 10],
      [2, 10],
    ]);
  });

  it('refuse a variant that fails, say why and go on with the next', async () => {
    const broken = async () => Promise.reject(new Error('there is no such lot'));
    const whole = async () => ({ cast: {}, load: async () => outcome(10) });
    const variants = [
      ['broken', broken],
      ['whole', whole],
    ] as [string, typeof whole][];
    const { samples, refusals } = await runRounds(bench, variants, { ...options, rounds: 1 });
    expect(samples.map(({ variant }) => variant)).toEqual(['whole']);
    expect(refusals).toEqual([{ variant: 'broken', round: 1, reason: 'there is no such lot' }]);
  });
});
