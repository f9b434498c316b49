import { type Addresses, readAddresses } from '@yuzhi/journeys/journeys.config';
import type { Place } from './bench.config.ts';
import { Bidders } from './bidders.ts';
import { type ControlTarget, controlTarget } from './control-target.ts';
import { rowsDatabase } from './rows.ts';
import { NaiveDeals } from './naive-deals.ts';
import { Till } from './till.ts';
import { Trades } from './trades.ts';
import type { ShelfName } from './shelf.ts';
import { databaseOf, echoTarget, naiveTarget, platformTarget, type Target } from './targets.ts';

/** Organisations that bid: at 200 commands a second each, none meets the door's allowance below 80,000 in all. */
const ORGANISATIONS = 400;

export type TargetName = 'ours' | 'rival' | 'echo' | 'control' | 'naive' | ShelfName;

/** What a run has open: each target and scratch database from when it is first asked for to the end. */
export class Bench {
  readonly #targets = new Map<TargetName, Promise<Target>>();
  #rows: Promise<string> | undefined;
  #till: Promise<Till> | undefined;
  #trades: Promise<Trades> | undefined;
  #naiveDeals: Promise<NaiveDeals> | undefined;
  readonly #shelves = new Map<ShelfName, Promise<ControlTarget>>();

  private constructor(
    readonly place: Place,
    private readonly addresses: Addresses,
    readonly bidders: Bidders,
    private readonly rivalBidders: Bidders | undefined,
  ) {}

  static async open(place: Place, addresses: Addresses): Promise<Bench> {
    const bidders = await Bidders.gather(addresses, ORGANISATIONS);
    const rival = place.rival && (await Bidders.gather(readAddresses(place.rival.environment), ORGANISATIONS));
    return new Bench(place, addresses, bidders, rival);
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
        return controlTarget(place, bidders, 'bench_control');
      case 'few':
      case 'full':
        return this.shelf(name);
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
  /** An engine with a database of its own, to lay quotes into. */
  shelf(name: ShelfName): Promise<ControlTarget> {
    const known = this.#shelves.get(name) ?? controlTarget(this.place, this.bidders, `bench_${name}`);
    this.#shelves.set(name, known);
    return known;
  }
  /** Where transfers of the book are asked for. */
  till(): Promise<Till> {
    return (this.#till ??= Till.open(this.place, this.database('escrow')));
  }
  /** Whole deals of the platform, and of the naive app. */
  trades(): Promise<Trades> {
    return (this.#trades ??= Trades.open(this.addresses));
  }
  naiveDeals(): Promise<NaiveDeals> {
    return (this.#naiveDeals ??= NaiveDeals.open(this.place));
  }
  /** The administrator's way to a database of the platform. */
  database(service: string): string {
    return databaseOf(this.place.databaseUrl, `${this.place.topicPrefix}${service}`);
  }
  async close(): Promise<void> {
    const targets = [...this.#targets.values(), ...this.#shelves.values(), this.#till, this.#naiveDeals];
    for (const starting of new Set(targets)) {
      await starting?.then((opened) => opened.close()).catch(() => {});
    }
  }
}
