import { readFileSync } from 'node:fs';
import type { Cast } from './cpu.ts';
import type { Prepare } from './prepare.ts';
import { sum } from './stats.ts';

const EVERY_MS = 250;

/** Of /proc/PID/status: what a process has in memory, MiB. NaN where it does not say. */
export const residentMib = (status: string): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;

const ROLES = ['gateway', 'bidding'] as const;
type Peaks = Record<`${(typeof ROLES)[number]}Mib`, number>;

function read(cast: Cast): Peaks {
  const of = (pids: readonly number[] = []) =>
    sum(pids.map((pid) => residentMib(readFileSync(`/proc/${pid}/status`, 'utf8'))));
  return { gatewayMib: of(cast.gateway), biddingMib: of(cast.bidding) };
}

/** The same load, and the most that the door and bidding had in memory meanwhile. */
export const withMemory =
  (prepare: Prepare): Prepare =>
  async (bench, earlier) => {
    const prepared = await prepare(bench, earlier);
    const load = async (seconds: number) => {
      let most = read(prepared.cast);
      const timer = setInterval(() => {
        const now = read(prepared.cast);
        const { max } = Math;
        most = { gatewayMib: max(most.gatewayMib, now.gatewayMib), biddingMib: max(most.biddingMib, now.biddingMib) };
      }, EVERY_MS);
      try {
        const outcome = await prepared.load(seconds);
        return { ...outcome, measures: { ...outcome.measures, ...most } };
      } finally {
        clearInterval(timer);
      }
    };
    return { ...prepared, load };
  };
