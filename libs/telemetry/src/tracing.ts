import {
  type Attributes,
  context,
  isSpanContextValid,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { SampledSpans, type Sampling } from './sampling.ts';

/** Every attribute name that a span of ours may carry; nothing secret and nothing personal is among them. */
export interface SpanAttributes {
  'yuzhi.service'?: string;
  'yuzhi.type'?: string;
  'yuzhi.key'?: string;
  'yuzhi.outcome'?: string;
  'yuzhi.batch'?: number;
  'http.request.method'?: string;
  'http.route'?: string;
  'http.response.status_code'?: number;
}
export interface Traced {
  /** W3C traceparent of this span, for whatever it causes; the caller's own when nothing is recorded. */
  readonly traceparent: string | undefined;
  end(attributes?: SpanAttributes, error?: unknown): void;
}

let recording = false;

export interface TracingOptions {
  batched?: boolean;
  /** Absent, every span is kept. */
  sampling?: Sampling;
}

/** Spans go to this exporter from now on; without a call, tracing costs nothing. Answers the flush-and-stop. */
export function startTracing(
  service: string,
  exporter: SpanExporter,
  { batched = true, sampling }: TracingOptions = {},
): () => Promise<void> {
  const sent = batched ? new BatchSpanProcessor({ exporter }) : new SimpleSpanProcessor({ exporter });
  const spanProcessors = [sampling ? new SampledSpans(sent, sampling) : sent];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors,
  });
  trace.setGlobalTracerProvider(provider);
  recording = true;
  return async () => {
    recording = false;
    trace.disable();
    await provider.shutdown();
  };
}
/** Over OTLP/HTTP to this endpoint, e.g. `http://collector:4318`. */
export const otlp = (endpoint: string): SpanExporter =>
  new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  inner: SpanKind.INTERNAL,
};

/** Starts a span under the parent named by `traceparent`, or a new trace. */
export function span(
  name: string,
  kind: keyof typeof kinds,
  traceparent?: string,
  attributes: SpanAttributes = {},
): Traced {
  if (!recording) return { traceparent, end() {} };
  const parent = parse(traceparent);
  const under = parent ? trace.setSpanContext(context.active(), parent) : context.active();
  const started = trace
    .getTracer('yuzhi')
    .startSpan(name, { kind: kinds[kind], attributes: attributes as Attributes }, under);
  const { traceId, spanId, traceFlags } = started.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end(more = {}, error) {
      started.setAttributes(more as Attributes);
      if (error !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      started.end();
    },
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : typeof error);

/** A W3C traceparent from outside is used only when it is well-formed. */
function parse(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const parsed = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parsed) ? parsed : undefined;
}
