/** Counts that end in `_total`, amounts of time that end in `_seconds`; everything else is named by what it counts. */
export type Unit = 'seconds' | 'requests' | 'commands' | 'records' | 'tasks' | 'connections' | 'watchers' | 'moves';

/** A metric, said once. */
export interface Declared<L extends string> {
  name: string;
  /** One sentence. */
  help: string;
  unit: Unit;
  labels: readonly L[];
}
export type LabelsOf<L extends string> = Readonly<Record<L, string>>;
type AnyLabels = Readonly<Record<string, string>>;

interface Branch<S> {
  series?: S;
  readonly under: Map<string, Branch<S>>;
}
/** One line of what a scraper reads, as `Registry` of prom-client wants it. */
interface Line {
  labels: Readonly<Record<string, string | number>>;
  value: number;
  metricName?: string;
  exemplar?: { labelSet: Readonly<Record<string, string>>; value: number; timestamp: number };
}

/**
 * All series of one metric. prom-client's own classes join the labels to a string with every count, also those that
 * were bound before; here a series is found once by its labels, and counting is an addition.
 */
export abstract class Family<L extends string, S extends { readonly labels: AnyLabels }> {
  abstract readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly #root: Branch<S> = { under: new Map() };
  protected readonly all: S[] = [];

  constructor(readonly declared: Declared<L>) {
    ({ name: this.name, help: this.help } = declared);
  }

  /** The series of these labels. @throws TypeError when they are not the declared ones */
  of(labels: LabelsOf<L>): S {
    let branch = this.#root;
    for (const label of this.declared.labels) {
      let next = branch.under.get(labels[label]);
      if (!next) branch.under.set(labels[label], (next = { under: new Map() }));
      branch = next;
    }
    return (branch.series ??= this.#begin(labels));
  }
  #begin(labels: LabelsOf<L>): S {
    const given = Object.keys(labels).toSorted().join(', ');
    const wanted = this.declared.labels.toSorted().join(', ');
    if (given !== wanted) throw new TypeError(`${this.name} is labelled by ${wanted}, not by ${given}`);
    const series = this.begin(Object.fromEntries(this.declared.labels.map((label) => [label, labels[label]])));
    this.all.push(series);
    return series;
  }
  protected abstract begin(labels: AnyLabels): S;
  protected abstract linesOf(series: S): Line[];

  /** Every series, as far as its labels are these. */
  where(labels: Partial<LabelsOf<L>>): readonly S[] {
    const wanted = Object.entries<string | undefined>(labels);
    return this.all.filter((series) => wanted.every(([name, value]) => series.labels[name] === value));
  }

  /** What prom-client's registry asks for. */
  async get() {
    const { help, type } = this;
    // In OpenMetrics a counter is named without what its samples end in.
    const name = this.name.replace(/_total$/, '');
    return { name, help, type, values: this.all.flatMap((series) => this.linesOf(series)), aggregator: 'sum' };
  }
}

export class Count {
  value = 0;
  constructor(readonly labels: AnyLabels) {}

  inc(by = 1): void {
    this.value += by;
  }
}
export class Counters<L extends string> extends Family<L, Count> {
  readonly type = 'counter';
  protected begin(labels: AnyLabels): Count {
    return new Count(labels);
  }
  protected linesOf({ labels, value }: Count): Line[] {
    return [{ labels, value }];
  }
}

export class Level {
  value = 0;
  constructor(readonly labels: AnyLabels) {}

  set(value: number): void {
    this.value = value;
  }
  add(by: number): void {
    this.value += by;
  }
}
export class Gauges<L extends string> extends Family<L, Level> {
  readonly type = 'gauge';
  protected begin(labels: AnyLabels): Level {
    return new Level(labels);
  }
  protected linesOf({ labels, value }: Level): Line[] {
    return [{ labels, value }];
  }
}

/** How values are spread over buckets; of the last traced one of each bucket it keeps the trace. */
export class Distribution {
  /** By bucket, not accumulated; the last is for what is above every bound. */
  readonly counts: number[];
  sum = 0;
  readonly exemplars: Line['exemplar'][] = [];

  constructor(
    readonly labels: AnyLabels,
    readonly bounds: readonly number[],
  ) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number, traceId?: string): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
    if (traceId) this.exemplars[at] = { labelSet: { trace_id: traceId }, value, timestamp: Date.now() / 1000 };
  }
}
export class Histograms<L extends string> extends Family<L, Distribution> {
  readonly type = 'histogram';

  constructor(
    declared: Declared<L>,
    readonly bounds: readonly number[],
  ) {
    super(declared);
  }
  protected begin(labels: AnyLabels): Distribution {
    return new Distribution(labels, this.bounds);
  }
  protected linesOf({ labels, counts, sum, exemplars }: Distribution): Line[] {
    let below = 0;
    const buckets = counts.map((count, at) => {
      below += count;
      const exemplar = exemplars[at];
      const le = this.bounds[at] ?? '+Inf';
      return {
        labels: { le, ...labels },
        value: below,
        metricName: `${this.name}_bucket`,
        ...(exemplar && { exemplar }),
      };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: below, metricName: `${this.name}_count` },
    ];
  }
}

/** The sums of several distributions over the same bounds, bucket by bucket. */
export const merged = (of: readonly (readonly number[])[]): number[] =>
  (of[0] ?? []).map((_, at) => of.reduce((sum, counts) => sum + counts[at]!, 0));

/**
 * The value below which `share` of all counts lie, interpolated within its bucket as Prometheus does; the highest bound
 * for what is above it. Undefined where nothing was counted.
 */
export function quantile(bounds: readonly number[], counts: readonly number[], share: number): number | undefined {
  const rank = share * counts.reduce((sum, count) => sum + count, 0);
  if (rank === 0) return undefined;
  let below = 0;
  for (const [at, bound] of bounds.entries()) {
    const here = counts[at]!;
    const lower = at === 0 ? 0 : bounds[at - 1]!;
    if (here > 0 && below + here >= rank) return lower + ((bound - lower) * (rank - below)) / here;
    below += here;
  }
  return bounds.at(-1);
}
