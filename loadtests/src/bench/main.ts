import { readAddresses } from '@yuzhi/journeys/journeys.config';
import { readPlace } from './bench.config.ts';
import { Bench } from './bench.ts';
import { compare } from './against.ts';
import { figuresOf, tableOf, variantsOf } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { areDeals, type BenchOptions, readOptions } from './options.ts';
import { writePage } from './page.ts';
import { cellsOf, type Run, writeReport } from './report.ts';
import { resultsOf, type Rounds, runRounds } from './rounds.ts';
import { percent, type Sample } from './sample.ts';
import { sum } from './stats.ts';
import { PREPARE } from './variants.ts';
import { readersOf, type Verdict, verdictOf, verdictOfDeals } from './verdict.ts';

const say = (line: string) => console.log(line);

/** A cold broker costs three to five times as much: it is warmed by what it will carry. */
async function prime(bench: Bench, seconds: number): Promise<void> {
  if (!seconds) return;
  const { load } = await PREPARE['ours-many'](bench, new Map());
  const { operations, attempts } = await load(seconds);
  say(`… primed for ${seconds} s, ${percent(operations / attempts)} of ${attempts} accepted`);
}

async function judge(bench: Bench, samples: readonly Sample[]): Promise<Verdict> {
  const target = await bench.target('ours');
  const pools = await Promise.all([...target.opened()].map((count) => target.lots(count)));
  const ours = samples.filter(({ variant }) => variant.startsWith('ours-'));
  const [transfers, quotes] = [true, false].map((wanted) =>
    sum(ours.map(({ variant, operations }) => (isTransfer(variant) === wanted ? operations : 0))),
  ) as [number, number];
  return verdictOf({ databaseOf: (service) => bench.database(service), lots: pools.flat(), quotes, transfers });
}
/** Nothing was put past the public door: everything that is proven of a load holds. */
const judgeDeals = (bench: Bench, officeUrl: string) =>
  verdictOfDeals({
    readers: readersOf((service) => bench.database(service)),
    kafka: { brokers: bench.place.kafkaBrokers, prefix: bench.place.topicPrefix },
    officeUrl,
  });
const isTransfer = (variant: string) => variant.startsWith('ours-transfers-');

function tell(run: Run, options: BenchOptions): void {
  for (const result of run.results) {
    const [figure, , median, range, goal, reached] = cellsOf(result);
    say(`${figure!.padEnd(12)} ${median!.padStart(14)}   ${range!.padStart(16)}   ${goal!.padEnd(16)} ${reached}`);
  }
  say(`${run.verdict.good ? 'proven' : 'NOT PROVEN'}: ${run.verdict.says}`);
  say(`report: ${writeReport(run)}`);
  // What was measured roughly, or only in part, must not stand for the whole.
  const table = options.rough ? undefined : tableOf(options.only);
  if (table) say(`table: ${writePage(run, table)}`);
}

/** Exit code 0: everything asked for was measured, and what was acknowledged is there. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const addresses = readAddresses();
  const bench = await Bench.open(readPlace(), addresses);
  try {
    if (!areDeals(options)) await prime(bench, options.primeSeconds);
    if (options.against) return await compare(bench, options, say);
    const figures = figuresOf(options.only);
    const variants = variantsOf(figures).map((id) => [id, PREPARE[id]] as [string, (typeof PREPARE)[typeof id]]);
    const rounds: Rounds = await runRounds(bench, variants, { ...options, say });
    const results = resultsOf(figures, rounds);
    const verdict = areDeals(options)
      ? await judgeDeals(bench, addresses.patentOfficeUrl)
      : await judge(bench, rounds.samples);
    const about = {
      date: new Date().toISOString().slice(0, 16).replace('T', ' '),
      machine: describeMachine(),
      options,
    };
    tell({ ...about, ...describeCommit(), results, ...rounds, verdict }, options);
    return verdict.good && !results.some(({ reached }) => reached === 'refused') ? 0 : 1;
  } finally {
    await bench.close();
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
