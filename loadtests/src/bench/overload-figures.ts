import { atLeast, atMost, type Figure, latency, measured, one, rate, type VariantId } from './figure.ts';

type Hostile = Extract<VariantId, 'ours-slow' | 'ours-silent' | 'ours-besieged' | 'ours-flooded' | 'ours-headers'>;
const MANY = 'ours-many';

/** What everybody else notices of it: how many quotes are accepted, and how long they take. */
const noticed = (id: string, hostile: Hostile, says: string): Figure[] => [
  one(id, 'goodput', `quotes accepted while ${says}, against without`, {
    ...rate(hostile, 'ours-calm'),
    of: [MANY, hostile, 'ours-calm'],
    ...atLeast(0.9),
  }),
  one(id, 'p99', `99th percentile of everybody else while ${says}, against without`, {
    unit: '×',
    of: [MANY, hostile, 'ours-calm'],
    value: (sample) => latency(sample(hostile), 99) / latency(sample('ours-calm'), 99),
    ...atMost(1.1),
  }),
  one(id, 'memory', `memory of the gateway while ${says}`, {
    unit: 'MiB',
    of: [MANY, hostile],
    value: (sample) => measured(sample(hostile), 'gatewayMib'),
    ...atMost(200),
  }),
];

/** How those are turned away who ask for too much. */
const turnedAway = (id: string, hostile: Hostile): Figure[] => [
  one(id, 'refused', 'how long it takes to be turned away then, 99th percentile', {
    unit: 'ms',
    of: [MANY, hostile],
    value: (sample) => measured(sample(hostile), 'refusedP99Ms'),
    ...atMost(20),
  }),
  one(id, 'impolite', 'turned away then without being told when to come again', {
    unit: '%',
    of: [MANY, hostile],
    value: (sample) => (measured(sample(hostile), 'impolite') / measured(sample(hostile), 'refused')) * 100,
    ...atMost(0),
  }),
];

/** A normal load, a tenth of the most that is taken, while somebody means no good. */
export const OVERLOAD_FIGURES: readonly Figure[] = [
  ...noticed('O1', 'ours-slow', '1,000 clients send a byte a second'),
  ...noticed('O2', 'ours-silent', '5,000 connections say nothing'),
  ...noticed('O3', 'ours-besieged', 'more want to watch than may'),
  ...turnedAway('O3', 'ours-besieged'),
  ...noticed('O4', 'ours-flooded', 'one bidder floods one lot'),
  ...turnedAway('O4', 'ours-flooded'),
  ...noticed('O5', 'ours-headers', '200 requests a second have headers of 20 kB'),
  one('O5', 'refused', 'of those, answered with 431', {
    unit: '%',
    of: [MANY, 'ours-headers'],
    value: (sample) => {
      const [answered, tried] = [
        measured(sample('ours-headers'), 'answered431'),
        measured(sample('ours-headers'), 'tried'),
      ];
      return (answered / tried) * 100;
    },
    ...atLeast(99),
  }),
];
