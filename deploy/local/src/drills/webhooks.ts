import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

const LASTS_MS = 40_000;
const [COPIES, DROP_SHARE] = [5, 0.3];

/** The rail agrees with the book to the fen when the load is over: the reconciler compares both by id. */
export const webhookDrill: Drill = {
  name: 'webhook-chaos',
  proves: 'webhooks may come five times, in any order or never: the money is the same',
  load: 'transfers',
  times: 1,
  everyMs: 0,
  lastsMs: () => LASTS_MS,
  strike: async ({ stage, chance }) => {
    const before = await stage.rail.deliveries();
    const seed = chance(1_000_000);
    await stage.rail.webhooks('storm', { copies: COPIES, drop_share: DROP_SHARE, seed });
    await sleep(LASTS_MS);
    await stage.rail.webhooks('normal');
    const after = await stage.rail.deliveries();
    const [posts, drops] = [after.posts - before.posts, after.drops - before.drops];
    if (posts < COPIES || drops < 1) throw new Error(`the storm sent ${posts} and dropped ${drops}`);
    return `webhooks ${COPIES} times each, shuffled, 30 % dropped: ${posts} came, ${drops} never did`;
  },
};
