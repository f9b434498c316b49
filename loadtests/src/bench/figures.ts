import type { Sample } from './sample.ts';
import {
  atLeast,
  atMost,
  cost,
  type Figure,
  gateway,
  latency,
  measured,
  one,
  rate,
  servers,
  type Value,
  type VariantId,
  VARIANTS,
} from './figure.ts';
import { OVERLOAD_FIGURES } from './overload-figures.ts';

const POOLS = ['ours-1', 'ours-10', 'ours-100', 'ours-many', 'ours-10000'] as const;
/** The farthest from 1,000 lots, of 1 to 10,000. */
const farthest: Value = (sample) => {
  const many = sample('ours-many').perSecond;
  return Math.max(...POOLS.map((id) => Math.abs(sample(id).perSecond / many - 1) * 100));
};
/** One commit and two round trips through the log: what an acknowledged quote is made of, with nothing else running. */
const floor = (sample: Sample) => measured(sample, 'commitMs') + 2 * measured(sample, 'logMs');

/** What is to be reached, as `--only` names it. Each value is of one round; the median and the range are told. */
export const FIGURES: readonly Figure[] = [
  one('G1', '', 'quotes on 1,000 lots, c=256, against single-row inserts', {
    ...rate('ours-many', 'rows-many'),
    ...atLeast(0.7, 0.9),
  }),
  one('G2', '', 'quotes on one hot lot, c=64, against conditional updates of one row', {
    ...rate('ours-hot', 'rows-hot'),
    ...atLeast(5.5, 7),
  }),
  one('G3', '', 'one hot lot against 1,000 lots, both c=256', {
    ...rate('ours-hot-256', 'ours-many'),
    ...atLeast(0.95, 1.1),
  }),
  one('G4', 'hot', 'against the naive app on one hot lot, c=64', {
    ...rate('ours-hot', 'naive-hot'),
    ...atLeast(12, 25),
  }),
  one('G4', 'many', 'against the naive app on 1,000 lots, c=256', {
    ...rate('ours-many', 'naive-many'),
    ...atLeast(4, 6),
  }),
  one('G5', 'many', 'against a bare echo, c=256', { ...rate('ours-many', 'echo-many'), ...atLeast(0.3, 0.45) }),
  one('G5', 'hot', 'against a bare echo, c=64', { ...rate('ours-hot', 'echo-hot'), ...atLeast(0.2, 0.3) }),
  one('G6', 'many', "CPU of a durable quote against an echo's, c=256", {
    ...cost('ours-many', 'echo-many', servers),
    ...atMost(4, 3),
  }),
  one('G6', 'hot', "CPU of a durable quote against an echo's, one hot lot, c=64", {
    ...cost('ours-hot', 'echo-hot', servers),
    ...atMost(5.5, 4),
  }),
  one('G6', 'gateway', "the gateway's CPU alone against an echo's, c=256", {
    ...cost('ours-many', 'echo-many', gateway),
    ...atMost(2.5, 2),
  }),
  one('G7', 'many', 'against the same over a socket instead of the log, 1,000 lots, c=256', {
    ...rate('ours-many', 'control-many'),
    ...atLeast(0.65, 0.75),
  }),
  one('G7', 'hot', 'against the same over a socket instead of the log, one hot lot, c=64', {
    ...rate('ours-hot', 'control-hot'),
    ...atLeast(0.55, 0.65),
  }),
  one('G7', 'commits', 'quotes acknowledged by one commit at saturation', {
    unit: 'per commit',
    of: ['ours-many'],
    value: (sample) => sample('ours-many').operations / measured(sample('ours-many'), 'commits'),
    ...atLeast(25),
  }),
  one('G8', 'p50', 'median latency at half load against one commit and two round trips through the log', {
    unit: '×',
    of: ['ours-many', 'floor', 'ours-steady'],
    value: (sample) => latency(sample('ours-steady'), 50) / floor(sample('floor')),
    ...atMost(3),
  }),
  one('G8', 'p99', '99th percentile against the median at half load', {
    unit: '×',
    of: ['ours-many', 'ours-steady'],
    value: (sample) => latency(sample('ours-steady'), 99) / latency(sample('ours-steady'), 50),
    ...atMost(5, 4),
  }),
  one('G9', 'goodput', 'quotes decided at twice the load that is taken, against the most', {
    unit: '×',
    of: ['ours-many', 'ours-overload'],
    // A quote that its bidder cannot make after another one was turned away is decided, too, and costs as much.
    value: (sample) => measured(sample('ours-overload'), 'decidedPerSecond') / sample('ours-many').perSecond,
    ...atLeast(0.9, 0.95),
  }),
  one('G9', 'shed', 'how long it takes to be turned away then, 99th percentile', {
    unit: 'ms',
    of: ['ours-many', 'ours-overload'],
    value: (sample) => measured(sample('ours-overload'), 'shedP99Ms'),
    ...atMost(20),
  }),
  one('G10', 'lots', 'farthest rate from that on 1,000 lots, of 1 to 10,000 lots, c=256', {
    unit: '%',
    of: POOLS,
    value: farthest,
    ...atMost(15),
  }),
  one('G10-ROWS', 'insert', 'quotes where ten million are stored against where ten thousand are', {
    ...rate('shelf-full', 'shelf-few'),
    ...atLeast(0.9),
  }),
  one(
    'G10-ROWS',
    'boot',
    'from the kill of an engine to its next quote, ten million stored against a hundred thousand',
    {
      unit: '×',
      of: ['boot-full', 'boot-few'],
      value: (sample) => measured(sample('boot-full'), 'bootMs') / measured(sample('boot-few'), 'bootMs'),
      ...atMost(1.3),
    },
  ),
  one('G11', 'rate', 'quotes on the hot lot with 1,000 watchers against without', {
    ...rate('ours-watched', 'ours-hot'),
    ...atLeast(0.85),
  }),
  one('G11', 'events', 'events that a watcher is sent each second', {
    unit: 'per s',
    of: ['ours-watched'],
    value: (sample) => measured(sample('ours-watched'), 'eventsPerSecond'),
    ...atMost(20),
  }),
  one('G12', 'PT', 'transfers over HTTP, c=256, against a transfer function on random accounts', {
    ...rate('ours-transfers-random', 'transfers-random'),
    ...atLeast(0.7, 0.9),
  }),
  one('G12', 'PTH', 'transfers of one hot account over HTTP, c=64, against a transfer function on one', {
    ...rate('ours-transfers-hot', 'transfers-hot'),
    ...atLeast(5.5, 7),
  }),
  one('G12', 'UL', "transfers over HTTP, c=256, against the book's rows alone", {
    ...rate('ours-transfers-random', 'ledger'),
    ...atLeast(0.35),
  }),
  one('G12', 'UL/PT', "the book's rows alone against a transfer function on random accounts", {
    ...rate('ledger', 'transfers-random'),
    better: 'more',
  }),
  one('G13', 'rate', 'whole deals, from the winning quote to the payout, against the naive app', {
    ...rate('ours-deals', 'naive-deals'),
    ...atLeast(10),
  }),
  one('G13', 'CPU', "CPU of a whole deal against the naive app's", {
    unit: '×',
    of: ['ours-deals', 'naive-deals'],
    value: (sample) => sample('ours-deals').serverUs / sample('naive-deals').serverUs,
    better: 'less',
  }),
  one('M', 'gateway', 'memory of the gateway while quotes come in on 10,000 lots', {
    unit: 'MiB',
    of: ['ours-10000'],
    value: (sample) => measured(sample('ours-10000'), 'gatewayMib'),
    ...atMost(200),
  }),
  one('M', 'bidding', 'memory of bidding while quotes come in on 10,000 lots', {
    unit: 'MiB',
    of: ['ours-10000'],
    value: (sample) => measured(sample('ours-10000'), 'biddingMib'),
    ...atMost(300),
  }),
  ...OVERLOAD_FIGURES,
];

