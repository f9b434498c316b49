import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { Counters, Gauges, Histograms, merged, quantile } from './series.ts';

const said = { help: 'What it counts.', unit: 'requests' as const };

describe('the series of a metric', () => {
  it('is found by its labels, in whatever order they are given, and is the same every time', () => {
    const counters = new Counters({ ...said, name: 'x_total', labels: ['a', 'b'] });
    const one = counters.of({ a: '1', b: '2' });
    one.inc();
    counters.of({ b: '2', a: '1' }).inc(4);
    expect(counters.of({ a: '1', b: '2' })).toBe(one);
    expect(counters.of({ a: '2', b: '1' })).not.toBe(one);
    expect(one.value).toBe(5);
  });

  it('refuses labels that are not the declared ones', () => {
    const gauges = new Gauges({ ...said, name: 'x', labels: ['service'] });
    expect(() => gauges.of({ sale: 's-1' } as never)).toThrow('labelled by service, not by sale');
    expect(() => gauges.of({ service: 'a', sale: 's-1' } as never)).toThrow('sale');
    expect(() => gauges.of({} as never)).toThrow('service');
  });

  it('is chosen by some of its labels', () => {
    const gauges = new Gauges({ ...said, name: 'x', labels: ['service', 'kind'] });
    for (const service of ['a', 'b']) for (const kind of ['k', 'l']) gauges.of({ service, kind }).set(1);
    expect(gauges.where({ service: 'a' }).map(({ labels }) => labels)).toEqual([
      { service: 'a', kind: 'k' },
      { service: 'a', kind: 'l' },
    ]);
    expect(gauges.where({})).toHaveLength(4);
    expect(gauges.where({ kind: 'nothing' })).toEqual([]);
  });
});

describe('what a scraper reads', () => {
  it('is OpenMetrics: counters, buckets from below, and the trace of the last traced value of a bucket', async () => {
    const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const counters = new Counters({ ...said, name: 'c_total', labels: ['a'] });
    const histograms = new Histograms({ ...said, name: 'h_seconds', labels: ['a'] }, [0.1, 1]);
    for (const family of [counters, histograms]) registry.registerMetric(family as never);
    counters.of({ a: '"quoted"' }).inc(2);
    const series = histograms.of({ a: 'x' });
    series.observe(0.1, 'a'.repeat(32));
    series.observe(0.05, 'b'.repeat(32));
    series.observe(0.5);
    series.observe(7);
    const text = await registry.metrics();
    const expected = [
      '# HELP c What it counts.',
      '# TYPE c counter',
      'c_total{a="\\"quoted\\""} 2',
      '# HELP h_seconds What it counts.',
      '# TYPE h_seconds histogram',
      expect.stringMatching(
        new RegExp(`^h_seconds_bucket\\{le="0.1",a="x"\\} 2 # \\{trace_id="${'b'.repeat(32)}"\\} 0.05 [\\d.]+$`),
      ),
      'h_seconds_bucket{le="1",a="x"} 3',
      'h_seconds_bucket{le="+Inf",a="x"} 4',
      expect.stringMatching(/^h_seconds_sum\{a="x"\} 7\.65/),
      'h_seconds_count{a="x"} 4',
      '# EOF',
      '',
    ];
    expect(text.split('\n')).toEqual(expected);
    expect((await registry.metrics()).split('\n')).toEqual(expected);
  });
});

describe('a quantile', () => {
  const bounds = [1, 2, 4];

  it.each([
    [[0, 10, 0, 0], 0.5, 1.5],
    [[0, 10, 0, 0], 1, 2],
    [[10, 0, 0, 0], 0.2, 0.2],
    [[5, 0, 5, 0], 0.5, 1],
    [[5, 0, 5, 0], 0.75, 3],
    [[1, 0, 0, 9], 0.99, 4],
    [[0, 0, 0, 0], 0.5, undefined],
    [[], 0.5, undefined],
  ])('of %j at %d is %d', (counts, share, value) => {
    expect(quantile(bounds, counts, share)).toBe(value);
  });

  it('of several distributions is that of all together', () => {
    expect(
      merged([
        [1, 2, 3],
        [10, 20, 30],
      ]),
    ).toEqual([11, 22, 33]);
    expect(merged([])).toEqual([]);
  });
});
