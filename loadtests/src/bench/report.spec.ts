import { byVariant, escaped, latencyChart, rateChart } from './charts.ts';
import { ROLES, type Role } from './cpu.ts';
import { FIGURES } from './figures.ts';
import { page } from './page.ts';
import { cellsOf, html, type Run } from './report.ts';
import type { Sample } from './sample.ts';

const cpuUs = Object.fromEntries(ROLES.map((role, i) => [role, i + 1])) as Record<Role, number>;
const sample = (variant: string, round: number, perSecond: number): Sample => ({
  ...{ variant, round, perSecond, at: round * 10, operations: 99, attempts: 100, seconds: 1, acceptedShare: 0.99 },
  ...{ others: { '422 <b>': 1 }, cpuUs, serverUs: 21, softirqUs: 1, busy: 0.9, outside: 0.01 },
  measures: { gatewayMib: 100 + round, shedP99Ms: Number.NaN },
  latencyMs: [
    [50, 2],
    [99, 20],
  ],
});
const samples = [1, 2, 3].flatMap((round) => [
  sample('ours-many', round, 100 * round),
  sample('rows-many', round, 200),
]);
const run: Run = {
  ...{ date: '2026-11-25 03:00', commit: 'abc123', isClean: true, samples },
  machine: { cpu: 'a CPU', cpus: 2, memoryGb: 24, kernel: '6.1', node: 'v24' },
  options: { rounds: 3, seconds: 1, primeSeconds: 25, rough: false },
  results: [
    { figure: FIGURES[0]!, spread: { median: 0.8, least: 0.5, most: 1.2 }, rounds: 3, reached: 'must' },
    { figure: FIGURES[1]!, rounds: 0, reached: 'refused', reason: 'machine busy | 12 %' },
  ],
  refusals: [{ variant: 'rows-hot', round: 1, reason: 'machine busy | 12 %' }],
  verdict: { good: true, says: '99 acknowledged, 99 stored' },
};

describe('the report', () => {
  it('shows each figure with its range and what was to be reached, or why it is refused', () => {
    expect(run.results.map(cellsOf).map((cells) => cells.slice(2))).toEqual([
      ['0.80 ×', '0.50 – 1.20', '≥ 0.70 / 0.90', 'must', '3'],
      ['–', '–', '≥ 5.50 / 7.00', 'refused: machine busy | 12 %', '0'],
    ]);
  });

  it('is a page with its plots inside, in which nothing that was measured is markup', () => {
    const shown = html(run);
    expect(shown.match(/<svg /g)).toHaveLength(4);
    expect(shown).toContain('422 &lt;b&gt;: 1');
    expect(shown).not.toContain('422 <b>');
    expect(shown).toContain('abc123');
    expect(shown).not.toMatch(/NaN|undefined/);
  });

  it('draws no latency where nobody told one', () => {
    expect(latencyChart(samples.map(({ latencyMs: _, ...rest }) => rest))).toBe('');
  });

  it('draws a mark for each round and a bar for each variant', () => {
    const chart = rateChart(samples);
    expect(chart.match(/<circle/g)).toHaveLength(samples.length);
    expect(chart.match(/<rect/g)).toHaveLength(byVariant(samples).length);
  });

  it('names the commit, the machine and the date in the committed table, whose cells stay cells', () => {
    const text = page(run);
    expect(text).toContain('2026-11-25 03:00, commit abc123.');
    expect(text).toContain('a CPU, 2 CPUs, 24 GB');
    expect(text).toContain('machine busy \\| 12 %');
    const columns = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(columns).size).toBe(3);
  });

  it('tells what figures are made of besides rates, of each round and in the middle', () => {
    expect(html(run)).toContain('gatewayMib: 101, shedP99Ms: –');
    expect(page(run)).toContain('| ours-many | gatewayMib | 102.00 |');
    expect(page(run)).not.toContain('shedP99Ms');
  });

  it('says loudly when what was acknowledged is not there', () => {
    expect(page({ ...run, verdict: { good: false, says: 'one is missing' } })).toContain('NOT PROVEN: one is missing.');
  });

  it('escapes what is markup', () => {
    expect(escaped('a<b>&"')).toBe('a&lt;b&gt;&amp;&quot;');
  });
});
