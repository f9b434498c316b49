import { z } from 'zod';

export const faultSpec = z
  .strictObject({
    /** An operation's name, its beginning and an asterisk, or `*`. */
    operation: z.string().default('*'),
    /**
     * timeout, cut-body, error-after: it is carried out, and the answer never comes, comes in half, or is a 500 that
     * the idempotency key then repeats. hang, conflict-409, rate-limit-429, refuse-400, no-funds-400: it is not.
     */
    mode: z.enum([
      'timeout',
      'hang',
      'cut-body',
      'error-after',
      'conflict-409',
      'rate-limit-429',
      'refuse-400',
      'no-funds-400',
    ]),
    /** The next so many calls. */
    count: z.int().positive().optional(),
    /** Or each call with this probability, drawn from the seed. */
    probability: z.number().min(0).max(1).optional(),
    seed: z.int().default(1),
  })
  .refine(
    ({ count, probability }) => count === undefined || probability === undefined,
    'count or probability, not both',
  );

export type FaultMode = z.output<typeof faultSpec>['mode'];

/** The same numbers for the same seed: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

interface Armed {
  operation: string;
  mode: FaultMode;
  strikes: () => boolean;
}

/** What is set to go wrong. In memory: a restart clears it. */
export class Faults {
  private armed: Armed[] = [];
  /** Calls that were made, and how many of them met which fault. */
  readonly sums = { calls: 0, struck: {} as Partial<Record<FaultMode, number>> };

  arm(spec: z.output<typeof faultSpec>): void {
    const { operation, mode, probability } = spec;
    let left = spec.count ?? (probability === undefined ? 1 : Infinity);
    const random = randomOf(spec.seed);
    const strikes = () => (probability === undefined ? left-- > 0 : random() < probability);
    this.armed.push({ operation, mode, strikes });
  }

  clear(): void {
    this.armed = [];
  }

  /** The fault that this call meets, if any. Asking uses it up. */
  next(operation: string): FaultMode | undefined {
    const mode = this.armed.find((fault) => matches(fault.operation, operation) && fault.strikes())?.mode;
    this.sums.calls += 1;
    if (mode) this.sums.struck[mode] = (this.sums.struck[mode] ?? 0) + 1;
    return mode;
  }
}
