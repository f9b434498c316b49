import { parseArgs } from 'node:util';
import { DEALS, FIGURES } from './figures.ts';

export interface BenchOptions {
  /** Ids of the figures to measure; all when absent. */
  only?: readonly string[];
  rounds: number;
  /** Of one sample. */
  seconds: number;
  /** Of the broker before anything is measured: cold, it costs three to five times as much. */
  primeSeconds: number;
  /** Goes on although the machine is busy; the figures are then printed and never committed. */
  rough: boolean;
  /** A commit to compare with, instead of measuring figures. */
  against?: string;
}

const IDS = [...new Set(FIGURES.map(({ id }) => id))];
/** Figures that are asked for together. */
const GROUPS: Record<string, readonly string[]> = { OVERLOAD: IDS.filter((id) => id.startsWith('O')) };

export const USAGE = `npm run bench -- [--only G1,G6] [--rounds 5] [--seconds 10] [--prime 25] [--rough]
                 [--against <ref>]
  --only     figures to measure, of ${IDS.join(', ')}; overload is all of ${GROUPS['OVERLOAD']!.join(', ')};
             ${DEALS} is measured alone
  --rounds   how often everything is measured, in turn
  --seconds  of one sample
  --prime    seconds of load on the broker before anything is measured, 20 or more
  --rough    goes on although the machine is busy; nothing is committed
  --against  measures this checkout beside another commit`;

/** Below this the broker's compiler has not done its work, and every figure would be of a cold broker. */
const PRIME_MIN = 20;

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`--${name} ${text}: a whole number from ${min} to ${max} is needed\n${USAGE}`);
}

function chosen(only: string | undefined): readonly string[] | undefined {
  if (only === undefined) return undefined;
  const ids = only.split(',').flatMap((name) => {
    const id = name.trim().toUpperCase();
    return GROUPS[id] ?? [id];
  });
  const unknown = ids.find((id) => !FIGURES.some((figure) => figure.id === id));
  if (unknown !== undefined) throw new Error(`there is no figure ${unknown || '""'}\n${USAGE}`);
  if (ids.includes(DEALS) && ids.some((id) => id !== DEALS)) throw new Error(`${DEALS} is measured alone\n${USAGE}`);
  return ids;
}

/** Whether whole deals are measured, which need a clock that can be moved. */
export const areDeals = ({ only }: Pick<BenchOptions, 'only'>): boolean => only?.includes(DEALS) ?? false;

/** Throws with what is wrong and how it is used. */
export function readOptions(args: string[]): BenchOptions {
  const text = (fallback: string) => ({ type: 'string' as const, default: fallback });
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      rounds: text('5'),
      seconds: text('10'),
      prime: text('25'),
      rough: { type: 'boolean', default: false },
      against: { type: 'string' },
    },
  });
  const { rough, against } = values;
  if (against !== undefined && !/^[\w./~^@{}-]+$/.test(against))
    throw new Error(`${against} names no commit\n${USAGE}`);
  return {
    only: chosen(values.only),
    rounds: whole('rounds', values.rounds, 1, 50),
    seconds: whole('seconds', values.seconds, 1, 300),
    primeSeconds: whole('prime', values.prime, rough ? 0 : PRIME_MIN, 600),
    rough,
    ...(against !== undefined && { against }),
  };
}
