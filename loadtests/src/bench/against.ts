import type { Bench } from './bench.ts';
import { describeCommit } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { writeJson } from './report.ts';
import { runRounds } from './rounds.ts';
import type { Sample } from './sample.ts';
import { spreadOf } from './stats.ts';
import { AGAINST } from './variants.ts';

/** Below this a change cannot be told from noise. */
const NOISE = 0.02;
/** Of fewer rounds all lie on one side by chance too often. */
const ROUNDS_MIN = 5;

/** Per round, what this checkout is of the other one. */
export function ratios(samples: readonly Sample[], part: string, of: (sample: Sample) => number): number[] {
  return [...Map.groupBy(samples, ({ round }) => round).values()].flatMap((round) => {
    const [ours, rival] = [`ours-${part}`, `rival-${part}`].map((id) => round.find(({ variant }) => variant === id));
    return ours && rival ? [of(ours) / of(rival)] : [];
  });
}

export function sentence(part: string, what: string, values: readonly number[], better: 'more' | 'less'): string {
  if (!values.length) return `${part} ${what}: not measured`;
  const { median, least, most } = spreadOf(values);
  const change = better === 'more' ? median - 1 : 1 - median;
  const isOneSided = least > 1 || most < 1;
  const verdict = Math.abs(change) < NOISE || !isOneSided ? 'no difference' : change > 0 ? 'better' : 'worse';
  const said = values.length < ROUNDS_MIN ? `too few rounds to say, ${ROUNDS_MIN} are needed` : verdict;
  const shown = [median, least, most].map((value) => value.toFixed(3));
  return `${part.padEnd(5)} ${what.padEnd(14)} ${shown[0]} (${shown[1]} – ${shown[2]})  ${said}`;
}

/** Two checkouts side by side on the same servers. Exit code 0: both could be measured. */
export async function compare(bench: Bench, options: BenchOptions, say: (line: string) => void): Promise<number> {
  const { samples, refusals } = await runRounds(bench, Object.entries(AGAINST), { ...options, say });
  const { ref } = bench.place.rival!;
  const file = writeJson('bench-against.json', { ref, ...describeCommit(), options, samples, refusals });
  say(`this checkout against ${ref}: median of the ratios of each round (range)`);
  for (const part of ['many', 'hot']) {
    say(
      sentence(
        part,
        'rate',
        ratios(samples, part, ({ perSecond }) => perSecond),
        'more',
      ),
    );
    say(
      sentence(
        part,
        'CPU',
        ratios(samples, part, ({ serverUs }) => serverUs),
        'less',
      ),
    );
    say(
      sentence(
        part,
        'gateway CPU',
        ratios(samples, part, ({ cpuUs }) => cpuUs.gateway),
        'less',
      ),
    );
    say(
      sentence(
        part,
        'bidding CPU',
        ratios(samples, part, ({ cpuUs }) => cpuUs.bidding),
        'less',
      ),
    );
  }
  say(`samples: ${file}`);
  return refusals.length ? 1 : 0;
}
