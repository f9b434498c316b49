import { describe, expect, it } from '@jest/globals';
import { LogStrategy } from './log-strategy.ts';
import type { Runtime } from './runtime.ts';

const strategy = (runtime: Partial<Runtime>) => new LogStrategy(runtime as Runtime);

describe('the transport that Nest sees', () => {
  it('listens when the service has started, and says why when it cannot', async () => {
    const listen = (start: () => Promise<void>) => new Promise((said) => strategy({ start }).listen(said));
    expect(await listen(async () => {})).toBeUndefined();
    expect(await listen(() => Promise.reject(new Error('no lease')))).toEqual(new Error('no lease'));
  });

  it('closes with the service, and is nothing but that', async () => {
    let stopped = 0;
    const runtime = { stop: async () => void stopped++ };
    const transport = strategy(runtime);
    await transport.close();
    expect(stopped).toBe(1);
    expect(transport.unwrap()).toBe(runtime);
    expect(() => transport.on()).toThrow('health check');
  });
});
