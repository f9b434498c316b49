import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { sum } from './stats.ts';

/** Parts that a process may play in a measurement. `services` have no part of their own; `others` play none. */
export const ROLES = [
  'gateway',
  'broker',
  'bidding',
  'escrow',
  'services',
  'postgres',
  'redis',
  'generator',
  'others',
] as const;
export type Role = (typeof ROLES)[number];
/** What one operation costs is the sum of these. */
export const SERVER_ROLES = ['gateway', 'broker', 'bidding', 'escrow', 'services', 'postgres', 'redis'] as const;
export type Cast = Partial<Record<Exclude<Role, 'others'>, readonly number[]>>;

/** The children of every process, by one look at /proc. */
function childrenOf(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name, in brackets, may hold spaces.
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  return children;
}

/** These processes and whatever they started. */
function treeOf(roots: readonly number[], children: Map<number, number[]>): Set<number> {
  const tree = new Set<number>();
  const visit = (pid: number) => {
    if (tree.has(pid)) return;
    tree.add(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  for (const root of roots) visit(root);
  return tree;
}

const TICK_NS = 10_000_000;

/** Of /proc/PID/stat, from a field on: user and system time, ns. */
function pairNanos(stat: string, field: number): number {
  const fields = stat.split(') ').at(-1)!.split(' ');
  return (Number(fields[field]) + Number(fields[field + 1])) * TICK_NS;
}
/** What all threads of a process have used, ns: by it an ended thread is not forgotten. */
export const ownNanos = (stat: string): number => pairNanos(stat, 11);
/** What the children that a process has waited for had used, ns: by it an ended child is not forgotten. */
export const waitedNanos = (stat: string): number => pairNanos(stat, 13);

interface Times {
  own: number;
  waited: number;
}
/** Nanoseconds that the threads of a process have been on a CPU, and its ended children; 0 once it is gone. */
function timesOf(pid: number): Times {
  try {
    const living = readdirSync(`/proc/${pid}/task`).map((thread) => {
      const [nanos] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return Number(nanos);
    });
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return { own: Math.max(sum(living), ownNanos(stat)), waited: waitedNanos(stat) };
  } catch {
    return { own: 0, waited: 0 };
  }
}

export interface MachineTimes {
  /** Everything that was not idle, stolen time included, ns. */
  busy: number;
  /** Interrupts: they belong to no process, ns. */
  softirq: number;
}

/** Of the first line of /proc/stat: user nice system idle iowait irq softirq steal. */
export function machineTimes(stat: string): MachineTimes {
  const [user, nice, system, , , irq, softirq, steal] = stat.split('\n', 1)[0]!.split(/\s+/).slice(1).map(Number);
  return { busy: (user! + nice! + system! + irq! + softirq! + steal!) * TICK_NS, softirq: softirq! * TICK_NS };
}

export interface Reading {
  at: number;
  /** ns on a CPU so far. */
  roles: Record<Role, number>;
  machine: MachineTimes;
}

/**
 * What every role has used so far. `launcher` is the process from which all of ours descend. Generators are children of
 * this very process and live no longer than their load: they are what it has waited for.
 */
export function readCpu(cast: Cast, launcher: number): Reading {
  const children = childrenOf();
  const ours = treeOf([launcher], children);
  const roles = Object.fromEntries(ROLES.map((role) => [role, 0])) as Record<Role, number>;
  const all = ({ own, waited }: Times) => own + waited;
  for (const [role, roots] of Object.entries(cast) as [Role, readonly number[]][]) {
    for (const pid of treeOf(roots, children)) {
      if (ours.delete(pid)) roles[role] += all(timesOf(pid));
    }
  }
  ours.delete(process.pid);
  const self = timesOf(process.pid);
  roles.generator += self.waited;
  roles.others = sum([...ours].map((pid) => all(timesOf(pid)))) + self.own;
  return { at: performance.now(), roles, machine: machineTimes(readFileSync('/proc/stat', 'utf8')) };
}

export interface Used {
  seconds: number;
  /** ns by role. */
  roles: Record<Role, number>;
  softirq: number;
  /** Share (0 to 1) of the machine that went to processes that are not ours. */
  outside: number;
  /** Share of the machine that was not idle. */
  busy: number;
}

/** What was used between two readings. */
export function used(from: Reading, to: Reading, cpus = availableParallelism()): Used {
  const elapsedNs = (to.at - from.at) * 1e6;
  const roles = Object.fromEntries(
    ROLES.map((role) => [role, Math.max(0, to.roles[role] - from.roles[role])]),
  ) as Record<Role, number>;
  const busy = to.machine.busy - from.machine.busy;
  const softirq = to.machine.softirq - from.machine.softirq;
  const outside = Math.max(0, busy - softirq - sum(Object.values(roles)));
  const capacity = elapsedNs * cpus;
  return { seconds: elapsedNs / 1e9, roles, softirq, outside: outside / capacity, busy: busy / capacity };
}
