import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { LoadName } from './drill.ts';
import type { Plan } from './run-drill.ts';

const LOADS: readonly LoadName[] = ['bids', 'mixed', 'transfers'];
const OUTAGE_S = 10;

/** What was asked for; what is absent is as each drill says. */
export interface DrillOptions extends Partial<Plan> {
  names: string[];
  seed: number;
  outageMs: number;
}

const text = { type: 'string' } as const;
const OPTIONS = { seed: text, times: text, minutes: text, load: text, rate: text, outage: text };

/** Undefined where the option is absent. Throws where it is no number from `least` on. */
function numberOf(name: string, given: string | undefined, least: number, isWhole: boolean): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() && value >= least && value < Infinity && (!isWhole || Number.isSafeInteger(value))) return value;
  throw new TypeError(`--${name} ${given}: a ${isWhole ? 'whole ' : ''}number, at least ${least}`);
}

function loadOf(given: string | undefined): LoadName | undefined {
  const load = LOADS.find((one) => one === given);
  if (given !== undefined && !load) throw new TypeError(`--load ${given}: one of ${LOADS.join(', ')}`);
  return load;
}

/** Throws with the usage when the drill or an option is unknown or makes no sense. */
export function readDrillOptions(args: string[], known: readonly string[]): DrillOptions {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [name = '', ...more] = positionals;
    const names = known.filter((one) => name === 'all' || one === name);
    if (!names.length || more.length) throw new TypeError(`no such drill: ${positionals.join(' ')}`);
    const times = numberOf('times', values.times, 1, true);
    const minutes = numberOf('minutes', values.minutes, 0, false);
    const rate = numberOf('rate', values.rate, 0.01, false);
    const load = loadOf(values.load);
    return {
      names,
      seed: numberOf('seed', values.seed, 0, true) ?? randomInt(1_000_000),
      outageMs: (numberOf('outage', values.outage, 0, false) ?? OUTAGE_S) * 1000,
      ...(times !== undefined && { times }),
      ...(minutes !== undefined && { overMs: minutes * 60_000 }),
      ...(load && { load }),
      ...(rate !== undefined && { rate }),
    };
  } catch (error) {
    const usage = `usage: npm run drill -- all | ${known.join(' | ')}
  [--times <strikes>] [--minutes <over which they are spread>] [--load ${LOADS.join('|')}]
  [--rate <of the load, a second>] [--seed <n>] [--outage <seconds that a broker stays away>]`;
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}
