import { metrics, registry } from './metrics.ts';

/** Labels with few values each: a person, a lot or an id would make a series of every one. */
const LABELS = ['service', 'route', 'status', 'type', 'code', 'reason', 'kind', 'stream', 'le'];

describe('the metrics of a process', () => {
  it('are named in one registry, with their unit last', async () => {
    const own = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('yuzhi_'));
    expect(own).toHaveLength(Object.keys(metrics).length);
    const unit = { counter: /_total$/, histogram: /_seconds$/, gauge: /^(?!.*(_total|_seconds)$)/, summary: /$^/ };
    for (const { name, type, help } of own) {
      expect(name).toMatch(unit[String(type) as keyof typeof unit]);
      expect(help).toMatch(/\.$/);
    }
  });

  it('are labelled by what has few values', async () => {
    metrics.requests.observe({ service: 'escrow', route: '/v1/books', status: '200' }, 0.003);
    metrics.decided.inc({ service: 'escrow', type: 'escrow.book.hold.v1', code: 'done' });
    metrics.commits.observe({ service: 'escrow' }, 0.004);
    metrics.retries.inc({ service: 'escrow', reason: 'fenced' });
    metrics.quarantined.inc({ service: 'escrow', kind: 'event' });
    metrics.lag.set({ service: 'escrow' }, 3);
    metrics.watchers.set({ stream: 'bidding.auction.feed.v1' }, 1);
    const text = await registry.metrics();
    const labels = [...text.matchAll(/^yuzhi_\w+\{(.*)\} /gm)].flatMap(([, of]) => [...of!.matchAll(/(\w+)="/g)]);
    expect(new Set(labels.map(([, name]) => name))).toEqual(new Set(LABELS));
  });

  it('tell several services of one process apart', async () => {
    metrics.lag.set({ service: 'bidding' }, 5);
    const text = await registry.metrics();
    expect(text).toContain('yuzhi_command_lag{service="escrow"} 3');
    expect(text).toContain('yuzhi_command_lag{service="bidding"} 5');
  });

  it('refuse a label that nobody declared', () => {
    expect(() => metrics.lag.set({ sale: 's-1' } as never, 1)).toThrow('sale');
  });

  it('count a commit of two milliseconds and one of five seconds in different buckets', async () => {
    metrics.commits.observe({ service: 'slow' }, 0.002);
    metrics.commits.observe({ service: 'slow' }, 5);
    const text = await registry.metrics();
    expect(text).toContain('yuzhi_commit_seconds_bucket{le="0.002",service="slow"} 1');
    expect(text).toContain('yuzhi_commit_seconds_bucket{le="5",service="slow"} 2');
  });

  it('stand beside those of Node itself', async () => {
    expect(await registry.metrics()).toMatch(/^nodejs_eventloop_lag_seconds /m);
  });
});
