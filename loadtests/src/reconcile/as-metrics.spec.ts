import { expect, it } from '@jest/globals';
import { asMetrics } from './as-metrics.ts';

it('tells Prometheus what each check found, also nothing, and when', async () => {
  const found = { check: 'rail-balance', row: 'rail', says: 'one fen is missing' };
  const checks = [
    { name: 'rail-balance', proves: 'the rail holds what the book says', findings: [found, found] },
    { name: 'outbox-empty', proves: 'everything is on the log', findings: [] },
  ];
  const text = await asMetrics({ checks, at: 1_796_018_400_999 });
  expect(text.split('\n').filter((line) => line && !line.startsWith('#'))).toEqual([
    'yuzhi_reconcile_findings{check="rail-balance"} 2',
    'yuzhi_reconcile_findings{check="outbox-empty"} 0',
    'yuzhi_reconciled_at_seconds 1796018400',
  ]);
  expect(text).toMatch(/^# TYPE yuzhi_reconcile_findings gauge$/m);
  expect(text).not.toContain('# EOF');
});
