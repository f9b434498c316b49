import type { Vitals } from '@yuzhi/chassis/vitals';
import { placeBid } from '@yuzhi/protocol/bidding';
import type { live } from '@yuzhi/protocol/ops';
import { merged, quantile } from '@yuzhi/telemetry/series';
import type { z } from 'zod';

export type LiveFrame = z.output<(typeof live)['item']>;

/** One process as it was seen; without vitals it did not answer. */
export interface Seen {
  name: string;
  vitals?: Vitals;
}
/** Every process at one instant, epoch ms. */
export interface Look {
  at: number;
  seen: readonly Seen[];
}
/** A process that answered twice. */
interface Pair {
  before: Vitals;
  after: Vitals;
}

const HALLS_MAX = 20;
const SET_ASIDE_MAX = 20;

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
const highest = (numbers: readonly number[]) => Math.max(0, ...numbers);
const rounded = (n: number, digits: number) => Math.round(n * 10 ** digits) / 10 ** digits;
const milliseconds = (seconds: number | undefined) => (seconds === undefined ? null : rounded(seconds * 1000, 1));

/** What was counted in between: a process that was started anew counts from zero. */
const gained = (before: number, after: number) => (after >= before ? after - before : after);

function pairsOf(before: Look, after: Look): Pair[] {
  const known = new Map(before.seen.map(({ name, vitals }) => [name, vitals]));
  return after.seen.flatMap(({ name, vitals }) => {
    const earlier = known.get(name);
    return vitals && earlier ? [{ before: earlier, after: vitals }] : [];
  });
}

/** Answers of a door in between, of one type of command or of all: by bucket, and how many failed. */
function answersOf({ before, after }: Pair, type?: string): { counts: number[]; failed: number }[] {
  const wanted = after.answers.filter((answers) => type === undefined || answers.type === type);
  return wanted.map((now) => {
    const then = before.answers.find((answers) => answers.type === now.type);
    const restarted = then && sum(then.counts) > sum(now.counts);
    const counts = now.counts.map((count, at) => count - (restarted ? 0 : (then?.counts[at] ?? 0)));
    return { counts, failed: gained(then?.failed ?? 0, now.failed) };
  });
}

function quantiles(pairs: readonly Pair[], type?: string) {
  const answers = pairs.flatMap((pair) => answersOf(pair, type));
  const counts = merged(answers.map((one) => one.counts));
  const bounds = pairs[0]?.after.bounds ?? [];
  const ms = (share: number) => milliseconds(quantile(bounds, counts, share));
  return { count: sum(counts), failed: sum(answers.map(({ failed }) => failed)), ms };
}

function bidsOf(pairs: readonly Pair[]): { accepted: number; refused: number } {
  const counts = { accepted: 0, refused: 0 };
  for (const { before, after } of pairs) {
    for (const { type, code, count } of after.decided) {
      if (type !== placeBid.type) continue;
      const then = before.decided.find((one) => one.type === type && one.code === code);
      counts[code === 'done' ? 'accepted' : 'refused'] += gained(then?.count ?? 0, count);
    }
  }
  return counts;
}

/** Replicas of one service tell the same of its database: the first that answers speaks for all. */
const owners = ({ seen }: Look): Vitals[] => {
  const all = seen.flatMap(({ vitals }) => (vitals?.standing ? [vitals] : []));
  return all.filter(({ service }, at) => all.findIndex((one) => one.service === service) === at);
};

interface Hall {
  watchers: number;
  moments: number;
  answers: number[][];
}
function hallsOf({ seen }: Look, hallPrefix: string): { watchers: number; halls: LiveFrame['halls'] } {
  const found = new Map<string, Hall>();
  const hallOf = (channel: string): Hall | undefined => {
    if (!channel.startsWith(hallPrefix)) return undefined;
    const saleId = channel.slice(hallPrefix.length);
    let hall = found.get(saleId);
    if (!hall) found.set(saleId, (hall = { watchers: 0, moments: 0, answers: [] }));
    return hall;
  };
  const bounds = seen.find(({ vitals }) => vitals)?.vitals?.bounds ?? [];
  for (const { vitals } of seen) {
    for (const { channel, watchers, answers } of vitals?.watchers ?? []) {
      const hall = hallOf(channel);
      if (!hall) continue;
      hall.watchers += watchers;
      hall.answers.push(answers);
    }
    for (const { channel, items } of vitals?.busiest ?? []) {
      const hall = hallOf(channel);
      if (hall) hall.moments += items;
    }
  }
  const halls = [...found].map(([saleId, { watchers, moments, answers }]) => ({
    ...{ saleId, watchers, moments },
    p99Ms: milliseconds(quantile(bounds, merged(answers), 0.99)),
  }));
  const busiest = halls.toSorted((a, b) => b.moments + b.watchers - a.moments - a.watchers);
  return { watchers: sum(halls.map(({ watchers }) => watchers)), halls: busiest.slice(0, HALLS_MAX) };
}

/** What every process set aside, newest first. */
export function setAsideOf(look: Look): LiveFrame['setAside']['items'] {
  const items = owners(look).flatMap(({ service, setAside }) => (setAside ?? []).map((one) => ({ service, ...one })));
  return items.toSorted((a, b) => b.at - a.at) as LiveFrame['setAside']['items'];
}

/** What happened between two looks and how things stand at the second. `hallPrefix` begins every hall's channel. */
export function frameOf(before: Look, after: Look, hallPrefix: string): LiveFrame {
  const overMs = Math.max(1, after.at - before.at);
  const perSecond = (count: number) => rounded((count * 1000) / overMs, 1);
  const pairs = pairsOf(before, after);
  const doors = pairs.filter((pair) => pair.after.watchers);
  const [all, ofBids, bids] = [quantiles(doors), quantiles(doors, placeBid.type), bidsOf(pairs)];
  const vitals = after.seen.flatMap((one) => one.vitals ?? []);
  const standings = owners(after).map(({ service, standing }) => ({ service, ...standing! }));
  const { watchers, halls } = hallsOf(after, hallPrefix);
  return {
    at: after.at,
    overMs,
    requests: {
      perSecond: perSecond(all.count),
      failedShare: all.count ? rounded(all.failed / all.count, 4) : null,
      ...{ p50Ms: all.ms(0.5), p95Ms: all.ms(0.95), p99Ms: all.ms(0.99) },
    },
    bids: {
      acceptedPerSecond: perSecond(bids.accepted),
      refusedPerSecond: perSecond(bids.refused),
      p99Ms: ofBids.ms(0.99),
    },
    callersWaiting: sum(vitals.map(({ callers }) => callers ?? 0)),
    watchers: { halls: watchers, all: sum(vitals.flatMap((one) => one.watchers ?? []).map((one) => one.watchers)) },
    oldestOutboxMs: Math.round(highest(vitals.map(({ standing }) => standing?.outboxWaitedMs ?? 0))),
    overdueMs: highest(standings.map((standing) => standing.overdueMs)),
    lag: standings.flatMap(({ service, lag }) =>
      Object.entries(lag).map(([group, records]) => ({ service, group, records: Math.max(0, records) })),
    ),
    setAside: {
      commands: sum(standings.map(({ setAside }) => setAside.commands)),
      events: sum(standings.map(({ setAside }) => setAside.events)),
      items: setAsideOf(after).slice(0, SET_ASIDE_MAX),
    },
    halls,
    members: after.seen.map((one) => ({
      name: one.name,
      up: one.vitals !== undefined,
      busyShare: one.vitals ? rounded(Math.min(1, one.vitals.busy), 3) : null,
    })),
  };
}
