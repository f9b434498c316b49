import { z } from 'zod';

/** What a deal says of its days, in epoch ms of the platform's clock. */
export const DealDays = z
  .object({
    deal: z.string().min(1).max(100),
    /** It does nothing until then. */
    waitsUntil: z.number().optional(),
    /** It acts, and must be done by then. */
    actsBefore: z.number().optional(),
    isOver: z.literal(true).optional(),
  })
  .refine(
    (d) => [d.waitsUntil, d.actsBefore, d.isOver].filter((one) => one !== undefined).length === 1,
    'one of three',
  );
export type DealDays = z.output<typeof DealDays>;

export interface Clock {
  now(): Promise<number>;
  /** Steps there; whatever falls due on the way happens. */
  advanceTo(instant: number): Promise<void>;
}

/** Instants so close together are one step: whoever waits for the first of them has days from then on. */
const TOGETHER_MS = 3_600_000;
/** Before it is looked again whether everybody waits. */
const LOOK_MS = 50;

/**
 * One clock for many deals that act at the same time: it goes to the first instant that some deal waits for, with those
 * that follow within the hour, and never beyond what a deal that is still acting must be done before.
 */
export class Calendar {
  readonly #deals = new Map<string, DealDays>();
  #timer: NodeJS.Timeout | undefined;
  #failure: Error | undefined;
  #stepping: Promise<void> | undefined;
  #waiting: { instant: number; go(): void; fail(error: Error): void }[] = [];

  constructor(private readonly clock: Clock) {}

  /** Throws what the clock said when it could not be stepped. */
  note(days: DealDays): void {
    if (this.#failure) throw this.#failure;
    if (days.isOver) this.#deals.delete(days.deal);
    else this.#deals.set(days.deal, days);
  }

  /** Resolves when the clock stands: whoever acts in the middle of a step is overtaken by it. */
  async still(): Promise<void> {
    await this.#stepping?.catch(() => {});
  }

  /** Resolves once the clock is there. Throws what the clock says when it cannot be stepped. */
  reached(instant: number): Promise<void> {
    return new Promise((go, fail) => this.#waiting.push({ instant, go, fail }));
  }
  #tellReached(now: number): void {
    const [there, waiting] = [true, false].map((is) => this.#waiting.filter(({ instant }) => instant <= now === is));
    this.#waiting = waiting!;
    for (const { go } of there!) go();
  }

  /** Where the clock may go now; undefined when it has to stand. */
  next(now: number): number | undefined {
    const all = [...this.#deals.values()];
    const waits = all.flatMap(({ waitsUntil }) => (waitsUntil !== undefined && waitsUntil > now ? [waitsUntil] : []));
    const first = Math.min(...waits);
    if (!Number.isFinite(first)) return undefined;
    // Whoever waits for an instant that has come does not know it yet: he acts as of now.
    const arrived = all.some(({ waitsUntil }) => waitsUntil !== undefined && waitsUntil <= now);
    const bound = Math.min(...all.map(({ actsBefore = Infinity }) => actsBefore));
    if (arrived || bound < first) return undefined;
    return Math.max(...waits.filter((instant) => instant <= Math.min(bound, first + TOGETHER_MS)));
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#step().then(
        () => this.#timer && this.start(),
        (error: Error) => {
          this.#failure = error;
          for (const { fail } of this.#waiting.splice(0)) fail(error);
        },
      );
    }, LOOK_MS);
  }
  async #step(): Promise<void> {
    if (this.#deals.size === 0) return;
    const now = await this.clock.now();
    this.#tellReached(now);
    const to = this.next(now);
    if (to !== undefined) await (this.#stepping = this.clock.advanceTo(to));
  }
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
