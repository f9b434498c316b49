import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { givenInfrastructure, root } from '@yuzhi/backing/environment';
import { AlreadyRunning, type Infrastructure, startInfrastructure } from '@yuzhi/backing/infrastructure';
import { KAFKA_USERS } from './settings.ts';
import { runJourney } from './journey-process.ts';
import { type Platform, startPlatform } from './platform.ts';
import type { Shape } from './shapes.ts';
import { createSteps } from '@yuzhi/backing/steps';

const { values: asked } = parseArgs({
  options: {
    /** Every service in a process of its own. */
    processes: { type: 'boolean', default: false },
    /** Where everything is kept that a start leaves behind. */
    data: { type: 'string', default: join(root, '.yuzhi/local') },
  },
});
const dir = resolve(asked.data);
const shape: Shape = asked.processes ? 'processes' : 'one-process';
const started = performance.now();
const PASSWORD = 'password 密码 yuzhi-demo-2026';
const DEMO_LOGINS = {
  'zhongzhou.university': `中州理工大学 · rights holder, ${PASSWORD}`,
  'songyue.machinery': `嵩岳精密机械 · bidder, ${PASSWORD}`,
  'panshi.superhard': `磐石超硬材料 · bidder, ${PASSWORD}`,
  'demo.org01 … 08': `院所、企业、银行 · institutes, firms, a bank, ${PASSWORD}`,
  'inventor.qin .ying .ru': `发明人 · inventors, ${PASSWORD}`,
  'desk.clerk': `平台受理岗 · desk, ${PASSWORD}`,
  'ops.engineer': `平台运维岗 · ops, ${PASSWORD}`,
};

const show = (urls: Record<string, string>) => {
  for (const [name, url] of Object.entries(urls)) console.log(`  ${name.padEnd(22)} ${url}`);
};

async function infrastructureOrExit(): Promise<Infrastructure> {
  try {
    return await startInfrastructure({ dir, kafkaUsers: KAFKA_USERS });
  } catch (error) {
    if (error instanceof AlreadyRunning) {
      console.log(`Yuzhi is already running (process ${error.holder.pid}); Ctrl-C in its terminal stops it.`);
      show(error.holder.urls);
      process.exit(0);
    }
    console.error((error as Error).message);
    process.exit(1);
  }
}

const infrastructure = await infrastructureOrExit();
let platform: Platform | undefined;
// Both the terminal and a wrapper may pass the signal on: the second one changes nothing.
let stopping: Promise<void> | undefined;
const seeding = new AbortController();
const stopAll = async () => {
  seeding.abort();
  await platform?.stop().catch((error: unknown) => console.error((error as Error).message));
  await infrastructure.stop();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void (stopping ??= stopAll().then(() => process.exit(0))));
}

try {
  const step = createSteps();
  const given = givenInfrastructure();
  const options = { dir, name: 'yuzhi_', shape, infrastructure, given, steppable: true, step };
  platform = await startPlatform(options);
  const running = platform;
  const { admin } = running;
  // Its people have a password here and pay on the sandbox's page.
  const isDemonstration = admin !== undefined && running.stripeSandboxUrl !== undefined;
  if (isDemonstration) {
    const said = (line: string) => console.log(`  … ${line}`);
    await step('demo market', () => runJourney('seed', [], running, { said, signal: seeding.signal }));
  }
  const urls = {
    'API 平台': running.url,
    'API reference 接口文档': `${running.url}/docs`,
    ...(running.stripeSandboxUrl && { 'Stripe sandbox 收银台': running.stripeSandboxUrl }),
    'Patent office 专利局替身': running.patentOfficeUrl,
  };
  infrastructure.announce(urls);
  const after = `ready after ${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`\n豫知 Yuzhi · ${after}${isDemonstration ? ' · 演示数据 demo data' : ''}`);
  show(urls);
  console.log('\n  Logins 账号');
  if (isDemonstration) show(DEMO_LOGINS);
  show(
    admin
      ? { [admin.loginName]: `平台 · desk and ops, password 密码 ${admin.password}` }
      : { [given.oidc!.administrator]: `平台 · desk and ops, at ${given.oidc!.issuer}` },
  );
  console.log('\nCtrl-C stops everything.');
} catch (error) {
  if (!stopping) console.error((error as Error).message);
  await (stopping ?? stopAll());
  process.exit(1);
}
