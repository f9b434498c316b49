import { parseArgs } from 'node:util';

/** What each scenario begins with, unless it is told otherwise. */
const SCENARIOS = {
  bids: { file: 'bids', rate: 100, durationS: 60, lots: 40, bidders: 6 },
  transfers: { file: 'transfers', rate: 0.3, durationS: 60, lots: 0, bidders: 4 },
  mixed: { file: 'mixed', rate: 40, durationS: 60, lots: 20, bidders: 6 },
  spike: { file: 'spike', rate: 50, durationS: 60, lots: 40, bidders: 6 },
  soak: { file: 'mixed', rate: 20, durationS: 1800, lots: 40, bidders: 8 },
  breakpoint: { file: 'breakpoint', rate: 2000, durationS: 120, lots: 100, bidders: 6 },
} as const;
export type ScenarioName = keyof typeof SCENARIOS;

export interface LoadOptions {
  scenario: ScenarioName;
  /** Of the program that k6 runs. */
  file: string;
  /** Iterations a second; where the rate changes, what the scenario's own description says. */
  rate: number;
  durationS: number;
  lots: number;
  bidders: number;
  seed: number;
  /** Whether latencies are judged. */
  judgesLatency: boolean;
  /** k6 says nothing on the way. */
  quiet: boolean;
  /** Whoever starts it says that the platform is his. */
  isConfirmed: boolean;
}

const NAMES = Object.keys(SCENARIOS) as ScenarioName[];
const USAGE = `usage: npm run load -- ${NAMES.join('|')} [--rate <per second>] [--duration <seconds>] [--lots <n>]
  [--bidders <n>] [--seed <n>] [--no-latency] [--quiet] [--host <url> [--yes-i-own-it]]`;

/** A bidder more than two per lot: whoever leads may not raise, and one may be refused. */
const LIMITS = {
  rate: [0.01, 20_000],
  duration: [1, 86_400],
  lots: [0, 1000],
  bidders: [3, 60],
  seed: [0, 2 ** 31],
} as const;

function numberOf(name: keyof typeof LIMITS, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given);
  const [least, most] = LIMITS[name];
  if (!(value >= least && value <= most)) throw new TypeError(`--${name} ${given}: from ${least} to ${most}`);
  return name === 'rate' ? value : Math.round(value);
}

/** Throws with the usage when the scenario or an option is unknown or makes no sense. */
export function readOptions(args: string[]): LoadOptions {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rate: { type: 'string' },
        duration: { type: 'string' },
        lots: { type: 'string' },
        bidders: { type: 'string' },
        seed: { type: 'string' },
        host: { type: 'string' },
        'yes-i-own-it': { type: 'boolean', default: false },
        'no-latency': { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
      },
    });
    const [name = '', ...more] = positionals;
    if (!Object.hasOwn(SCENARIOS, name) || more.length)
      throw new TypeError(`no such scenario: ${positionals.join(' ')}`);
    const { file, ...known } = SCENARIOS[name as ScenarioName];
    return {
      scenario: name as ScenarioName,
      file,
      rate: numberOf('rate', values.rate, known.rate),
      durationS: numberOf('duration', values.duration, known.durationS),
      lots: numberOf('lots', values.lots, known.lots),
      bidders: numberOf('bidders', values.bidders, known.bidders),
      seed: numberOf('seed', values.seed, Math.floor(Math.random() * 2 ** 31)),
      judgesLatency: !values['no-latency'],
      quiet: values.quiet,
      isConfirmed: values['yes-i-own-it'],
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}
