import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '@yuzhi/backing/environment';
import { placeBid } from '@yuzhi/protocol/bidding';
import { importPatent } from '@yuzhi/protocol/register';
import { runLoad } from '../load-process.ts';
import type { Platform } from '../platform.ts';
import type { Drill, LoadName, Proof, Scene } from './drill.ts';
import { type Heard, recoveries, type Strike, summaryOf } from './strikes.ts';

export const REPORTS = join(root, '.yuzhi/reports');
/** How long people and lots may take before the first quote. */
const MARKET_MS = 180_000;
/** Load before the first strike and behind the last. */
const QUIET_MS = 3000;
/** How long a strike takes where its drill does not say so. */
const LASTS_MS = 4000;

export interface Plan {
  seed: number;
  /** Spreads the strikes evenly; without it each comes so long after the last as the drill says. */
  overMs?: number;
  times: number;
  load: LoadName;
  /** Of the load, a second, when it is not the usual one. */
  rate?: number;
}

/** A load, and which commands decided say that it has begun. */
const LOADS: Record<LoadName, { args: string[]; begun: [type: string, count: number] }> = {
  bids: { args: ['--rate', '40', '--lots', '6', '--bidders', '4'], begun: [placeBid.type, 20] },
  mixed: { args: ['--rate', '20', '--lots', '6', '--bidders', '6'], begun: [placeBid.type, 5] },
  transfers: { args: ['--rate', '0.3', '--bidders', '3'], begun: [importPatent.type, 1] },
};

/** Commands of this type that were decided, as the services' metrics count them. */
async function decided(platform: Platform, type: string): Promise<number> {
  const pages = await Promise.all(platform.metricsUrls().map(async (url) => (await fetch(url)).text()));
  const counts = pages.join('\n').matchAll(/^yuzhi_commands_decided_total\{([^}]*)\} (\d+)/gm);
  return [...counts].reduce((sum, [, labels, n]) => (labels!.includes(type) ? sum + Number(n) : sum), 0);
}

/** Another load may have been here before. */
async function untilLoaded(platform: Platform, by: LoadName): Promise<void> {
  const [type, more] = LOADS[by].begun;
  const count = (await decided(platform, type)) + more;
  for (const until = Date.now() + MARKET_MS; (await decided(platform, type).catch(() => 0)) < count; await sleep(250)) {
    if (Date.now() > until) throw new Error('no load arrived to strike at');
  }
}

/** What was struck, in order of the blows, and what did not land or was not withstood. */
interface Struck {
  strikes: Strike[];
  wrong: string[];
}

/** Waits for the load, then strikes as often as the plan says. */
async function strikeAll(drill: Drill, scene: Scene, { times, overMs, load }: Plan): Promise<Struck> {
  await untilLoaded(scene.platform, load);
  await drill.prepare?.(scene);
  await sleep(QUIET_MS);
  const struck: Struck = { strikes: [], wrong: [] };
  const once = async (n: number) => {
    const at = Date.now();
    try {
      const what = await drill.strike(scene, n);
      struck.strikes.push({ what, at, wholeAt: Date.now() });
      console.log(`  ${new Date(at).toISOString()} ${what}; whole again after ${Date.now() - at} ms`);
    } catch (error) {
      struck.wrong.push(`strike ${n + 1} at ${new Date(at).toISOString()}: ${(error as Error).message}`);
    }
  };
  const since = Date.now();
  const open: Promise<void>[] = [];
  for (let n = 0; n < times; n++) {
    const dueMs = overMs === undefined ? 0 : since + (n * overMs) / times - Date.now();
    await sleep(overMs === undefined ? (n ? drill.everyMs : 0) : Math.max(0, dueMs));
    // Without a time to keep, a strike waits until what the last one broke is whole again.
    const one = once(n);
    if (overMs !== undefined && drill.overlaps) open.push(one);
    else await one;
    if (overMs !== undefined && Date.now() - since > overMs) break;
  }
  await Promise.all(open);
  struck.strikes.sort((a, b) => a.at - b.at);
  return struck;
}

const reportsNow = (of: LoadName) =>
  new Set(readdirSync(REPORTS).filter((name) => name.startsWith(`load-${of}-`) && name.endsWith('.json')));

