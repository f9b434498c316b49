import { startCompanion } from './companion.ts';
import type { Prepare } from './prepare.ts';
import type { Watched } from './watchers.ts';

/** The same load while many watch the hot lot. */
export const withWatchers =
  (prepare: Prepare, count: number): Prepare =>
  async (bench, earlier) => {
    const prepared = await prepare(bench, earlier);
    const target = await bench.target('ours');
    const [lot] = await target.lots(1);
    const crowd = await startCompanion<Watched>('watchers', [target.url, lot!, String(count)]);
    const load = async (seconds: number) => {
      await crowd.told();
      const outcome = await prepared.load(seconds);
      const { watchers, events, items } = await crowd.told();
      const eventsPerSecond = events / Math.max(1, watchers) / outcome.seconds;
      const measures = { ...outcome.measures, watchers, eventsPerSecond, itemsPerSecond: items / outcome.seconds };
      return { ...outcome, measures };
    };
    // What watches is part of the load.
    return { ...prepared, cast: { ...prepared.cast, generator: [crowd.pid] }, load, after: () => crowd.stop() };
  };
