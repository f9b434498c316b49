import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { byVariant, cpuChart, standalone } from './charts.ts';
import { cellsOf, HEADINGS, type Run, sentencesOf } from './report.ts';
import { median } from './stats.ts';
import type { Sample } from './sample.ts';
import { ROLES } from './cpu.ts';

const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function variantRow([variant, of]: [string, Sample[]]): string[] {
  const middle = (pick: (sample: Sample) => number, digits: number) => median(of.map(pick)).toFixed(digits);
  const rates = of.map(({ perSecond }) => perSecond);
  return [
    variant,
    middle(({ perSecond }) => perSecond, 0),
    `${Math.min(...rates).toFixed(0)} – ${Math.max(...rates).toFixed(0)}`,
    `${middle(({ acceptedShare }) => acceptedShare * 100, 1)} %`,
    middle(({ serverUs }) => serverUs, 1),
    ...ROLES.map((role) => middle(({ cpuUs }) => cpuUs[role], 1)),
    `${middle(({ busy }) => busy * 100, 0)} %`,
  ];
}

/** What figures are made of besides rates, medians of the rounds in which there was any. */
function besides([variant, of]: [string, Sample[]]): string[][] {
  const names = new Set(of.flatMap(({ measures = {} }) => Object.keys(measures)));
  return [...names].flatMap((name) => {
    const values = of.flatMap(({ measures }) => measures?.[name] ?? []).filter(Number.isFinite);
    return values.length ? [[variant, name, median(values).toFixed(2)]] : [];
  });
}

/** The committed table. */
export function page(run: Run): string {
  const { results, samples } = run;
  return [
    '# Benchmarks',
    'Written by `npm run bench`; what it means and how it is measured says `loadtests/src/bench/README.md`.',
    sentencesOf(run).join('\n'),
    '## Figures',
    table(HEADINGS, results.map(cellsOf)),
    '## What they are made of',
    'Medians over the rounds. CPU in µs per operation: of all servers together, then by role; `others` are processes ' +
      'of ours that play no part. `busy` is how much of all CPUs was in use.',
    table(['variant', 'per s', 'range', 'accepted', 'servers', ...ROLES, 'busy'], byVariant(samples).map(variantRow)),
    '## What was measured besides',
    'Medians over the rounds; a name that ends in `Ms`, `P99Ms` or `Mib` says its unit.',
    table(['variant', 'what', 'median'], byVariant(samples).flatMap(besides)),
    '',
  ].join('\n\n');
}

/** What the plot shows: the two headline loads and what they are measured against. */
const SHOWN = ['ours-many', 'ours-hot', 'echo-many', 'control-many', 'rows-many', 'naive-many', 'naive-hot'];

/** `name`: of its file in docs. The plot goes with the one that has what it shows. */
export function writePage(run: Run, name: string): string {
  const file = join(root, `docs/${name}.md`);
  writeFileSync(file, page(run).trimEnd() + '\n');
  const shown = run.samples.filter(({ variant }) => SHOWN.includes(variant));
  if (shown.length) writeFileSync(join(root, 'docs/pictures/bench.svg'), standalone(cpuChart(shown)) + '\n');
  return file;
}
