const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [860, 220, 60, 24, 10];
const COLOURS = ['#1d4e89', '#f79256', '#00b2ca', '#c44536'];

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

const short = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Lines over seconds, from zero. Empty where there is nothing to draw. */
export function plot(title: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return '';
  const [right, top] = [Math.max(...all.map(([x]) => x), 1), Math.max(...all.map(([, y]) => y), 1e-9)];
  const x = (value: number) => LEFT + (value / right) * (WIDTH - LEFT - 150);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const drawn = lines.flatMap(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    const beside = `<text x="${WIDTH - 128}" y="${TOP + 12 + i * 18}">${escaped(name)}</text>`;
    const mark = `<rect x="${WIDTH - 144}" y="${TOP + 2 + i * 18}" width="10" height="10" fill="${colour}"/>`;
    return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`, mark, beside];
  });
  const scale = [0, 0.5, 1].map(
    (share) =>
      `<text x="${LEFT - 6}" y="${(y(top * share) + 4).toFixed(1)}" text-anchor="end">${short(top * share)}</text>`,
  );
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${x(right * share).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="middle">` +
      `${short(right * share)} s</text>`,
  );
  const body = [...drawn, ...scale, ...ticks].join('');
  const svg = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${body}</svg>`;
  return `<figure><figcaption>${escaped(title)}</figcaption>${svg}</figure>`;
}
