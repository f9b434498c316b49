import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@yuzhi/journeys/eventually';
import { clockRecord } from '@yuzhi/messaging/judge';
import type { LogRecord } from '@yuzhi/messaging/log';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type { Platform } from '../platform.ts';
import type { Member } from '../shapes.ts';
import type { Drill } from './drill.ts';
import { writeToLog } from './log-writer.ts';

const HOUR_MS = 3_600_000;
const BREATH_MS = 3000;

/** What every partition of commands is told when the platform's clock is to be so far ahead of the real one. */
const ahead = (offsetMs: number): LogRecord[] =>
  catalogue.topics
    .filter(({ topic }) => topic.endsWith('.commands'))
    .flatMap(({ topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({
        ...{ topic, key: 'clock', value: clockRecord(offsetMs), partition },
      })),
    );

/**
 * Asked to step, the platform waits until nobody does anything any more; under load that is never. So the records that
 * move the clock are written straight to the log, between two quotes.
 */
const clockJump: Drill = {
  name: 'clock-jump',
  proves: "the platform's clock may jump ahead by an hour under load",
  times: 3,
  everyMs: 4000,
  strike: async (scene) => {
    const { stage } = scene;
    const offsetMs = Math.max(0, (await stage.now()) - Date.now());
    await writeToLog(scene, ahead(offsetMs + HOUR_MS));
    const jumpedMs = await eventually('the jump of the clock', async () => {
      const further = (await stage.now()) - Date.now() - offsetMs;
      return further > HOUR_MS * 0.99 && further;
    });
    return `the platform's clock jumped ahead by ${Math.round(jumpedMs / 60_000)} min`;
  },
};

const WRONG: readonly Member[] = ['bidding', 'gateway'];
/** How far the wall clock of that process is from ours, s: HTTP says it in each answer. */
async function wrongBy(platform: Platform, member: Member): Promise<number> {
  const response = await fetch(platform.metricsUrl(member));
  await response.arrayBuffer();
  return Math.round((Date.parse(response.headers.get('date')!) - Date.now()) / 1000);
}

/** Tokens, waiting and the age of a request are measured by real clocks: one that runs back must not stop them. */
const clockBack: Drill = {
  name: 'clock-back',
  proves: "a service's wall clock may jump back by an hour, and be set right again",
  times: WRONG.length,
  everyMs: 3000,
  lastsMs: () => BREATH_MS + 4000,
  needs: { clocks: WRONG },
  strike: async ({ platform, clocks }, n) => {
    if (!clocks) throw new Error('this drill needs clocks that can be set');
    const member = WRONG[n % WRONG.length]!;
    const is = (seconds: number) => async () => Math.abs((await wrongBy(platform, member)) - seconds) < 30;
    clocks.set(member, -HOUR_MS / 1000);
    await eventually(`the clock of ${member} an hour behind`, is(-HOUR_MS / 1000), 10_000);
    await sleep(BREATH_MS);
    clocks.set(member, 0);
    await eventually(`the clock of ${member} set right`, is(0), 10_000);
    return `the wall clock of ${member} jumped back by an hour, and ahead again`;
  },
};

export const clockDrills: Drill[] = [clockJump, clockBack];