interface LoadReport {
  verdict: { isGreen: boolean };
  acknowledged: number;
  failures: string[];
}

/** Runs the load to its verdict. Answers what its report says, and the client's log. Throws where there was none. */
async function runTheLoad(scene: Scene, { load: name, seed, rate }: Plan, seconds: number) {
  mkdirSync(REPORTS, { recursive: true });
  const before = reportsNow(name);
  const usual = [name, '--quiet', '--no-latency', '--seed', String(seed), ...LOADS[name].args];
  const args = [...usual, ...(rate === undefined ? [] : ['--rate', String(rate)])];
  await runLoad([...args, '--duration', String(seconds)], scene.loaded);
  const [report] = [...reportsNow(name)].filter((one) => !before.has(one));
  if (!report) throw new Error('the load had no verdict');
  const told = JSON.parse(readFileSync(join(REPORTS, report), 'utf8')) as LoadReport;
  const lines = readFileSync(join(REPORTS, report.replace(/json$/, 'jsonl')), 'utf8')
    .split('\n')
    .filter(Boolean);
  return { report, told, heard: lines.map((line) => JSON.parse(line) as Heard) };
}

/** Load that lasts as long as every strike of the plan, and some more. */
function secondsOf(drill: Drill, scene: Scene, { times, overMs }: Plan): number {
  const lastsMs = drill.lastsMs?.(scene) ?? LASTS_MS;
  const allMs = overMs === undefined ? times * (drill.everyMs + lastsMs) : overMs + lastsMs;
  return Math.ceil((2 * QUIET_MS + allMs) / 1000);
}

const proofOf = async (drill: Drill, ...given: Parameters<NonNullable<Drill['prove']>>): Promise<Proof> =>
  (await drill.prove?.(...given).catch((error: Error) => ({ seen: [], wrong: [error.message] }))) ?? {
    seen: [],
    wrong: [],
  };

/**
 * One drill: a load, what is broken meanwhile, the reconciler's verdict and how soon callers were answered again.
 * Answers whether it was withstood; the evidence is printed, and lies in the reports.
 */
export async function runDrill(drill: Drill, scene: Scene, plan: Plan): Promise<boolean> {
  console.log(`${drill.name}: ${drill.proves} (seed ${plan.seed})`);
  const seconds = secondsOf(drill, scene, plan);
  const [loaded, struck] = await Promise.all([runTheLoad(scene, plan, seconds), strikeAll(drill, scene, plan)]);
  const { report, told, heard } = loaded;
  const recovered = recoveries(struck.strikes, heard);
  const summary = summaryOf(recovered);
  const proof = await proofOf(drill, scene, { recovered, heard });
  const wrong = [
    ...struck.wrong,
    ...(told.verdict.isGreen ? [] : told.failures),
    ...recovered.filter(({ answeredAfterMs }) => answeredAfterMs === null).map(({ what }) => `no answer after ${what}`),
    ...proof.wrong,
  ];
  const { name, proves } = drill;
  const evidence = { drill: name, proves, plan, summary, seen: proof.seen, wrong, strikes: recovered, ...told };
  const at = new Date().toISOString().replaceAll(':', '');
  const file = join(REPORTS, `drill-${name}-${at}.json`);
  writeFileSync(file, JSON.stringify({ ...evidence, load: { name: plan.load, seconds, report } }, null, 2));
  tell(recovered, summary, [...proof.seen, ...wrong.map((one) => `✗ ${one}`)]);
  console.log(`${wrong.length ? '✗' : '✓'} ${name}: ${told.acknowledged} acknowledged; ${basename(file)}`);
  return !wrong.length;
}

/** Of many strikes the middle and the worst say enough. */
const TOLD_MAX = 12;
function tell(recovered: ReturnType<typeof recoveries>, summary: ReturnType<typeof summaryOf>, beside: string[]): void {
  for (const { what, answeredAfterMs } of recovered.slice(0, TOLD_MAX)) {
    console.log(`  ${what}: the first new acknowledgement ${answeredAfterMs ?? 'never'} ms after it was whole again`);
  }
  const { strikes, fromTheBlowMs: spread } = summary;
  if (spread)
    console.log(`  ${strikes} strikes; answered again ${spread.median} ms after the blow, ${spread.worst} at worst`);
  for (const line of beside) console.log(`  ${line}`);
}
