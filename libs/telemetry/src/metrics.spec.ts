import { describe, expect, it } from '@jest/globals';
import { metrics, registry } from './metrics.ts';

/** Labels with few values each: a person, a lot or an id would make a series of every one. */
const LABELS = new Set([
  ...['service', 'method', 'route', 'type', 'status', 'code', 'reason', 'kind', 'stream', 'process', 'from', 'on'],
  ...['errand', 'answered', 'group', 'pool', 'owner', 'of', 'chain', 'check'],
]);
const all = Object.values(metrics);

describe('the metrics of a process', () => {
  it('are named in one registry, each once, with a sentence', async () => {
    const names = all.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, help } of all) {
      expect(name).toMatch(/^yuzhi_[a-z_]+$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
    const exposed = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('yuzhi_'));
    expect(exposed).toHaveLength(all.length);
  });

  it('say by their names what is counted and what is a time', () => {
    for (const { name, type, declared } of all) {
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
      expect({ name, seconds: /_seconds(_total)?$/.test(name) }).toEqual({
        name,
        seconds: declared.unit === 'seconds',
      });
    }
  });

  it('are labelled by what has few values', () => {
    const used = new Set<string>(all.flatMap(({ declared }) => [...declared.labels]));
    expect([...used].filter((label) => !LABELS.has(label))).toEqual([]);
  });

  it('tell several services of one process apart', async () => {
    metrics.queued.of({ service: 'escrow' }).set(3);
    metrics.queued.of({ service: 'bidding' }).set(5);
    const text = await registry.metrics();
    expect(text).toContain('yuzhi_commands_queued{service="escrow"} 3\n');
    expect(text).toContain('yuzhi_commands_queued{service="bidding"} 5\n');
  });

  it('count a commit of two milliseconds and one of five seconds in different buckets', async () => {
    const slow = metrics.commits.of({ service: 'slow' });
    slow.observe(0.002);
    slow.observe(5);
    const text = await registry.metrics();
    expect(text).toContain('yuzhi_commit_seconds_bucket{le="0.002",service="slow"} 1\n');
    expect(text).toContain('yuzhi_commit_seconds_bucket{le="5",service="slow"} 2\n');
  });

  it('stand beside those of Node itself, as OpenMetrics', async () => {
    expect(registry.contentType).toMatch('application/openmetrics-text');
    const text = await registry.metrics();
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/# EOF\n$/);
  });
});
