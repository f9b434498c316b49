import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

export interface Sampling {
  /** Share of the traces that are kept though nothing about them was slow or wrong, 0 to 1. */
  ratio: number;
  /** A span that takes as long is kept. */
  slowMs: number;
}

/** Spans that wait for the rest of their trace. The oldest go first: a trace of ours is over within seconds. */
const HELD_MAX = 5000;
/** Traces of one generation that are remembered as kept; two generations are kept. */
const REMEMBERED = 5000;
const FAILED = 500;

/** Of 1; the same in every process, for it is read from the id of the trace. */
const placeOf = (traceId: string) => parseInt(traceId.slice(-13), 16) / 2 ** 52;

function isTelling({ status, attributes, duration: [seconds, nanos] }: ReadableSpan, slowMs: number): boolean {
  if (status.code === SpanStatusCode.ERROR || attributes['yuzhi.outcome'] === 'internal-fault') return true;
  if (Number(attributes['http.response.status_code'] ?? 0) >= FAILED) return true;
  return seconds * 1000 + nanos / 1e6 >= slowMs;
}

/**
 * Decides about a span when it has ended. What was slow or wrong is kept, with whatever else of its trace ends in this
 * process, before or after. Of all others each process keeps the same share of traces, so that these are whole.
 *
 * It cannot call back what another process has already let go: of a trace that was slow in one process only, the
 * others' spans are there by chance. Who wants them keeps all (`ratio` 1) and lets a collector decide. And every span
 * is recorded before it is judged: this saves what leaves the process, not what recording costs.
 */
export class SampledSpans implements SpanProcessor {
  /** By trace, oldest first. */
  readonly #held = new Map<string, ReadableSpan[]>();
  #holding = 0;
  #kept = new Set<string>();
  #keptBefore = new Set<string>();

  constructor(
    private readonly next: SpanProcessor,
    private readonly rule: Sampling,
  ) {}

  onStart(...started: Parameters<SpanProcessor['onStart']>): void {
    this.next.onStart(...started);
  }

  onEnd(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const { ratio, slowMs } = this.rule;
    if (placeOf(traceId) < ratio || this.#kept.has(traceId) || this.#keptBefore.has(traceId)) this.next.onEnd(span);
    else if (isTelling(span, slowMs)) this.#keep(traceId, span);
    else this.#hold(traceId, span);
  }

  #keep(traceId: string, last: ReadableSpan): void {
    const held = this.#held.get(traceId) ?? [];
    this.#forget(traceId);
    for (const span of [...held, last]) this.next.onEnd(span);
    this.#kept.add(traceId);
    if (this.#kept.size < REMEMBERED) return;
    this.#keptBefore = this.#kept;
    this.#kept = new Set();
  }
  #hold(traceId: string, span: ReadableSpan): void {
    const held = this.#held.get(traceId);
    if (held) held.push(span);
    else this.#held.set(traceId, [span]);
    this.#holding += 1;
    if (this.#holding > HELD_MAX) this.#forget(this.#held.keys().next().value!);
  }
  #forget(traceId: string): void {
    this.#holding -= this.#held.get(traceId)?.length ?? 0;
    this.#held.delete(traceId);
  }

  forceFlush(): Promise<void> {
    return this.next.forceFlush();
  }
  shutdown(): Promise<void> {
    this.#held.clear();
    return this.next.shutdown();
  }
}
