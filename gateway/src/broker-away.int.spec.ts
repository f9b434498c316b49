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

/** Sends an addition into the silence of the broker, and the same again until somebody answers. */
async function repeated(counter: string, keyOf: (attempt: number) => string) {
  kafka.kill('SIGSTOP');
  const sentAt = performance.now();
  const away = await platform.add(counter, '5', keyOf(0));
  const waitedMs = performance.now() - sentAt;
  const meanwhile = await totalOf(counter);
  kafka.kill('SIGCONT');
  let answer = away;
  for (let attempt = 1; attempt < 30 && answer.status !== 200; attempt++) {
    answer = await platform.add(counter, '5', keyOf(attempt));
    if (answer.status === 202) await new Promise((go) => setTimeout(go, 200));
  }
  return { away, waitedMs, meanwhile, answer };
}

describe('while the broker does not answer', () => {
  it('a command is told so in bounded time, and is done once when it is repeated under its key', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1');
    const { away, waitedMs, meanwhile, answer } = await repeated(counter, () => 'again');
    expect(away).toMatchObject({ status: 503, body: { code: 'log-unavailable' } });
    expect(waitedMs).toBeGreaterThan(900);
    expect(away.headers.get('retry-after')).toBe('1');
    expect(away.headers.get('idempotency-key')).toBe('again');
    expect(meanwhile).toBe('1');
    expect(answer).toMatchObject({ status: 200, body: { totalFen: '6' } });
    expect(await totalOf(counter)).toBe('6');
  }, 90_000);

  it('and without the key in the repetition, it is done twice: the log had it all the time', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1');
    const { away, meanwhile, answer } = await repeated(counter, (attempt) => `attempt-${attempt}`);
    expect([away.status, meanwhile, answer.status]).toEqual([503, '1', 200]);
    expect(Number(await totalOf(counter))).toBeGreaterThanOrEqual(11);
  }, 90_000);
});
