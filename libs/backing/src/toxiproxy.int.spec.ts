import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from './environment.ts';
import { startOwnToxiproxy } from './own-servers.ts';
import { choosePorts } from './ports.ts';

/** Building it takes a minute: a drill does that, and every later run of the tests uses it. */
const isBuilt = existsSync(join(root, '.yuzhi/bin/toxiproxy-server')) || !!process.env['TOXIPROXY_BIN'];

(isBuilt ? describe : describe.skip)('a line through the proxy, which a drill builds', () => {
  let proxy: Awaited<ReturnType<typeof startOwnToxiproxy>>;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => response.end('x'.repeat(20_000)));
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
    proxy = await startOwnToxiproxy();
    const { line } = await choosePorts(join(proxy.dir, 'lines.json'), ['line']);
    await proxy.part.lay('line', line, (server.address() as AddressInfo).port);
    url = `http://127.0.0.1:${line}`;
  });
  afterAll(async () => {
    await proxy.stop();
    server.closeAllConnections();
    await new Promise((go) => server.close(go));
  });
  const askMs = async () => {
    const since = performance.now();
    await (await fetch(url, { headers: { connection: 'close' } })).text();
    return performance.now() - since;
  };

  it('is as good as none, slow, narrow, cut, and good again', async () => {
    await askMs();
    await proxy.part.spoil('line', { type: 'latency', attributes: { latency: 100, jitter: 0 } });
    expect(await askMs()).toBeGreaterThanOrEqual(200);
    await proxy.part.calm();
    await proxy.part.spoil('line', { type: 'bandwidth', attributes: { rate: 50 } });
    expect(await askMs()).toBeGreaterThanOrEqual(300);
    await proxy.part.calm();
    await proxy.part.spoil('line', { type: 'reset_peer', attributes: { timeout: 0 } });
    await expect(askMs()).rejects.toThrow('fetch failed');
    await proxy.part.calm();
    expect(await askMs()).toBeLessThan(200);
  });

  it('that nobody laid cannot be spoilt', async () => {
    await expect(proxy.part.spoil('none', { type: 'bandwidth', attributes: { rate: 1 } })).rejects.toThrow(/404/);
  });
});
