import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnKafka } from '@yuzhi/backing/own-servers';
import { Platform } from './fixture/platform.ts';

let kafka: Awaited<ReturnType<typeof startOwnKafka>>;
let platform: Platform;
beforeAll(async () => {
  kafka = await startOwnKafka();
  platform = await new Platform(kafka.part.brokers, { produceWithinMs: 1000 }).start();
}, 120_000);
afterAll(async () => {
  kafka.kill('SIGCONT');
  await platform.stop();
  await kafka.stop();
}, 60_000);

const totalOf = async (counter: string) => (await platform.call('GET', `/v1/counters/${counter}`)).body['totalFen'];

describe('while the broker does not answer', () => {
  it('a command is told so in bounded time, and is done once when it is repeated under its key', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1');
    kafka.kill('SIGSTOP');
    const sentAt = performance.now();
    const away = await platform.add(counter, '5', 'again');
    expect(performance.now() - sentAt).toBeGreaterThan(900);
    expect(away).toMatchObject({ status: 503, body: { code: 'log-unavailable' } });
    expect(away.headers.get('retry-after')).toBe('1');
    expect(away.headers.get('idempotency-key')).toBe('again');
    expect(await totalOf(counter)).toBe('1');
    kafka.kill('SIGCONT');
    let answer = away;
    for (let tries = 0; tries < 30 && answer.status !== 200; tries++) {
      answer = await platform.add(counter, '5', 'again');
      if (answer.status === 202) await new Promise((go) => setTimeout(go, 200));
    }
    expect(answer).toMatchObject({ status: 200, body: { totalFen: '6' } });
    expect(await totalOf(counter)).toBe('6');
  }, 90_000);
});
