import { type Addresses, readAddresses } from '@yuzhi/journeys/journeys.config';
import type { Place } from './bench.config.ts';
import { Bidders } from './bidders.ts';
import { rowsDatabase } from './rows.ts';
import { Till } from './till.ts';
import { controlTarget, databaseOf, echoTarget, naiveTarget, platformTarget, type Target } from './targets.ts';

/** Organisations that bid: at 200 commands a second each, none meets the door's allowance below 80,000 in all. */
const ORGANISATIONS = 400;

export type TargetName = 'ours' | 'rival' | 'echo' | 'control' | 'naive';

/** What a run has open: each target and scratch database from when it is first asked for to the end. */
export class Bench {
  readonly #targets = new Map<TargetName, Promise<Target>>();
  #rows: Promise<string> | undefined;
  #till: Promise<Till> | undefined;

  private constructor(
    readonly place: Place,
    readonly bidders: Bidders,
    private readonly rivalBidders: Bidders | undefined,
  ) {}

  static async open(place: Place, addresses: Addresses): Promise<Bench> {
    const bidders = await Bidders.gather(addresses, ORGANISATIONS);
    const rival = place.rival && (await Bidders.gather(readAddresses(place.rival.environment), ORGANISATIONS));
    return new Bench(place, bidders, rival);
  }

  target(name: TargetName): Promise<Target> {
    const known = this.#targets.get(name) ?? this.#start(name);
    this.#targets.set(name, known);
    return known;
  }
  async #start(name: TargetName): Promise<Target> {
    const { place, bidders } = this;
    switch (name) {
      case 'ours':
        return platformTarget(place, bidders);
      case 'rival':
        return this.#rival();
      case 'echo':
        return echoTarget(place);
      case 'control':
        return controlTarget(place, bidders);
      case 'naive':
        return naiveTarget(place, bidders);
    }
  }
  #rival(): Target {
    const { place, rivalBidders } = this;
    if (!place.rival || !rivalBidders) throw new Error('no second checkout was started');
    const { url, topicPrefix, pids } = place.rival;
    return platformTarget({ ...place, url, topicPrefix, pids: { ...place.pids, ...pids } }, rivalBidders);
  }

  biddersOf(name: TargetName): Bidders {
    return name === 'rival' ? this.rivalBidders! : this.bidders;
  }
  /** The tables that pgbench writes. */
  rows(): Promise<string> {
    return (this.#rows ??= rowsDatabase(this.place));
  }
  /** Where transfers of the book are asked for. */
  till(): Promise<Till> {
    return (this.#till ??= Till.open(this.place, this.database('escrow')));
  }
  /** The administrator's way to a database of the platform. */
  database(service: string): string {
    return databaseOf(this.place.databaseUrl, `${this.place.topicPrefix}${service}`);
  }
  async close(): Promise<void> {
    for (const starting of [...this.#targets.values(), this.#till]) {
      await starting?.then((opened) => opened.close()).catch(() => {});
    }
  }
}
