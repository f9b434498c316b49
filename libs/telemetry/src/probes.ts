import { metrics } from './metrics.ts';

/** Reads what costs something to know, such as a question to the database, and sets its gauges. */
type Look = () => Promise<void> | void;

/** Gauges that are read when somebody asks for the metrics, and never otherwise. */
export class Probes {
  readonly #looks = new Map<string, Look>();
  #looking: Promise<void> | undefined;
  #lookedAt = -Infinity;

  constructor(
    /** Several scrapers, or several services of one process that are scraped one by one, share one look. */
    private readonly freshMs = 1000,
    /** What takes longer is not waited for: its gauges say what was known before. */
    private readonly withinMs = 2000,
  ) {}

  /** Whoever reads the metrics makes this look first. Answers the way to stop it. */
  add(of: string, look: Look): () => void {
    this.#looks.set(of, look);
    return () => void (this.#looks.get(of) === look && this.#looks.delete(of));
  }

  /** Brings every gauge up to date. Never fails, and never takes long. */
  look(): Promise<void> {
    if (performance.now() - this.#lookedAt < this.freshMs) return Promise.resolve();
    return (this.#looking ??= this.#lookAll().finally(() => (this.#looking = undefined)));
  }
  async #lookAll(): Promise<void> {
    await Promise.all([...this.#looks].map(([of, look]) => this.#lookOnce(of, look)));
    this.#lookedAt = performance.now();
  }
  async #lookOnce(of: string, look: Look): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, failed) => {
      timer = setTimeout(() => failed(new Error('late')), this.withinMs);
    });
    try {
      await Promise.race([look(), late]);
    } catch {
      metrics.failedLooks.of({ of }).inc();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Of this process. */
export const probes = new Probes();
