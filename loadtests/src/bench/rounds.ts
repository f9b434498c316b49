import type { Bench } from './bench.ts';
import type { Figure, VariantId } from './figure.ts';
import { reached, type Reached } from './figures.ts';
import { assertUsable, measure, type Sample, Unusable } from './sample.ts';
import { type Spread, spreadOf } from './stats.ts';
import type { Prepare } from './prepare.ts';

const WARM_SECONDS = 2;
/** Of a process that has done nothing yet: its compiler has all of its work before it. */
const COLD_SECONDS = 10;
/** A busy machine may be a quiet one a little later. */
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;

export interface Refusal {
  variant: string;
  round: number;
  reason: string;
}
export interface Rounds {
  samples: Sample[];
  refusals: Refusal[];
}
export interface RoundsOptions {
  rounds: number;
  seconds: number;
  rough: boolean;
  say(line: string): void;
}

/** Measures every variant in turn, round after round: A B C A B C. */
export async function runRounds(
  bench: Bench,
  variants: readonly [string, Prepare][],
  { rounds, seconds, rough, say }: RoundsOptions,
): Promise<Rounds> {
  const since = performance.now();
  const samples: Sample[] = [];
  const refusals: Refusal[] = [];
  for (let round = 1; round <= rounds; round++) {
    const earlier = new Map<VariantId, Sample>();
    for (const [variant, prepare] of variants) {
      const named = { variant, round, since, seconds, rough };
      try {
        const sample = await usable(bench, prepare, earlier, named);
        earlier.set(variant as VariantId, sample);
        samples.push(sample);
        say(sentence(sample));
      } catch (error) {
        const reason = (error as Error).message;
        refusals.push({ variant, round, reason });
        say(`  ${variant} refused: ${reason}`);
        if (!(error instanceof Unusable)) say((error as Error).stack ?? '');
      }
    }
  }
  return { samples, refusals };
}

interface Named {
  variant: string;
  round: number;
  since: number;
  seconds: number;
  rough: boolean;
}

async function usable(
  bench: Bench,
  prepare: Prepare,
  earlier: ReadonlyMap<VariantId, Sample>,
  { variant, round, since, seconds, rough }: Named,
): Promise<Sample> {
  const { cast, load, supply, after, mayShed } = await prepare(bench, earlier);
  const launcher = bench.place.pids['launcher']!;
  try {
    const warmSeconds = round === 1 ? COLD_SECONDS : WARM_SECONDS;
    await supply?.(warmSeconds);
    await load(warmSeconds);
    for (let attempt = 1; ; attempt++) {
      await supply?.(seconds);
      const sample = await measure({ variant, round, cast, launcher, load: () => load(seconds) }, since);
      try {
        assertUsable(sample, { rough, mayShed });
        return sample;
      } catch (error) {
        if (!(error instanceof Unusable) || attempt === ATTEMPTS) throw error;
        await new Promise((go) => setTimeout(go, PAUSE_MS));
      }
    }
  } finally {
    await after?.();
  }
}

const sentence = ({ variant, round, perSecond, acceptedShare, serverUs, cpuUs, outside }: Sample) =>
  `  ${String(round).padStart(2)} ${variant.padEnd(18)} ${perSecond.toFixed(0).padStart(7)}/s` +
  `  accepted ${(acceptedShare * 100).toFixed(1).padStart(5)} %  ${serverUs.toFixed(1).padStart(7)} µs` +
  `  gateway ${cpuUs.gateway.toFixed(1)}  outside ${(outside * 100).toFixed(1)} %`;

export interface Result {
  figure: Figure;
  /** Of the rounds in which all of it could be measured; absent when there is none. */
  spread?: Spread;
  rounds: number;
  reached: Reached | 'refused';
  /** Why it is refused. */
  reason?: string;
}

/** The median and range of each figure over the rounds. */
export function resultsOf(figures: readonly Figure[], { samples, refusals }: Rounds): Result[] {
  const byRound = Map.groupBy(samples, ({ round }) => round);
  return figures.map((figure) => {
    const values = [...byRound.values()].flatMap((of) => valueIn(figure, of));
    if (!values.length) {
      const refused = refusals.find(({ variant }) => figure.of.includes(variant as VariantId));
      return { figure, rounds: 0, reached: 'refused', reason: refused?.reason ?? 'nothing was measured' };
    }
    const spread = spreadOf(values);
    return { figure, spread, rounds: values.length, reached: reached(figure, spread.median) };
  });
}

function valueIn(figure: Figure, samples: readonly Sample[]): number[] {
  const of = new Map(samples.map((sample) => [sample.variant, sample]));
  if (!figure.of.every((id) => of.has(id))) return [];
  const value = figure.value((id) => of.get(id)!);
  return Number.isFinite(value) ? [value] : [];
}
