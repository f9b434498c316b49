import { afterEach, describe, expect, it } from '@jest/globals';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { span, startTracing } from './tracing.ts';

const seed = Number(process.env['YUZHI_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

function tracing(ratio: number, slowMs = 1e9) {
  const exporter = new InMemorySpanExporter();
  stop = startTracing('escrow', exporter, { batched: false, sampling: { ratio, slowMs } });
  return () => exporter.getFinishedSpans().map(({ name }) => name);
}
const callerOf = (trace: string) => `00-${trace}-b7ad6b7169203331-01`;
/** The ids of many traces, which a seed alone determines (mulberry32). */
function traces(count: number): string[] {
  let state = seed;
  const word = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0).toString(16).padStart(8, '0');
  };
  return Array.from({ length: count }, () => word() + word() + word() + word());
}
const [ONE, OTHER] = ['0af7651916cd43dd8448eb211c80319c', 'ffffffffffffffffffffffffffffffff'];

describe('a sampled trace', () => {
  it('is let go where nothing about it was slow or wrong', () => {
    const kept = tracing(0);
    span('decide', 'consumer', callerOf(ONE)).end({ 'yuzhi.outcome': 'done', 'http.response.status_code': 422 });
    expect(kept()).toEqual([]);
  });

  it.each([
    ['a thrown error', {}, new Error('x')],
    ['a failure of ours', { 'yuzhi.outcome': 'internal-fault' }, undefined],
    ['an answer of 500 or above', { 'http.response.status_code': 503 }, undefined],
  ])('is kept for %s', (_, attributes, error) => {
    const kept = tracing(0);
    span('telling', 'server', callerOf(ONE)).end(attributes, error);
    span('other', 'server', callerOf(OTHER)).end();
    expect(kept()).toEqual(['telling']);
  });

  it('is kept when it was slow', () => {
    const kept = tracing(0, 0);
    span('slow', 'server', callerOf(ONE)).end();
    expect(kept()).toEqual(['slow']);
  });

  it('is kept with all of it that ends in this process, in the order of ending', () => {
    const kept = tracing(0);
    span('before', 'consumer', callerOf(ONE)).end();
    span('stranger', 'consumer', callerOf(OTHER)).end();
    span('telling', 'server', callerOf(ONE)).end({}, new Error('x'));
    span('behind', 'consumer', callerOf(ONE)).end();
    expect(kept()).toEqual(['before', 'telling', 'behind']);
  });

  it('is not waited for for ever: the oldest that is held goes first', () => {
    const kept = tracing(0);
    span('oldest', 'consumer', callerOf(ONE)).end();
    for (const trace of traces(5000)) span('held', 'consumer', callerOf(trace)).end();
    span('telling', 'server', callerOf(ONE)).end({}, new Error('x'));
    expect(kept()).toEqual(['telling']);
  });
});

describe('the share of ordinary traces', () => {
  it('is kept whole: two processes choose the same', async () => {
    console.log(`seed ${seed}`);
    const all = traces(4000);
    const chosen: string[][] = [];
    for (const name of ['gateway', 'escrow']) {
      const exporter = new InMemorySpanExporter();
      stop = startTracing(name, exporter, { batched: false, sampling: { ratio: 0.25, slowMs: 1e9 } });
      for (const trace of all) span('hop', 'inner', callerOf(trace)).end();
      chosen.push(exporter.getFinishedSpans().map((one) => one.spanContext().traceId));
      await stop();
    }
    expect(chosen[0]).toEqual(chosen[1]);
    expect(chosen[0]!.length / all.length).toBeGreaterThan(0.2);
    expect(chosen[0]!.length / all.length).toBeLessThan(0.3);
  });

  it('of one is everything', () => {
    const kept = tracing(1);
    for (const trace of [ONE, OTHER]) span('hop', 'inner', callerOf(trace)).end();
    expect(kept()).toEqual(['hop', 'hop']);
  });
});
