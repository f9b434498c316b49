import { ROLES } from './cpu.ts';
import type { Sample } from './sample.ts';
import { median } from './stats.ts';

const [WIDTH, LEFT, RIGHT, ROW] = [860, 150, 70, 26];
const COLOURS = ['#1d4e89', '#f79256', '#00b2ca', '#7dcfb6', '#8d6a9f', '#b59f3b', '#c44536', '#9aa0a6', '#d5d8dc'];
/** What a role takes of the line that names the colours. */
const LEGEND = 76;

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

const short = (value: number) =>
  value >= 10_000 ? `${(value / 1000).toFixed(1)} k` : value.toFixed(value >= 100 ? 0 : value >= 1 ? 1 : 2);
const text = (x: number, y: number, says: string, anchor = 'start') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(says)}</text>`;

/** A bar in the row that begins at `y`. */
function block(x: number, y: number, width: number, colour: string, title = ''): string {
  const place = `x="${x.toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="16"`;
  return `<rect ${place} fill="${colour}">${title && `<title>${escaped(title)}</title>`}</rect>`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  const style = 'font:12px system-ui,sans-serif;fill:currentColor';
  const head = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" style="${style}">`;
  return `${head}${parts.join('')}</svg>`;
}

/** A plot as a file of its own, to be read on whatever ground. */
export const standalone = (plot: string): string =>
  plot
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" color="#1f2328" ')
    .replace('>', '><rect width="100%" height="100%" fill="#ffffff"/>');

/** By variant, in the order of the first round. */
export const byVariant = (samples: readonly Sample[]): [string, Sample[]][] => [
  ...Map.groupBy(samples, ({ variant }) => variant),
];

/** Operations a second of every variant: each round a mark, the median a bar. */
export function rateChart(samples: readonly Sample[]): string {
  const groups = byVariant(samples);
  const most = Math.max(...samples.map(({ perSecond }) => perSecond));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const parts = groups.flatMap(([variant, of], row) => {
    const y = row * ROW;
    const middle = median(of.map(({ perSecond }) => perSecond));
    const marks = of.map(
      ({ perSecond }) => `<circle cx="${x(perSecond).toFixed(1)}" cy="${y + 13}" r="3" fill="#f79256"/>`,
    );
    const bar = block(LEFT, y, x(middle) - LEFT, COLOURS[0]!);
    return [
      text(LEFT - 8, y + 17, variant, 'end'),
      bar,
      ...marks,
      text(WIDTH - RIGHT + 8, y + 17, `${short(middle)}/s`),
    ];
  });
  return svg(groups.length * ROW, 'Operations a second by variant', parts);
}

/** CPU-µs of one operation by role, medians. */
export function cpuChart(samples: readonly Sample[]): string {
  const groups = byVariant(samples).map(([variant, of]) => ({
    variant,
    roles: ROLES.map((role) => median(of.map(({ cpuUs }) => cpuUs[role]))),
  }));
  const total = (roles: readonly number[]) => roles.reduce((all, one) => all + one, 0);
  const most = Math.max(...groups.map(({ roles }) => total(roles)));
  const x = (value: number) => (value / most) * (WIDTH - LEFT - RIGHT);
  const rows = groups.flatMap(({ variant, roles }, row) => {
    const y = (row + 1) * ROW;
    let at = LEFT;
    const bars = roles.map((value, i) => {
      const bar = block(at, y, x(value), COLOURS[i]!, `${ROLES[i]} ${short(value)} µs`);
      at += x(value);
      return bar;
    });
    return [
      text(LEFT - 8, y + 17, variant, 'end'),
      ...bars,
      text(WIDTH - RIGHT + 8, y + 17, `${short(total(roles))} µs`),
    ];
  });
  const legend = ROLES.flatMap((role, i) => [
    `<rect x="${LEFT + i * LEGEND}" y="6" width="10" height="10" fill="${COLOURS[i]}"/>`,
    text(LEFT + i * LEGEND + 14, 15, role),
  ]);
  return svg((groups.length + 1) * ROW, 'CPU of one operation by role', [...legend, ...rows]);
}

const HEIGHT = 260;
const [TOP, BOTTOM] = [12, 34];

interface Line {
  name: string;
  points: [x: number, y: number][];
}

/** Lines over a common axis; `logarithmic` where the values span decades. */
function lines(
  title: string,
  drawn: readonly Line[],
  ticks: readonly [number, string][],
  logarithmic: boolean,
): string {
  const all = drawn.flatMap(({ points }) => points);
  const scale = (value: number) => (logarithmic ? Math.log10(Math.max(value, 0.01)) : value);
  const [least, most] = [
    logarithmic ? scale(Math.min(...all.map(([, y]) => y))) : 0,
    scale(Math.max(...all.map(([, y]) => y))),
  ];
  const xs = [...all.map(([x]) => x), ...ticks.map(([x]) => x)];
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number) => LEFT / 2 + ((value - from) / (to - from || 1)) * (WIDTH - LEFT / 2 - 180);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((scale(value) - least) / (most - least || 1)) * (HEIGHT - TOP - BOTTOM);
  const paths = drawn.flatMap(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<rect x="${WIDTH - 168}" y="${TOP + i * 18}" width="10" height="10" fill="${colour}"/>`,
      text(WIDTH - 152, TOP + i * 18 + 10, name),
    ];
  });
  const marks = ticks.map(([at, name]) => text(x(at), HEIGHT - 12, name, 'middle'));
  const top = Math.max(...all.map(([, value]) => value));
  return svg(HEIGHT, title, [...paths, ...marks, text(4, TOP + 10, short(top))]);
}

/** Where each latency lies: percentiles, the last decades stretched. */
export function latencyChart(samples: readonly Sample[]): string {
  const told = byVariant(samples).flatMap(([variant, of]) => {
    const [first] = of.flatMap(({ latencyMs }) => (latencyMs ? [latencyMs] : []));
    return first ? [{ variant, of, shares: first.map(([share]) => share) }] : [];
  });
  if (!told.length) return '';
  const stretch = (share: number) => -Math.log10(1 - Math.min(share, 99.99) / 100);
  const drawn = told.map(({ variant, of, shares }) => ({
    name: variant,
    points: shares.map((share, i): [number, number] => [
      stretch(share),
      median(of.flatMap(({ latencyMs }) => latencyMs?.[i]?.[1] ?? [])),
    ]),
  }));
  const ticks = [50, 90, 99, 99.9, 99.99].map((share): [number, string] => [stretch(share), `p${share}`]);
  return lines('Latency by percentile, ms', drawn, ticks, true);
}

/** Operations a second over the whole run: what drifts or is disturbed shows. */
export function timelineChart(samples: readonly Sample[]): string {
  const drawn = byVariant(samples).map(([name, of]) => ({
    name,
    points: of.map(({ at, perSecond }): [number, number] => [at, perSecond]),
  }));
  const end = Math.max(...samples.map(({ at }) => at));
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share): [number, string] => [
    end * share,
    `${(end * share).toFixed(0)} s`,
  ]);
  return lines('Operations a second over the run', drawn, ticks, false);
}
