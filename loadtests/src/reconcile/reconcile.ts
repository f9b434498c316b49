import { setTimeout as sleep } from 'node:timers/promises';
import { acknowledgedChecks } from './acknowledged-checks.ts';
import { bidChecks } from './bid-checks.ts';
import type { Check, Finding } from './check.ts';
import type { Evidence } from './evidence.ts';
import { ledgerChecks } from './ledger-checks.ts';
import { logChecks } from './log-checks.ts';
import { moneyChecks } from './money-checks.ts';
import { officeChecks } from './office-checks.ts';
import { parentChecks } from './parent-checks.ts';
import { processChecks } from './process-checks.ts';
import { railChecks } from './rail-checks.ts';
import { recordChecks } from './record-checks.ts';
import { reservationChecks } from './reservation-checks.ts';
import { sealChecks } from './seal-checks.ts';

/** Everything that is proven, in the order in which it is told. */
export const CHECKS: readonly Check[] = [
  ...acknowledgedChecks,
  ...bidChecks,
  ...ledgerChecks,
  ...parentChecks,
  ...sealChecks,
  ...recordChecks,
  ...moneyChecks,
  ...railChecks,
  ...officeChecks,
  ...reservationChecks,
  ...processChecks,
  ...logChecks,
];

export interface CheckVerdict {
  name: string;
  proves: string;
  findings: Finding[];
}
export interface Verdict {
  isGreen: boolean;
  /** Epoch ms, real time. */
  at: number;
  tookMs: number;
  acknowledged: number;
  checks: CheckVerdict[];
  /** What could not be compared, because it was not given. */
  notCompared: string[];
}

export interface ReconcileOptions {
  checks?: readonly Check[];
  /** What follows a command on other services takes a moment: what is found must still be there after this long, ms. */
  withinMs?: number;
}

async function judge({ name, proves, find }: Check, evidence: Evidence): Promise<CheckVerdict> {
  const found = await find(evidence);
  return { name, proves, findings: found.map(({ row, says }) => ({ check: name, row, says })) };
}

const notCompared = ({ log, rail, office }: Evidence): string[] =>
  Object.entries({ log, rail, office }).flatMap(([name, given]) => (given ? [] : [name]));

/** Runs every check; whatever finds something is run again until it finds nothing or the time is over. */
export async function reconcile(evidence: Evidence, options: ReconcileOptions = {}): Promise<Verdict> {
  const { checks = CHECKS, withinMs = 0 } = options;
  const since = performance.now();
  const verdicts = new Map<string, CheckVerdict>();
  let open: readonly Check[] = checks;
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 2000)) {
    // One after the other: whoever proves should not be the load.
    for (const check of open) verdicts.set(check.name, await judge(check, evidence));
    open = open.filter(({ name }) => verdicts.get(name)!.findings.length > 0);
    const leftMs = withinMs - (performance.now() - since);
    if (open.length === 0 || leftMs <= 0) break;
    await sleep(Math.min(waitMs, leftMs));
  }
  return {
    isGreen: open.length === 0,
    at: Date.now(),
    tookMs: Math.round(performance.now() - since),
    acknowledged: evidence.acknowledged.length,
    checks: checks.map(({ name }) => verdicts.get(name)!),
    notCompared: notCompared(evidence),
  };
}

/** The verdict as a person reads it: a line for each check, a line for each finding. */
export function asText({ checks, isGreen, tookMs, acknowledged, notCompared: missing }: Verdict): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, proves, findings }) => [
    `${findings.length ? '✗' : '✓'} ${name.padEnd(width)}  ${proves}`,
    ...findings.map(({ row, says }) => `    ${row}: ${says}`),
  ]);
  const findings = checks.reduce((sum, check) => sum + check.findings.length, 0);
  const word = isGreen ? 'green' : `RED, ${findings} findings`;
  const beside = missing.length ? `; not compared: ${missing.join(', ')}` : '';
  const of = `${checks.length} checks, ${acknowledged} acknowledged operations, ${(tookMs / 1000).toFixed(1)} s`;
  return [...lines, `reconciled: ${word} (${of}${beside})`].join('\n');
}
