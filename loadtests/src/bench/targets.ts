import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { createClient } from '@yuzhi/protocol/client';
import type { Place } from './bench.config.ts';
import type { Bidders } from './bidders.ts';
import type { Cast } from './cpu.ts';
import { openLots } from './lots.ts';
import { startPeer } from './peer-process.ts';
import { insertLots, scratchDatabase } from './scratch.ts';

/** What takes quotes over HTTP. */
export interface Target {
  url: string;
  cast: Cast;
  /** The database where its quotes are kept; absent: nowhere. */
  database?: string;
  /** So many open lots, opened when they are first asked for. */
  lots(count: number): Promise<readonly string[]>;
  /** The pools that were opened so far, by how many lots each has. */
  opened(): Iterable<number>;
  close(): Promise<void>;
}

export const local = (port: number) => `http://127.0.0.1:${port}`;
export const databaseOf = (adminUrl: string, name: string): string => {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
};

/** Each pool of lots is opened once. */
export function pools(open: (count: number) => Promise<readonly string[]>): Pick<Target, 'lots' | 'opened'> {
  const opened = new Map<number, Promise<readonly string[]>>();
  const lots = (count: number) => {
    const known = opened.get(count) ?? open(count);
    opened.set(count, known);
    return known;
  };
  return { lots, opened: () => opened.keys() };
}

/** The servers that every target shares, and what a platform has besides. */
export function castOf(pids: Place['pids'], own: Cast): Cast {
  const one = (name: string) => (pids[name] === undefined ? [] : [pids[name]]);
  return { broker: one('kafka'), postgres: one('postgres'), redis: one('redis'), ...own };
}

/** The platform itself, through its own door. */
export function platformTarget(place: Omit<Place, 'rival' | 'dir'>, bidders: Bidders): Target {
  const { url, kafkaBrokers: brokers, topicPrefix, pids } = place;
  const log = new KafkaLog({ brokers, clientId: 'bench', sessionTimeoutMs: 6000, prefix: topicPrefix });
  const databaseUrl = databaseOf(place.databaseUrl, `${topicPrefix}bidding`);
  const anyone = createClient({ baseUrl: url });
  const own = { gateway: [pids['gateway']!], bidding: [pids['bidding']!], escrow: [pids['escrow']!] };
  return {
    url,
    cast: castOf(pids, own),
    database: `${topicPrefix}bidding`,
    ...pools(async (count) => openLots({ log, anyone, databaseUrl }, count, await bidders.signedIn())),
    close: () => log.close(),
  };
}

/** E: what HTTP alone costs. */
export async function echoTarget({ dir, pids }: Place): Promise<Target> {
  const peer = await startPeer('echo', {}, dir);
  return {
    url: local(peer.port),
    cast: castOf(pids, { gateway: [peer.pid] }),
    ...pools(async (count) => Array.from({ length: count }, (_, i) => `lot-${i}`)),
    close: () => peer.stop(),
  };
}

export const issuerOf = ({ url }: Place) => ({ ISSUER_URL: `${url}/oidc`, JWKS_URL: `${url}/oidc/jwks` });

/** N: the app that a team would write first. */
export async function naiveTarget(place: Place, bidders: Bidders): Promise<Target> {
  const { ownerUrl, name } = await scratchDatabase(place, 'bidding', 'bench_naive');
  const peer = await startPeer('naive', { ...issuerOf(place), DATABASE_URL: ownerUrl }, place.dir);
  return {
    url: local(peer.port),
    cast: castOf(place.pids, { gateway: [peer.pid] }),
    database: name,
    ...pools(async (count) => insertLots(ownerUrl, count, await bidders.signedIn())),
    close: () => peer.stop(),
  };
}
