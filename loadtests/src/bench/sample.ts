import { type Cast, readCpu, type Role, ROLES, SERVER_ROLES, type Used, used } from './cpu.ts';
import { sum } from './stats.ts';

/** What a load brought about, before anybody asks what it cost. */
export interface Outcome {
  /** What counts: quotes accepted, transactions committed. */
  operations: number;
  /** Those and the ones of the load's own warm-up, which use CPU as well; absent: the load has none. */
  operationsInAll?: number;
  /** Answers of any kind, and requests that were never answered. */
  attempts: number;
  /** By status and code; `unanswered` among them. */
  others: Record<string, number>;
  /** Seconds of the load by its own clock. */
  seconds: number;
  /** [percentile, ms], where the load tells. */
  latencyMs?: [number, number][];
  /** Of each second, where the load tells: answers and their median, ms. */
  timeline?: { answers: number; medianMs: number }[];
  /** Whatever else a figure is made of. */
  measures?: Record<string, number>;
}

export interface Sample extends Outcome {
  variant: string;
  round: number;
  /** Seconds since the run began. */
  at: number;
  perSecond: number;
  acceptedShare: number;
  /** CPU-µs per operation. */
  cpuUs: Record<Role, number>;
  /** The same of all servers together. */
  serverUs: number;
  softirqUs: number;
  /** Shares of the machine: what was busy, and with what is not ours. */
  busy: number;
  outside: number;
}

/** Below this the figure is not of what it says. */
export const ACCEPTED_MIN = 0.9;
/** Share of the machine that may go to others. */
export const OUTSIDE_MAX = 0.1;

/** A sample that says nothing, and why. */
export class Unusable extends Error {}

/** Throws Unusable where it cannot stand for the figure. `mayShed`: under overload, when most is turned away. */
export function assertUsable(
  { variant, acceptedShare, others, outside, operations }: Sample,
  { rough, mayShed = false }: { rough: boolean; mayShed?: boolean },
): void {
  if (operations === 0 || (acceptedShare < ACCEPTED_MIN && !mayShed)) {
    throw new Unusable(
      `${variant}: ${percent(acceptedShare)} accepted, ${percent(ACCEPTED_MIN)} needed: ${JSON.stringify(others)}`,
    );
  }
  if (!rough && outside > OUTSIDE_MAX) {
    throw new Unusable(`machine busy: ${percent(outside)} of the CPU went to what is not ours while ${variant} ran`);
  }
}
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export interface Measured {
  variant: string;
  round: number;
  cast: Cast;
  launcher: number;
  load: () => Promise<Outcome>;
}

/** Runs a load and says what it brought and cost. `since` is when the run began, by `performance.now()`. */
export async function measure({ variant, round, cast, launcher, load }: Measured, since: number): Promise<Sample> {
  const before = readCpu(cast, launcher);
  const outcome = await load();
  const spent = used(before, readCpu(cast, launcher));
  return sampleOf({ variant, round, at: (before.at - since) / 1000 }, outcome, spent);
}

export function sampleOf(
  named: Pick<Sample, 'variant' | 'round' | 'at'>,
  outcome: Outcome,
  { roles, softirq, busy, outside }: Used,
): Sample {
  const { operations, operationsInAll = operations, attempts, seconds } = outcome;
  const perOperation = (nanos: number) => nanos / 1000 / Math.max(1, operationsInAll);
  const cpuUs = Object.fromEntries(ROLES.map((role) => [role, perOperation(roles[role])])) as Record<Role, number>;
  return {
    ...named,
    ...outcome,
    perSecond: operations / seconds,
    acceptedShare: attempts ? operations / attempts : 0,
    cpuUs,
    serverUs: sum(SERVER_ROLES.map((role) => cpuUs[role])),
    softirqUs: perOperation(softirq),
    busy,
    outside,
  };
}
