import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AbuseName, Abused, AbusePlan } from './abuse.ts';
import { startCompanion } from './companion.ts';
import type { Prepare } from './prepare.ts';

/** The same load while somebody means no good. */
export const withAbuse =
  (prepare: Prepare, name: AbuseName): Prepare =>
  async (bench, earlier) => {
    const prepared = await prepare(bench, earlier);
    const target = await bench.target('ours');
    // Whoever floods wants a lot that others want; whoever sits in a hall, one in which nothing happens.
    const [lot] = await target.lots(name === 'flood' ? 1000 : 1);
    const { hostname: host, port } = new URL(target.url);
    const plan: AbusePlan = { host, port: Number(port), lot: lot!, bidder: await bench.bidders.stranger() };
    const file = join(bench.place.dir, 'abuse.json');
    writeFileSync(file, JSON.stringify(plan), { mode: 0o600 });
    const abuser = await startCompanion<Abused>('abuse', [name, file]);
    const load = async (seconds: number) => {
      await abuser.told();
      const outcome = await prepared.load(seconds);
      const { statuses, ...came } = await abuser.told();
      const byStatus = Object.entries(statuses).map(([status, count]) => [`answered${status}`, count] as const);
      return { ...outcome, measures: { ...outcome.measures, ...came, ...Object.fromEntries(byStatus) } };
    };
    const cast = { ...prepared.cast, generator: [abuser.pid] };
    return { ...prepared, cast, load, after: () => abuser.stop() };
  };
