import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka } from '@yuzhi/backing/kafka';
import { type Part, startWatchdog } from '@yuzhi/backing/parts';
import { choosePorts } from '@yuzhi/backing/ports';
import { Platform } from './fixture/platform.ts';

const dir = mkdtempSync(join(tmpdir(), 'broker-away-'));
const watchdog = startWatchdog();
let kafka: Part;
let platform: Platform;
beforeAll(async () => {
  const ports = await choosePorts(join(dir, 'ports.json'), ['kafka', 'controller']);
  kafka = await startKafka({ dir, port: ports.kafka, controllerPort: ports.controller, fast: true }, watchdog);
  platform = await new Platform([`127.0.0.1:${ports.kafka}`], { produceWithinMs: 1000 }).start();
}, 120_000);
afterAll(async () => {
  process.kill(kafka.pid, 'SIGCONT');
  await platform.stop();
  await kafka.stop();
  watchdog.close();
  rmSync(dir, { recursive: true });
}, 60_000);

const totalOf = async (counter: string) => (await platform.call('GET', `/v1/counters/${counter}`)).body['totalFen'];

describe('while the broker does not answer', () => {
  it('a command is told so in bounded time, and is done once when it is repeated under its key', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1');
    process.kill(kafka.pid, 'SIGSTOP');
    const sentAt = performance.now();
    const away = await platform.add(counter, '5', 'again');
    expect(performance.now() - sentAt).toBeGreaterThan(900);
    expect(away).toMatchObject({ status: 503, body: { code: 'log-unavailable' } });
    expect(away.headers.get('retry-after')).toBe('1');
    expect(away.headers.get('idempotency-key')).toBe('again');
    expect(await totalOf(counter)).toBe('1');
    process.kill(kafka.pid, 'SIGCONT');
    let answer = away;
    for (let tries = 0; tries < 30 && answer.status !== 200; tries++) {
      answer = await platform.add(counter, '5', 'again');
      if (answer.status === 202) await new Promise((go) => setTimeout(go, 200));
    }
    expect(answer).toMatchObject({ status: 200, body: { totalFen: '6' } });
    expect(await totalOf(counter)).toBe('6');
  }, 90_000);
});
