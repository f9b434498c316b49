import { metrics, registry } from '@yuzhi/telemetry/metrics';
import type { Verdict } from './reconcile.ts';

/** The verdict for Prometheus: findings by check, and when it was reached. */
export async function asMetrics({ checks, at }: Pick<Verdict, 'checks' | 'at'>): Promise<string> {
  for (const { name, findings } of checks) metrics.findings.of({ check: name }).set(findings.length);
  metrics.reconciledAt.of({}).set(Math.floor(at / 1000));
  const families = [metrics.findings, metrics.reconciledAt];
  const texts = await Promise.all(families.map(({ name }) => registry.getSingleMetricAsString(name)));
  return texts.map((text) => `${text.trimEnd()}\n`).join('');
}
