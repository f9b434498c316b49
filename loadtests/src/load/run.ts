import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSteps } from '@yuzhi/backing/steps';
import { Stage } from '@yuzhi/journeys/stage';
import { declarations } from '@yuzhi/protocol/catalogue';
import { readClientLog } from '../reconcile/acknowledged.ts';
import { openEvidence } from '../reconcile/open-evidence.ts';
import { asText, reconcile, type Verdict } from '../reconcile/reconcile.ts';
import type { Given } from './given.ts';
import { Calendar, type Clock } from './calendar.ts';
import { type Ran, runK6 } from './k6.ts';
import type { LoadAddresses } from './load.config.ts';
import { type Market, openMarket } from './market.ts';
import type { LoadOptions } from './options.ts';
import { confirmOwnership } from './ownership.ts';
import { drawToken, startPrompter } from './prompter.ts';
import { byCommand, html, type Run, thresholdsOf } from './report.ts';
import { enlist, type Roster } from './roster.ts';
import { type Watched, Watchers } from './watchers.ts';

/** What follows the last command on other services, refunds and payouts included. */
const SETTLE_MS = 60_000;
/** Of the platform's clock, all that falls due on the way included. */
const STEP_MS = 600_000;
/** People in the halls of a mixed market. */
const WATCHERS = 20;

const routes = () =>
  Object.fromEntries(
    [...declarations('command'), ...declarations('query')].flatMap(({ type, route }) => (route ? [[type, route]] : [])),
  );

/** A step takes as long as everything that falls due on the way, which under load is its time. */
const clockOf = (stage: Stage): Clock => ({
  now: stage.now,
  advanceTo: (to) => stage.advanceTo(to, STEP_MS),
});

/** Why a run is not what it should be. Of a breakpoint the crossed threshold is the result, and no failure. */
export function failuresOf(
  options: LoadOptions,
  ran: Ran,
  logged: number,
  verdict: Verdict,
  watched: Watched | null,
): string[] {
  const crossed = options.scenario === 'breakpoint' ? [] : thresholdsOf(ran).filter(({ ok }) => !ok);
  const counted = ran.summary.metrics['logged']?.values['count'] ?? 0;
  const red = verdict.checks.filter(({ findings }) => findings.length);
  return [
    ...crossed.map(({ rule }) => `threshold crossed: ${rule}`),
    ...(counted === logged ? [] : [`the client's log has ${logged} operations of ${counted}`]),
    ...(logged > 0 ? [] : ['nothing was acknowledged: nothing is proven']),
    ...(watched?.wrong ?? []).map((one) => `seen in a hall: ${one}`),
    ...red.map(({ name, findings: [first] }) => `${name}: ${first!.row}: ${first!.says}`),
  ];
}

/** One load run, from its market to its report. */
export class LoadRun {
  #k6: ChildProcess | undefined;
  readonly #step = createSteps();

  constructor(
    private readonly options: LoadOptions,
    private readonly addresses: LoadAddresses,
  ) {}

  /** Ends k6 early; what it did is reconciled all the same. */
  stop(): void {
    this.#k6?.kill('SIGINT');
  }

  /** Whether thresholds were kept and the reconciler is green. Throws where there was no run. */
  async go(): Promise<boolean> {
    const { market, evidence } = this.addresses;
    const named = [market.url, market.stripeSandboxUrl, market.patentOfficeUrl, ...Object.values(evidence.readers)];
    await confirmOwnership(named, this.options.isConfirmed, { input: process.stdin, output: process.stdout });
    console.log(`${this.options.scenario}, seed ${this.options.seed}`);
    mkdirSync(this.addresses.reports, { recursive: true });
    const dir = mkdtempSync(join(this.addresses.reports, 'running-'));
    try {
      return await this.#judge(await this.#load(dir));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  async #load(dir: string): Promise<{ ran: Ran; watched: Watched | null }> {
    const { market } = this.addresses;
    const stage = new Stage(market);
    const chance = Math.random();
    const roster = await this.#step('people', () => enlist(stage, this.options.bidders, chance));
    const opened = await this.#step('market', () => openMarket(stage, roster, this.options, chance));
    const calendar = new Calendar(clockOf(stage));
    const prompter = await startPrompter(roster.tokens, calendar);
    const watchers = this.options.file === 'mixed' ? new Watchers(market.url) : null;
    watchers?.watch(opened.lots.slice(0, WATCHERS).map(({ saleId }) => saleId));
    calendar.start();
    try {
      const given = await this.#given(roster, { ...opened, prompter: prompter.url });
      const started = (child: ChildProcess) => (this.#k6 = child);
      const ran = await runK6(this.addresses.k6, this.options, given, { dir, started });
      return { ran, watched: (await watchers?.leave()) ?? null };
    } finally {
      calendar.stop();
      await prompter.close();
    }
  }

  async #given({ actors: of, tokens }: Roster, rest: Market & Pick<Given, 'prompter'>): Promise<Given> {
    const { seed, rate, durationS, judgesLatency } = this.options;
    const run = randomUUID().slice(0, 8);
    const actors = await Promise.all(
      of.map(async (actor) => ({ ...actor, token: await drawToken(tokens.get(actor.login)!) })),
    );
    const known = { url: this.addresses.market.url, routes: routes(), actors, desk: actors.length - 1 };
    return { ...known, ...rest, run, seed, rate, durationS, judgesLatency };
  }

  async #judge({ ran, watched }: { ran: Ran; watched: Watched | null }): Promise<boolean> {
    const { options, addresses } = this;
    const acknowledged = await readClientLog(ran.log);
    const { evidence, close } = openEvidence(addresses.evidence, acknowledged);
    try {
      const verdict = await reconcile(evidence, { withinMs: SETTLE_MS });
      const failures = failuresOf(options, ran, acknowledged.length, verdict, watched);
      const url = addresses.market.url;
      this.#report({ options, url, at: Date.now(), ran, acknowledged, verdict, watched, failures });
      return failures.length === 0;
    } finally {
      await close();
    }
  }

  #report(run: Run): void {
    const { verdict, failures, ran, at, options } = run;
    for (const note of ran.notes.slice(0, 20)) console.log(`  k6: ${note}`);
    for (const { type, count, p50, p95, p99, codes } of byCommand(run.acknowledged)) {
      console.log(`${type}: ${count} answered, p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms (${codes})`);
    }
    console.log(asText(verdict));
    for (const failure of failures) console.log(`✗ ${failure}`);
    const { reports } = this.addresses;
    const name = join(reports, `load-${options.scenario}-${new Date(at).toISOString().replaceAll(':', '')}`);
    const { acknowledged, ...told } = run;
    const { summary, notes } = ran;
    const kept = { ...told, ran: { metrics: summary.metrics, notes }, acknowledged: acknowledged.length };
    writeFileSync(`${name}.html`, html(run));
    writeFileSync(`${name}.json`, JSON.stringify(kept, null, 2));
    renameSync(ran.log, `${name}.jsonl`);
    console.log(`report: ${name}.html`);
  }
}
