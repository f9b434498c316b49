import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Steady, SteadyPlan } from './steady.ts';
import type { Prepare } from './prepare.ts';
import { noteSent, turnOf } from './turns.ts';
import { output } from './wrk.ts';

/** More than a share of the most ever keeps waiting. */
const CONNECTIONS = 128;
const WARM_SECONDS = 2;

/**
 * Quotes at a constant rate, a share of the most that was measured in the same round, on 1,000 lots. Beyond 1 there
 * must be more connections than the door lets wait.
 */
export const steadyLoad =
  (share: number, connections = CONNECTIONS): Prepare =>
  async (bench, earlier) => {
    const most = earlier.get('ours-many');
    if (!most) throw new Error('the most that is taken must be measured before a share of it');
    const target = await bench.target('ours');
    const lots = await target.lots(1000);
    const bidders = await bench.bidders.signedIn();
    const { host, port } = new URL(target.url);
    const load = async (seconds: number) => {
      const plan: SteadyPlan = {
        ...{ host, port: Number(port), lots, bidders, ...turnOf(lots) },
        perSecond: most.perSecond * share,
        seconds: seconds + WARM_SECONDS,
        connections,
        warmSeconds: WARM_SECONDS,
      };
      const file = join(bench.place.dir, 'steady.json');
      writeFileSync(file, JSON.stringify(plan), { mode: 0o600 });
      const program = fileURLToPath(new URL('steady.js', import.meta.url));
      const steady = JSON.parse(await output(process.execPath, [program, file])) as Steady;
      noteSent(lots, Math.floor(plan.perSecond * plan.seconds));
      const { sent, accepted, acceptedInAll, others, unanswered, latencyMs, timeline, shed } = steady;
      return {
        operations: accepted,
        operationsInAll: acceptedInAll,
        attempts: sent,
        others: { ...others, ...(unanswered && { unanswered }) },
        seconds: steady.seconds,
        latencyMs,
        timeline,
        measures: {
          wantedPerSecond: plan.perSecond,
          decidedPerSecond: (sent - unanswered - shed.count) / steady.seconds,
          shed: shed.count,
          ...(shed.count && { shedP99Ms: shed.p99Ms }),
        },
      };
    };
    return { cast: target.cast, load, mayShed: share > 1 };
  };
