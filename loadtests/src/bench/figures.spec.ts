import { VARIANTS } from './figure.ts';
import { FIGURES, figuresOf, reached, tableOf, variantsOf } from './figures.ts';
import { resultsOf } from './rounds.ts';
import { ROLES, type Role } from './cpu.ts';
import type { Sample } from './sample.ts';
import { PREPARE } from './variants.ts';

const cpu = (changes: Partial<Record<Role, number>> = {}) =>
  ({ ...Object.fromEntries(ROLES.map((role) => [role, 0])), ...changes }) as Record<Role, number>;
const sample = (variant: string, round: number, changes: Partial<Sample> = {}): Sample => ({
  ...{ variant, round, at: 0, operations: 100, attempts: 100, others: {}, seconds: 1, perSecond: 100 },
  ...{ acceptedShare: 1, cpuUs: cpu(), serverUs: 0, softirqUs: 0, busy: 0, outside: 0 },
  ...changes,
});
const only = (id: string, part = '') => FIGURES.filter((figure) => figure.id === id && figure.part === part);

describe('the figures', () => {
  it('are made of variants that somebody measures', () => {
    expect(FIGURES.flatMap(({ of }) => of).filter((id) => !(id in PREPARE))).toEqual([]);
  });

  it('have a stretch that is at least as hard as the must', () => {
    for (const { better, must, stretch } of FIGURES) {
      if (must === undefined || stretch === undefined) continue;
      expect(better === 'more' ? stretch >= must : stretch <= must).toBe(true);
    }
  });

  it('are measured by what they need and by nothing else, a share of the most after the most', () => {
    expect(variantsOf(figuresOf(['G1']))).toEqual(['ours-many', 'rows-many']);
    expect(VARIANTS.indexOf('ours-steady')).toBeGreaterThan(VARIANTS.indexOf('ours-many'));
  });

  it('that take long are measured only when they are asked for', () => {
    const always = figuresOf().map(({ id }) => id);
    expect(always).toEqual(expect.arrayContaining(['G1', 'G12', 'M']));
    expect(always.filter((id) => id.startsWith('O') || id === 'G10-ROWS' || id === 'G13')).toEqual([]);
    expect(figuresOf(['O1', 'G10-ROWS']).map(({ id }) => id)).toEqual(expect.arrayContaining(['O1', 'G10-ROWS']));
  });

  it.each([
    [undefined, 'benchmarks'],
    [['G13'], 'benchmarks-deals'],
    [['O1', 'O2', 'O3', 'O4', 'O5'], 'benchmarks-overload'],
    [['O1', 'O2'], undefined],
    [['G1'], undefined],
    [['G13', 'G1'], undefined],
  ])('of %j fill the table %s', (ids, table) => {
    expect(tableOf(ids)).toBe(table);
  });

  it.each([
    ['more', 0.69, 'below'],
    ['more', 0.7, 'must'],
    ['more', 0.9, 'stretch'],
    ['less', 4.1, 'below'],
    ['less', 4, 'must'],
    ['less', 3, 'stretch'],
  ] as const)('where %s is better, %d is %s', (better, value, expected) => {
    const goals = better === 'more' ? { must: 0.7, stretch: 0.9 } : { must: 4, stretch: 3 };
    expect(reached({ ...FIGURES[0]!, better, ...goals }, value)).toBe(expected);
  });

  it('are the median of the ratios of each round, not the ratio of the medians', () => {
    const rates = [
      [100, 100],
      [300, 100],
      [200, 400],
    ];
    const samples = rates.flatMap(([ours, rows], i) => [
      sample('ours-many', i + 1, { perSecond: ours! }),
      sample('rows-many', i + 1, { perSecond: rows! }),
    ]);
    const [result] = resultsOf(only('G1'), { samples, refusals: [] });
    expect(result).toMatchObject({ spread: { median: 1, least: 0.5, most: 3 }, rounds: 3, reached: 'stretch' });
  });

  it('leave out a round in which a part is missing, and are refused, with the reason, when none is left', () => {
    const reason = 'machine busy';
    const refusals = [{ variant: 'rows-many', round: 1, reason }];
    const half = [sample('ours-many', 1), sample('ours-many', 2), sample('rows-many', 2)];
    expect(resultsOf(only('G1'), { samples: half, refusals })[0]).toMatchObject({ rounds: 1, reached: 'stretch' });
    const [refused] = resultsOf(only('G1'), { samples: half.slice(0, 1), refusals });
    expect(refused).toMatchObject({ rounds: 0, reached: 'refused', reason });
  });

  it('weigh a quote by all servers and an echo by its own process', () => {
    const samples = [
      sample('ours-many', 1, { serverUs: 80, cpuUs: cpu({ gateway: 40 }) }),
      sample('echo-many', 1, { serverUs: 25, cpuUs: cpu({ gateway: 20, postgres: 5 }) }),
    ];
    const median = (part: string) => resultsOf(only('G6', part), { samples, refusals: [] })[0]!.spread!.median;
    expect([median('many'), median('gateway')]).toEqual([4, 2]);
  });

  it('tell the pool of lots that is farthest from a thousand, in either direction', () => {
    const rates = { 'ours-1': 90, 'ours-10': 80, 'ours-100': 100, 'ours-many': 100, 'ours-10000': 110 };
    const samples = Object.entries(rates).map(([id, perSecond]) => sample(id, 1, { perSecond }));
    const [result] = resultsOf(only('G10', 'lots'), { samples, refusals: [] });
    expect(result!.spread!.median).toBeCloseTo(20);
    expect(result!.reached).toBe('below');
  });
});
