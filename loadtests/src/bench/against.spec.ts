import { ratios, sentence } from './against.ts';
import type { Sample } from './sample.ts';

const sample = (variant: string, round: number, perSecond: number) => ({ variant, round, perSecond }) as Sample;

describe('two checkouts side by side', () => {
  it('are compared within each round, and a round that lacks one of them says nothing', () => {
    const samples = [
      sample('ours-many', 1, 110),
      sample('rival-many', 1, 100),
      sample('ours-many', 2, 220),
      sample('rival-many', 2, 200),
      sample('ours-many', 3, 500),
      sample('rival-hot', 3, 1),
    ];
    const found = ratios(samples, 'many', ({ perSecond }) => perSecond);
    expect(found).toEqual([1.1, 1.1]);
  });

  it.each([
    [[1.1, 1.05, 1.2, 1.1, 1.1], 'more', 'better'],
    [[1.1, 1.05, 1.2, 1.1, 1.1], 'less', 'worse'],
    [[0.9, 0.95, 0.8, 0.9, 0.9], 'more', 'worse'],
    [[1.1, 0.98, 1.2, 1.1, 1.1], 'more', 'no difference'],
    [[1.01, 1.005, 1.012, 1.01, 1.01], 'more', 'no difference'],
    [[1.1, 1.05, 1.2, 1.1], 'more', 'too few rounds to say, 5 are needed'],
  ] as const)('%j where %s is better is told as %s', (values, better, verdict) => {
    expect(sentence('many', 'rate', values, better)).toMatch(new RegExp(`${verdict}$`));
  });

  it('say so when nothing was measured', () => {
    expect(sentence('hot', 'rate', [], 'more')).toContain('not measured');
  });
});
