import { TILL } from '../peers/till.ts';
import { countCommits } from './commits.ts';
import { outcomeOf } from './outcome.ts';
import type { Prepare } from './prepare.ts';
import type { TransferKind } from './stock.ts';
import { loadTransfers } from './wrk.ts';

/** Before anything was measured. */
const FIRST_PER_SECOND = 4000;
/** More than the last load used up, for the next may be faster. */
const RESERVE = 1.5;

const fastest: Record<TransferKind, number> = { random: FIRST_PER_SECOND, hot: FIRST_PER_SECOND };

/** Transfers of the book over HTTP, as many as the platform takes. */
export const tillLoad =
  (kind: TransferKind, connections: number): Prepare =>
  async (bench) => {
    const till = await bench.till();
    const { place } = bench;
    const people = await bench.bidders.signedIn();
    const path = TILL[kind].route!.slice('POST '.length);
    const load = async (seconds: number) => {
      const bodies = till.stocked(kind).map(({ body }) => body);
      const loading = () => loadTransfers({ url: till.url, path, bodies, people, connections, seconds }, place.dir);
      const { value, commits } = await countCommits(place.databaseUrl, `${place.topicPrefix}escrow`, loading);
      till.spend(kind, value.sent);
      fastest[kind] = Math.max(fastest[kind], value.answered / value.seconds);
      return { ...outcomeOf(value), measures: { commits } };
    };
    const supply = (seconds: number) => till.supply(kind, Math.ceil(seconds * fastest[kind] * RESERVE), people);
    return { cast: till.cast, load, supply };
  };
