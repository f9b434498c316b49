import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from '@yuzhi/backing/environment';
import { startOwnKafka, startOwnPostgres, startOwnRedis } from '@yuzhi/backing/own-servers';
import { createSteps } from '@yuzhi/backing/steps';
import { placeBid } from '@yuzhi/protocol/bidding';
import { DRILLS, type Drill, type Scene } from './drills.ts';
import { runLoad } from './load-process.ts';
import { type Platform, startPlatform } from './platform.ts';
import { drawsFrom, type Heard, recoveries, type Strike } from './strikes.ts';

const USAGE = `usage: npm run drill -- all | ${DRILLS.map(({ name }) => name).join(' | ')} [--seed <n>]`;
const REPORTS = join(root, '.yuzhi/reports');
/** How long people and lots may take before the first quote. */
const MARKET_MS = 180_000;
/** Load before the first strike and behind the last. */
const QUIET_MS = 3000;

const step = createSteps();
const closing: (() => Promise<unknown>)[] = [];
async function cleanUp(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close().catch(() => {});
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
}

/** Servers that may be killed, and the platform in the deployed shape on them: as durable as any. */
async function openScene(chance: Scene['chance']) {
  const runs = join(root, '.yuzhi/drill');
  mkdirSync(runs, { recursive: true });
  const dir = mkdtempSync(join(runs, 'run-'));
  closing.push(async () => rmSync(dir, { recursive: true, force: true }));
  const [kafka, postgres, redis] = await Promise.all([startOwnKafka(), startOwnPostgres(), startOwnRedis()]);
  for (const server of [kafka, postgres, redis]) closing.push(() => server.stop());
  const { brokers: kafkaBrokers } = kafka.part;
  const infrastructure = { databaseUrl: postgres.part.url, redisUrl: redis.part.url, kafkaBrokers };
  const parts = { dir, name: 'drill_', infrastructure };
  const settings = { shape: 'processes', steppable: true, sessionTimeoutMs: 2000, step } as const;
  const platform = await startPlatform({ ...parts, ...settings });
  closing.push(() => platform.stop());
  return { scene: { platform, kafka, postgres, redis, chance } satisfies Scene, parts };
}

/** Quotes that bidding has decided, as its metrics count them. */
async function decided(platform: Platform): Promise<number> {
  const pages = await Promise.all(platform.metricsUrls().map(async (url) => (await fetch(url)).text()));
  const counts = pages.join('\n').matchAll(/^yuzhi_commands_decided_total\{([^}]*)\} (\d+)/gm);
  return [...counts].reduce((sum, [, labels, n]) => (labels!.includes(placeBid.type) ? sum + Number(n) : sum), 0);
}

/** Waits for quotes, then strikes as often as the drill says. */
async function strike({ times, everyMs, strike: act }: Drill, scene: Scene): Promise<Strike[]> {
  const until = Date.now() + MARKET_MS;
  while ((await decided(scene.platform).catch(() => 0)) < 20) {
    if (Date.now() > until) throw new Error('no load arrived to strike at');
    await sleep(250);
  }
  const strikes: Strike[] = [];
  for (let n = 0; n < times; n++) {
    await sleep(n ? everyMs : QUIET_MS);
    const at = Date.now();
    const what = await act(scene);
    strikes.push({ what, at, wholeAt: Date.now() });
    console.log(`  ${what}; whole again after ${Date.now() - at} ms`);
  }
  return strikes;
}

const reportsNow = () => new Set(readdirSync(REPORTS).filter((name) => /^load-bids-.*\.json$/.test(name)));

/** One drill: a load, what is broken meanwhile, the reconciler's verdict and how soon callers were answered again. */
async function drill(one: Drill, seed: number): Promise<boolean> {
  console.log(`${one.name}: ${one.proves} (seed ${seed})`);
  mkdirSync(REPORTS, { recursive: true });
  const before = reportsNow();
  const { scene, parts } = await openScene(drawsFrom(seed));
  const seconds = Math.ceil((2 * QUIET_MS + one.times * (one.everyMs + 4000)) / 1000);
  const args = ['bids', '--quiet', '--no-latency', '--seed', String(seed), '--rate', '40', '--lots', '6'];
  const loading = runLoad([...args, '--bidders', '4', '--duration', String(seconds)], {
    ...parts,
    platform: scene.platform,
  });
  const [strikes] = await Promise.all([strike(one, scene), loading]);
  const [report] = [...reportsNow()].filter((name) => !before.has(name));
  if (!report) throw new Error('the load had no verdict');
  const told = JSON.parse(readFileSync(join(REPORTS, report), 'utf8')) as Told;
  const lines = readFileSync(join(REPORTS, report.replace(/json$/, 'jsonl')), 'utf8')
    .trim()
    .split('\n');
  const recovered = recoveries(
    strikes,
    lines.map((line) => JSON.parse(line) as Heard),
  );
  const evidence = { drill: one.name, proves: one.proves, seed, strikes: recovered, ...told, report: basename(report) };
  const at = new Date().toISOString().replaceAll(':', '');
  writeFileSync(join(REPORTS, `drill-${one.name}-${at}.json`), JSON.stringify(evidence, null, 2));
  for (const { what, answeredAfterMs } of recovered) {
    console.log(`  ${what}: the first new acknowledgement ${answeredAfterMs ?? 'never'} ms after it was whole again`);
  }
  const answered = recovered.every(({ answeredAfterMs }) => answeredAfterMs !== null);
  console.log(`${told.verdict.isGreen && answered ? '✓' : '✗'} ${one.name}: ${told.acknowledged} acknowledged`);
  return told.verdict.isGreen && answered;
}
interface Told {
  verdict: { isGreen: boolean };
  acknowledged: number;
}

function chosen(): { drills: readonly Drill[]; seed: number } {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
  const [name = '', ...more] = positionals;
  const drills = DRILLS.filter((one) => name === 'all' || one.name === name);
  const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
  if (!drills.length || more.length || !Number.isSafeInteger(seed)) throw new Error(USAGE);
  return { drills, seed };
}

let code = 2;
try {
  const { drills, seed } = chosen();
  const failed: string[] = [];
  for (const one of drills) {
    if (!(await drill(one, seed))) failed.push(one.name);
    await cleanUp();
  }
  if (failed.length) console.log(`failed: ${failed.join(', ')}`);
  code = failed.length ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
}
await cleanUp();
process.exit(code);
