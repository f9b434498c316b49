import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

const LASTS_MS = 40_000;
const [COPIES, DROP_SHARE] = [5, 0.3];
/** What a call meets, each with a probability of a fifth. */
const [FAULTS, FAULT_SHARE] = [['timeout', 'error-after', 'conflict-409', 'cut-body'], 0.2];

/** The rail agrees with the book to the fen when the load is over: the reconciler compares both by id. */
const webhookChaos: Drill = {
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

const railFaults: Drill = {
  name: 'rail-faults',
  proves: 'calls to the rail may fail in every way, a fifth of them in each: nothing is paid, refunded or sent twice',
  load: 'transfers',
  times: 1,
  everyMs: 0,
  lastsMs: () => LASTS_MS,
  // So that many are tried in the time of a drill: nothing else changes by waiting for less.
  needs: {
    environments: { escrow: { STRIPE_TIMEOUT_MS: '1000', ERRAND_BACK_OFF_MS: '20', RAIL_BACK_OFF_MS: '50' } },
  },
  strike: async ({ stage, chance }) => {
    const before = await stage.rail.struck();
    await stage.rail.misbehave(FAULTS, FAULT_SHARE, chance(1_000_000));
    await sleep(LASTS_MS);
    await stage.rail.calm();
    const after = await stage.rail.struck();
    const met = FAULTS.map((mode) => [mode, (after.struck[mode] ?? 0) - (before.struck[mode] ?? 0)] as const);
    const never = met.filter(([, count]) => count < 1);
    if (never.length) throw new Error(`no call met ${never.map(([mode]) => mode).join(', ')}`);
    return `of ${after.calls - before.calls} calls ${met.map(([mode, count]) => `${count} met ${mode}`).join(', ')}`;
  },
  prove: async ({ database }) => {
    const { rows } = await database('escrow').query<{ done: number; open: number; attempts: number }>(
      `select count(*) filter (where status = 'done')::int as done,
         count(*) filter (where status in ('intended', 'sent', 'blocked'))::int as open,
         (select count(*)::int from rail_attempt) as attempts
       from rail_operation`,
    );
    const { done, open, attempts } = rows[0]!;
    const wrong = done ? [] : ['no operation of the rail was done'];
    return { seen: [`${done} operations of the rail are done, by ${attempts} keys; ${open} are open`], wrong };
  },
};

export const railDrills: readonly Drill[] = [webhookChaos, railFaults];
