import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { otlp, span, startTracing } from './tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;

describe('while nothing is recorded', () => {
  it('a span hands its caller on and costs nothing else', () => {
    const traced = span('decide', 'consumer', CALLER);
    expect(traced.traceparent).toBe(CALLER);
    expect(() => traced.end({ 'yuzhi.outcome': 'done' }, new Error('x'))).not.toThrow();
    expect(span('decide', 'consumer').traceparent).toBeUndefined();
  });
});

describe('a recorded span', () => {
  const exporter = new InMemorySpanExporter();
  let stop: () => Promise<void>;

  beforeAll(() => void (stop = startTracing('escrow', exporter, { batched: false })));
  afterEach(() => exporter.reset());
  afterAll(() => stop());

  it('joins the trace of whoever caused it', () => {
    const traced = span('decide escrow.book.hold.v1', 'consumer', CALLER, { 'yuzhi.service': 'escrow' });
    traced.end({ 'yuzhi.outcome': 'done' });
    const [one] = exporter.getFinishedSpans();
    expect(one).toMatchObject({ name: 'decide escrow.book.hold.v1', kind: SpanKind.CONSUMER });
    expect(one!.spanContext().traceId).toBe(TRACE);
    expect(one!.parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true });
    expect(one!.attributes).toEqual({ 'yuzhi.service': 'escrow', 'yuzhi.outcome': 'done' });
    expect(one!.resource.attributes['service.name']).toBe('escrow');
  });

  it('is the parent of what it causes, over as many hops as there are', () => {
    const hops = ['POST /v1/bids', 'decide place-bid', 'decide hold', 'decide answer'];
    let traceparent: string | undefined = CALLER;
    for (const name of hops) {
      const traced = span(name, 'inner', traceparent);
      ({ traceparent } = traced);
      traced.end();
    }
    const spans = exporter.getFinishedSpans();
    expect(spans.map((s) => s.name)).toEqual(hops);
    for (const [i, { parentSpanContext }] of spans.entries()) {
      expect(parentSpanContext!.spanId).toBe(i === 0 ? CALLER.split('-')[2] : spans[i - 1]!.spanContext().spanId);
    }
    expect(new Set(spans.map((s) => s.spanContext().traceId))).toEqual(new Set([TRACE]));
  });

  it.each([
    'nonsense',
    '',
    '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    `${CALLER}-extra`,
  ])('begins a trace of its own when the caller says %j', (traceparent) => {
    const traced = span('decide', 'consumer', traceparent);
    traced.end();
    const [one] = exporter.getFinishedSpans();
    expect(one!.parentSpanContext).toBeUndefined();
    expect(traced.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traced.traceparent).not.toContain(TRACE);
  });

  it('is not recorded when the caller decided so, and says it to the next', () => {
    const traced = span('decide', 'consumer', `00-${TRACE}-b7ad6b7169203331-00`);
    traced.end();
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(traced.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  });

  it('says what went wrong', () => {
    span('decide', 'consumer').end({}, new TypeError('no handler'));
    expect(exporter.getFinishedSpans()[0]!.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'TypeError: no handler',
    });
  });
});

it('spans reach a collector over OTLP/HTTP before tracing stops', async () => {
  const seen: { url: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      seen.push({ url: request.url!, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const stop = startTracing('gateway', otlp(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  span('POST /v1/listings', 'server').end({ 'http.response.status_code': 201 });
  await stop();
  await new Promise((go) => server.close(go));
  expect(seen.map(({ url }) => url)).toEqual(['/v1/traces']);
  expect(seen[0]!.body).toContain('POST /v1/listings');
  expect(span('after', 'server').traceparent).toBeUndefined();
});
