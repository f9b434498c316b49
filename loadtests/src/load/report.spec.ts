import { describe, expect, it } from '@jest/globals';
import type { Acknowledged } from '../reconcile/acknowledged.ts';
import type { Verdict } from '../reconcile/reconcile.ts';
import type { Ran } from './k6.ts';
import { readOptions } from './options.ts';
import { byCommand, html, thresholdsOf } from './report.ts';
import { failuresOf } from './run.ts';

const answered = (code: string, answeredAt: number): Acknowledged => ({
  ...{
    service: 'bidding',
    aggregate: 'a',
    idempotencyKey: `${answeredAt}`,
    type: 'place-bid',
    sentAt: 1000,
    answeredAt,
  },
  ...{ status: code === 'done' ? 200 : 422, code, body: {} },
});
const acknowledged = [answered('done', 1010), answered('done', 1030), answered('bid-<low>', 1020)];
const verdictWith = (...findings: Verdict['checks'][number]['findings']): Verdict => ({
  ...{ isGreen: !findings.length, at: 0, tookMs: 1, acknowledged: 3, notCompared: ['office'] },
  checks: [{ name: 'bid-chain', proves: 'a chain', findings }],
});
const ranWith = (logged: number, ok: boolean): Ran => ({
  ...{ keptThresholds: ok, log: '', notes: [] },
  summary: {
    state: { testRunDurationMs: 1 },
    metrics: {
      logged: { type: 'counter', values: { count: logged } },
      latency: { type: 'trend', values: {}, thresholds: { 'p(99)<1000': { ok } } },
    },
  },
});
const options = readOptions(['bids', '--seed', '1']);
const finding = { check: 'bid-chain', row: 'bidding.bid x 1', says: 'is wrong' };

describe('what a run is judged by', () => {
  it('is nothing where thresholds were kept, the log is whole and the reconciler is green', () => {
    expect(failuresOf(options, ranWith(3, true), 3, verdictWith(), null)).toEqual([]);
  });

  it('is every threshold, a log that is not whole, what was seen in the halls, and each check by its first row', () => {
    const watched = { watchers: 1, items: 2, wrong: ['lot x item 3: twice'] };
    expect(failuresOf(options, ranWith(4, false), 3, verdictWith(finding), watched)).toEqual([
      'threshold crossed: latency: p(99)<1000',
      "the client's log has 3 operations of 4",
      'seen in a hall: lot x item 3: twice',
      'bid-chain: bidding.bid x 1: is wrong',
    ]);
  });

  it('is that nothing was acknowledged at all', () => {
    const failures = failuresOf(options, ranWith(0, true), 0, verdictWith(), null);
    expect(failures).toEqual(['nothing was acknowledged: nothing is proven']);
  });

  it('is no crossed threshold where breaking is the purpose', () => {
    const breaking = readOptions(['breakpoint']);
    expect(failuresOf(breaking, ranWith(3, false), 3, verdictWith(), null)).toEqual([]);
  });
});

describe('the report', () => {
  it('counts by command: how quickly, and with what outcomes', () => {
    expect(byCommand(acknowledged)).toEqual([
      { type: 'place-bid', count: 3, codes: 'done 2, bid-<low> 1', p50: 20, p95: 30, p99: 30, most: 30 },
    ]);
  });

  it('names every threshold', () => {
    expect(thresholdsOf(ranWith(1, false))).toEqual([{ rule: 'latency: p(99)<1000', ok: false }]);
  });

  it('shows failures, checks with their rows and what could not be compared, and no markup of what it was told', () => {
    const [ran, verdict] = [ranWith(3, false), verdictWith(finding)];
    const failures = failuresOf(options, ran, 3, verdict, null);
    const run = { options, url: 'http://127.0.0.1:1', at: 0, ran, acknowledged, verdict, watched: null, failures };
    const page = html(run);
    expect(page).toContain('bid-&lt;low&gt; 1');
    expect(page).not.toContain('bid-<low>');
    for (const said of ['seed 1', 'bidding.bid x 1', 'Not compared: office', 'threshold crossed', '<svg'])
      expect(page).toContain(said);
    expect(html({ ...run, failures: [], verdict: verdictWith() })).toContain('Every threshold was kept');
  });
});
