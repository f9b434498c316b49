import { otlp, startTracing } from '@yuzhi/telemetry/tracing';

/** What a stop may take before the process ends all the same: the next owner takes up what is not finished. */
const STOP_MS = 20_000;

/** What takes longer is worth a trace, unless the operator says otherwise. */
const SLOW_MS = 500;

export interface Running {
  service: string;
  config: { otelExporterOtlpEndpoint?: string; traceRatio?: number; traceSlowMs?: number };
  stop(): Promise<void>;
}

/** Keeps a process running until SIGTERM or SIGINT, then drains it. */
export async function untilTold({ service, config, stop }: Running): Promise<void> {
  const { otelExporterOtlpEndpoint: endpoint, traceRatio: ratio = 1, traceSlowMs: slowMs = SLOW_MS } = config;
  const sampling = ratio < 1 ? { sampling: { ratio, slowMs } } : {};
  const stopTracing = endpoint ? startTracing(service, otlp(endpoint), sampling) : async () => {};
  await new Promise<void>((go) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => go());
  });
  setTimeout(() => process.exit(1), STOP_MS).unref();
  await stop();
  await stopTracing();
}
