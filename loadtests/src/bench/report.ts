import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { cpuChart, escaped, latencyChart, rateChart, timelineChart } from './charts.ts';
import type { Machine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import type { Refusal, Result } from './rounds.ts';
import type { Sample } from './sample.ts';
import type { Verdict } from './verdict.ts';

/** Everything that is known of a run. */
export interface Run {
  date: string;
  commit: string;
  isClean: boolean;
  machine: Machine;
  options: BenchOptions;
  results: Result[];
  samples: Sample[];
  refusals: Refusal[];
  verdict: Verdict;
}

const number = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(Math.abs(value) >= 100 ? 0 : 2);

/** One figure as it is printed everywhere. */
export const cellsOf = ({ figure, spread, rounds, reached, reason }: Result): string[] => [
  `${figure.id} ${figure.part}`.trim(),
  figure.says,
  spread ? `${number(spread.median)} ${figure.unit}` : '–',
  spread ? `${number(spread.least)} – ${number(spread.most)}` : '–',
  `${figure.better === 'more' ? '≥' : '≤'} ${number(figure.must)} / ${number(figure.stretch)}`,
  reason ? `refused: ${reason}` : reached,
  String(rounds),
];
export const HEADINGS = ['figure', 'what', 'median', 'range', 'must / stretch', 'reached', 'rounds'];

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  `<table><thead><tr>${head.map((one) => `<th>${escaped(one)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((one) => `<td>${escaped(one)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:13px}
td,th{padding:4px 8px;border-bottom:1px solid #8884;text-align:left}
svg{width:100%;height:auto}figcaption{color:#777}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#e6e6e6}}`;

const sampleRow = (sample: Sample): string[] => [
  String(sample.round),
  sample.variant,
  sample.perSecond.toFixed(0),
  `${(sample.acceptedShare * 100).toFixed(2)} %`,
  sample.serverUs.toFixed(1),
  `${(sample.busy * 100).toFixed(0)} %`,
  `${(sample.outside * 100).toFixed(1)} %`,
  Object.entries(sample.others)
    .map(([said, count]) => `${said}: ${count}`)
    .join(', '),
  Object.entries(sample.measures ?? {})
    .map(([name, value]) => `${name}: ${number(value)}`)
    .join(', '),
];
const SAMPLE_HEADINGS = [
  ...['round', 'variant', 'per s', 'accepted', 'server CPU-µs', 'busy', 'outside', 'other answers'],
  'measured besides',
];

export const sentencesOf = ({ date, commit, isClean, machine, options, verdict }: Run): string[] => [
  `${date}, commit ${commit}${isClean ? '' : ' with changes that are not committed'}.`,
  `${machine.cpu}, ${machine.cpus} CPUs, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}.`,
  `${options.rounds} rounds of ${options.seconds} s, interleaved, after ${options.primeSeconds} s of priming.` +
    (options.rough ? ' Rough: the machine may have been busy.' : ''),
  `${verdict.good ? 'Proven' : 'NOT PROVEN'}: ${verdict.says}.`,
];

export function html(run: Run): string {
  const { results, samples, refusals } = run;
  const plot = (drawn: string, caption: string) =>
    drawn ? `<figure>${drawn}<figcaption>${escaped(caption)}</figcaption></figure>` : '';
  const plots = samples.length
    ? [
        plot(rateChart(samples), 'Operations a second: a mark for each round, a bar for the median.'),
        plot(cpuChart(samples), 'CPU of one operation by role.'),
        plot(
          latencyChart(samples),
          'Latency, ms. Of closed loops, which may not be quoted, except ours-steady and those like it.',
        ),
        plot(timelineChart(samples), 'Operations a second over the run.'),
      ]
    : [];
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Yuzhi bench</title><style>${STYLE}</style>`,
    `<h1>豫知 Yuzhi · bench</h1>`,
    ...sentencesOf(run).map((one) => `<p>${escaped(one)}</p>`),
    table(HEADINGS, results.map(cellsOf)),
    ...plots,
    '<h2>Samples</h2>',
    table(SAMPLE_HEADINGS, samples.map(sampleRow)),
    ...(refusals.length
      ? [
          '<h2>Refused</h2>',
          table(
            ['round', 'variant', 'why'],
            refusals.map((r) => [`${r.round}`, r.variant, r.reason]),
          ),
        ]
      : []),
  ].join('\n');
}

const FOLDER = join(root, '.yuzhi/reports');

/** Writes a file of results and answers where it is; what can be worked out again is left out. */
export function writeJson(name: string, value: object): string {
  mkdirSync(FOLDER, { recursive: true });
  const plain = (_: string, one: unknown) => (typeof one === 'function' ? undefined : one);
  const file = join(FOLDER, name);
  writeFileSync(file, JSON.stringify(value, plain, 2));
  return file;
}

/** Writes `bench.json` and `bench.html` beside each other and answers where the page is. */
export function writeReport(run: Run): string {
  writeJson('bench.json', run);
  const page = join(FOLDER, 'bench.html');
  writeFileSync(page, html(run));
  return page;
}
