import { HeldTable } from '@yuzhi/messaging/held-table';
import type { Log } from '@yuzhi/messaging/log';
import { calendar, type Rule, rules } from '@yuzhi/protocol/oversight';
import type { Logger } from '@yuzhi/telemetry/logging';
import type { z } from 'zod';
import { addWorkingDays, civilDate, type Deadline, isWorkingDay, type Year } from './working-days.ts';

type Version = z.output<typeof Rule>;
type Row = z.output<(typeof rules)['data']>;
interface Held {
  start(log: Log): Promise<void>;
  get(id: string): Row | undefined;
  onChange(heard: (id: string) => void): void;
}

/** Numbers that law, banks and operators change: each as it stood at the `now` of a decision. */
export class Rulebook {
  #latest: string | undefined;

  constructor(
    private readonly needed: readonly string[],
    private readonly logger: Logger,
    private readonly held: Held = new HeldTable(rules),
  ) {
    held.onChange((id) => (this.#latest = held.get(id)?.rulebook ?? this.#latest));
  }

  /** Resolves once every rule that the service needs is held. */
  async start(log: Log): Promise<void> {
    await this.held.start(log);
    if (!this.missing.length) return;
    this.logger.info({ rules: this.missing }, 'waiting for rules');
    await new Promise<void>((go) => this.held.onChange(() => this.missing.length || go()));
  }
  get missing(): string[] {
    return this.needed.filter((id) => !this.held.get(id));
  }

  /** The version of the rulebook that was activated last. */
  version(): string {
    if (this.#latest === undefined) throw new RangeError('no rulebook was ever activated');
    return this.#latest;
  }

  /** @throws RangeError when there is no such rule in force at `now`, epoch ms: a mistake of ours */
  at(id: string, now: number): Version {
    const found = this.#inForce(id, now);
    if (!found) throw new RangeError(`no rule ${id} is in force on ${civilDate(now)}`);
    return found;
  }
  #inForce(id: string, now: number): Version | undefined {
    const today = civilDate(now);
    return this.held.get(id)?.versions.findLast(({ from, to }) => from <= today && (to === null || today <= to));
  }
  /** Under which id a rule stands for a place (GB/T 2260, six digits): its province's own comes before the nation's. */
  of(id: string, region: string | undefined, now: number): string {
    const own = `${id}.${region?.slice(0, 2)}`;
    return this.#inForce(own, now) ? own : id;
  }
  /** A whole number of its own unit: days, seconds, a count. */
  int(id: string, now: number): number {
    const { value, unit } = this.at(id, now);
    if (['fen', 'bps', 'list', 'version'].includes(unit) || !/^-?\d{1,15}$/.test(value))
      throw this.#other(id, unit, value);
    return Number(value);
  }
  bps(id: string, now: number): number {
    const { value, unit } = this.at(id, now);
    if (unit !== 'bps' || !/^-?\d{1,9}$/.test(value)) throw this.#other(id, unit, value);
    return Number(value);
  }
  fen(id: string, now: number): bigint {
    const { value, unit } = this.at(id, now);
    if (unit !== 'fen' || !/^-?\d{1,16}$/.test(value)) throw this.#other(id, unit, value);
    return BigInt(value);
  }
  /** Words, of those that may stand in it. */
  list<T extends string>(id: string, known: readonly T[], now: number): T[] {
    const { value, unit } = this.at(id, now);
    const words = value === '' ? [] : value.split(',');
    const found = known.filter((word) => words.includes(word));
    if (unit !== 'list' || found.length !== words.length) throw this.#other(id, unit, value);
    return found;
  }
  text(id: string, now: number): string {
    return this.at(id, now).value;
  }
  #other(id: string, unit: string, value: string): RangeError {
    return new RangeError(`rule ${id} is ${value} ${unit}, which is not what was asked for`);
  }
}

interface HeldYears {
  start(log: Log): Promise<void>;
  get(year: string): Year | undefined;
}

/** The working-day calendar that oversight publishes. */
export class Calendar {
  readonly #years = (year: number) => this.held.get(String(year));

  constructor(private readonly held: HeldYears = new HeldTable(calendar)) {}

  start(log: Log): Promise<void> {
    return this.held.start(log);
  }
  addWorkingDays(at: number, n: number): Deadline {
    return addWorkingDays(at, n, this.#years);
  }
  isWorkingDay(at: number): boolean {
    return isWorkingDay(at, this.#years);
  }
}
