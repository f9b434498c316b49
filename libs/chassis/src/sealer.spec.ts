import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Reader } from '@yuzhi/database/store';
import { logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import type { FactoryProvider } from '@nestjs/common';
import { sealerOf } from './sealer.ts';

interface Sealing {
  onApplicationBootstrap(): void;
  beforeApplicationShutdown(): Promise<void>;
}
let [rows, away]: [number[], boolean] = [[], false];
const answer = async (text: string) => {
  if (away) throw new Error('away');
  return { rows: text.includes('canonical') ? rows.splice(0, 2).map((seq) => ({ seq, canonical: 'x' })) : [] };
};
const database = { query: answer } as unknown as Reader;
const ageMs = async () => {
  await probes.look();
  const [said] = metrics.sealAge.where({ chain: 'line' });
  return Math.round(said!.value * 1000);
};
let sealing: Sealing;
beforeEach(async () => {
  jest.useFakeTimers();
  [rows, away] = [[], false];
  sealing = await (sealerOf('line') as FactoryProvider<Sealing>).useFactory(
    database,
    database,
    logger('test', 'silent'),
  );
  sealing.onApplicationBootstrap();
});
afterEach(async () => {
  await sealing.beforeApplicationShutdown();
  jest.useRealTimers();
});

it('is as old as the look that found nothing left', async () => {
  await jest.advanceTimersByTimeAsync(1500);
  expect(await ageMs()).toBe(1500);
  rows = [1, 2, 3];
  await jest.advanceTimersByTimeAsync(1500);
  expect([rows, await ageMs()]).toEqual([[], 1000]);
});

it('grows old while the database is away, and is whole with the next look', async () => {
  away = true;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await ageMs()).toBe(10_000);
  away = false;
  await jest.advanceTimersByTimeAsync(2000);
  expect(await ageMs()).toBe(0);
});
