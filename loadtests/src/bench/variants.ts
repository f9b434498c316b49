import { withAbuse } from './abused.ts';
import type { TargetName } from './bench.ts';
import type { VariantId } from './figure.ts';
import { floorLoad } from './floor.ts';
import { ledgerLoad, transferLoad } from './ledger.ts';
import { withMemory } from './memory.ts';
import { outcomeOf } from './outcome.ts';
import { outcomeOfPgbench, runPgbench } from './pgbench.ts';
import { ROW_OF_MANY, ROW_OF_ONE } from './rows.ts';
import type { Prepare } from './prepare.ts';
import { steadyLoad } from './steady-load.ts';
import { countCommits } from './commits.ts';
import { bootLoad, onShelf } from './shelf-load.ts';
import { tillLoad } from './till-load.ts';
import { naiveDealsLoad, tradesLoad } from './trades-load.ts';
import { loadBids } from './wrk.ts';
import { withWatchers } from './watching.ts';

interface BidVariant {
  target: TargetName;
  lots: number;
  connections: number;
  counts?: 'accepted' | 'decided';
}

/** Quotes at the most that a target takes. */
export const bids =
  ({ target: name, lots: count, connections, counts }: BidVariant): Prepare =>
  async (bench) => {
    const target = await bench.target(name);
    const lots = await target.lots(count);
    const bidders = await bench.biddersOf(name).signedIn();
    const load = async (seconds: number) => {
      const loading = () => loadBids({ url: target.url, lots, bidders, connections, seconds }, bench.place.dir);
      if (!target.database) return outcomeOf(await loading(), counts);
      const { value, commits } = await countCommits(bench.place.databaseUrl, target.database, loading);
      return { ...outcomeOf(value, counts), measures: { commits } };
    };
    return { cast: target.cast, load };
  };

const rows =
  (name: string, sql: string): Prepare =>
  async (bench) => {
    const databaseUrl = await bench.rows();
    const load = async (seconds: number) => {
      const run = { name, sql, databaseUrl, connections: 64, seconds };
      return outcomeOfPgbench(await runPgbench(run, bench.place.dir), seconds);
    };
    return { cast: { postgres: [bench.place.pids['postgres']!] }, load };
  };

const ours = (lots: number, connections: number) => bids({ target: 'ours', lots, connections });
const of = (target: TargetName, counts?: BidVariant['counts']) => ({
  many: bids({ target, lots: 1000, connections: 256, counts }),
  hot: bids({ target, lots: 1, connections: 64, counts }),
});
const [echo, control, naive] = [of('echo'), of('control'), of('naive', 'decided')];

/**
 * A load that leaves room for whoever means no good, since all of it runs on the same machine. A quote costs several
 * times as much when few come at once: a quarter of the most already fills two cores.
 */
const calm = withMemory(steadyLoad(0.1));

export const PREPARE: Record<VariantId, Prepare> = {
  'ours-many': ours(1000, 256),
  'ours-hot': ours(1, 64),
  'ours-hot-256': ours(1, 256),
  'ours-1': ours(1, 256),
  'ours-10': ours(10, 256),
  'ours-100': ours(100, 256),
  'ours-10000': withMemory(ours(10_000, 256)),
  'ours-watched': withWatchers(ours(1, 64), 1000),
  'ours-steady': steadyLoad(0.5),
  'ours-overload': steadyLoad(2, 2000),
  'ours-calm': calm,
  'ours-slow': withAbuse(calm, 'slow'),
  'ours-silent': withAbuse(calm, 'silent'),
  'ours-besieged': withAbuse(calm, 'watchers'),
  'ours-flooded': withAbuse(calm, 'flood'),
  'ours-headers': withAbuse(calm, 'headers'),
  'echo-many': echo.many,
  'echo-hot': echo.hot,
  'rows-many': rows('rows-many', ROW_OF_MANY),
  'rows-hot': rows('rows-hot', ROW_OF_ONE),
  'control-many': control.many,
  'control-hot': control.hot,
  'naive-many': naive.many,
  'naive-hot': naive.hot,
  'shelf-few': onShelf(bids({ target: 'few', lots: 1000, connections: 256 }), 'few', 10_000),
  'shelf-full': onShelf(bids({ target: 'full', lots: 1000, connections: 256 }), 'full', 10_000),
  'boot-few': bootLoad('few', 100_000),
  'boot-full': bootLoad('full', 100_000),
  floor: floorLoad,
  'ours-transfers-random': tillLoad('random', 256),
  'ours-transfers-hot': tillLoad('hot', 64),
  'transfers-random': transferLoad('random'),
  'transfers-hot': transferLoad('hot'),
  ledger: ledgerLoad,
  'ours-deals': tradesLoad,
  'naive-deals': naiveDealsLoad,
};

/** The two that are compared between checkouts. */
export const AGAINST: Record<string, Prepare> = {
  'ours-many': ours(1000, 256),
  'rival-many': bids({ target: 'rival', lots: 1000, connections: 256 }),
  'ours-hot': ours(1, 64),
  'rival-hot': bids({ target: 'rival', lots: 1, connections: 64 }),
};