/** Deals move everybody's clock by days: nothing else can be measured on their platform. */
export const DEALS = 'G13';

/**
 * Measured when they are asked for by name, each with a table of its own: whole deals, ten million rows and a siege of
 * the door take their time.
 */
const ASIDES: Record<string, (id: string) => boolean> = {
  deals: (id) => id === DEALS,
  rows: (id) => id === 'G10-ROWS',
  overload: (id) => id.startsWith('O'),
};
const isAside = ({ id }: Figure): boolean => Object.values(ASIDES).some((holds) => holds(id));

/** The name of the table that these figures fill; undefined where they are only a part of one. */
export function tableOf(only?: readonly string[]): string | undefined {
  if (!only) return 'benchmarks';
  const aside = Object.entries(ASIDES).find(([, holds]) => only.every(holds));
  const whole = aside && FIGURES.every(({ id }) => !aside[1](id) || only.includes(id));
  return whole ? `benchmarks-${aside[0]}` : undefined;
}

/** The figures asked for; without a wish, what a quote and a transfer are judged by. */
export const figuresOf = (only?: readonly string[]): readonly Figure[] =>
  FIGURES.filter((figure) => (only ? only.includes(figure.id) : !isAside(figure)));

/** What must be measured for them, in the order in which it is. */
export const variantsOf = (figures: readonly Figure[]): readonly VariantId[] =>
  VARIANTS.filter((id) => figures.some(({ of }) => of.includes(id)));

export type Reached = 'stretch' | 'must' | 'below' | 'for comparison';

export function reached({ better, must, stretch }: Figure, value: number): Reached {
  if (must === undefined) return 'for comparison';
  const holds = (goal: number) => (better === 'more' ? value >= goal : value <= goal);
  if (!holds(must)) return 'below';
  return stretch !== undefined && holds(stretch) ? 'stretch' : 'must';
}
