import type { Acknowledged } from '../reconcile/acknowledged.ts';
import type { Verdict } from '../reconcile/reconcile.ts';
import type { Ran } from './k6.ts';
import type { LoadOptions } from './options.ts';
import { escaped, plot } from './plot.ts';
import { latencyLines, latencyOf, percentile, rateLines, timeline } from './timeline.ts';
import type { Watched } from './watchers.ts';

/** Everything that is known of a run. */
export interface Run {
  options: LoadOptions;
  url: string;
  /** Epoch ms. */
  at: number;
  ran: Ran;
  acknowledged: readonly Acknowledged[];
  verdict: Verdict;
  watched: Watched | null;
  /** Why it failed, in words; empty when it did not. */
  failures: string[];
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;width:100%;margin:1rem 0}
td,th{padding:.25rem .5rem;border-bottom:1px solid #ddd;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}.no{color:#b00020}.yes{color:#146c2e}
svg{width:100%;font-size:12px}
figure{margin:1.5rem 0}@media(prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}svg{fill:#e6e6e6}}`;

const row = (cells: readonly string[]) => `<tr>${cells.join('')}</tr>`;
const text = (value: string) => `<td>${escaped(value)}</td>`;
const number = (value: number) => `<td class="n">${Number.isInteger(value) ? value : value.toFixed(1)}</td>`;
const mark = (ok: boolean) => `<td class="${ok ? 'yes' : 'no'}">${ok ? '✓' : '✗'}</td>`;
const table = (head: readonly string[], rows: readonly string[]) =>
  `<table>${row(head.map((one) => `<th>${escaped(one)}</th>`))}${rows.join('')}</table>`;

/** What was answered, by command: how often, with what outcomes, how quickly. */
export function byCommand(acknowledged: readonly Acknowledged[]) {
  return [...Map.groupBy(acknowledged, ({ type = 'unnamed' }) => type)].map(([type, of]) => {
    const sorted = of.map(latencyOf).toSorted((a, b) => a - b);
    const codes = [...Map.groupBy(of, ({ code }) => code)].map(([code, same]) => `${code} ${same.length}`);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share));
    return {
      type,
      count: of.length,
      codes: codes.join(', '),
      p50: p50!,
      p95: p95!,
      p99: p99!,
      most: sorted.at(-1) ?? 0,
    };
  });
}

/** Every threshold of k6, and whether it was kept. */
export const thresholdsOf = ({ summary }: Ran) =>
  Object.entries(summary.metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).map(([rule, { ok }]) => ({ rule: `${metric}: ${rule}`, ok })),
  );

function commands(run: Run): string {
  const rows = byCommand(run.acknowledged).map(({ type, count, codes, p50, p95, p99, most }) =>
    row([text(type), number(count), ...[p50, p95, p99, most].map(number), text(codes)]),
  );
  return table(['command', 'answered', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'outcomes'], rows);
}

function verdict({ verdict: { checks, notCompared } }: Run): string {
  const rows = checks.flatMap(({ name, proves, findings }) => [
    row([mark(!findings.length), text(name), text(proves)]),
    ...findings.map((finding) => row(['<td></td>', text(finding.row), `<td class="no">${escaped(finding.says)}</td>`])),
  ]);
  const beside = notCompared.length ? `<p>Not compared: ${escaped(notCompared.join(', '))}.</p>` : '';
  return `${table(['', 'check', 'proves'], rows)}${beside}`;
}

/** One page without anything to be fetched. */
export function html(run: Run): string {
  const { options, url, at, ran, watched, failures } = run;
  const { scenario, rate, durationS, seed } = options;
  const seconds = timeline(run.acknowledged);
  const title = `Load: ${scenario}`;
  const said = failures.length
    ? `<ul class="no">${failures.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`
    : '<p class="yes">Every threshold was kept, and everything that was acknowledged is there.</p>';
  const seen = watched ? `<p>${watched.watchers} watchers saw ${watched.items} items of the live halls.</p>` : '';
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style>
<h1>${title}</h1>
<p>${new Date(at).toISOString()} · ${escaped(url)} · ${rate}/s for ${durationS} s · seed ${seed}</p>
${said}${seen}
<h2>What was answered</h2>
<p>Latency is counted from the instant at which each should have been sent.</p>
${commands(run)}
${plot('Outcomes a second', rateLines(seconds))}${plot('Latency by second, ms', latencyLines(seconds))}
<h2>Thresholds</h2>
${table(
  ['', 'threshold'],
  thresholdsOf(ran).map(({ rule, ok }) => row([mark(ok), text(rule)])),
)}
<h2>Reconciliation</h2>
${verdict(run)}</html>
`;
}
