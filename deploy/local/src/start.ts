import { join } from 'node:path';
import { givenInfrastructure, root } from '@yuzhi/backing/environment';
import { AlreadyRunning, type Infrastructure, startInfrastructure } from '@yuzhi/backing/infrastructure';
import { runJourney } from './journey-process.ts';
import { type Platform, startPlatform } from './platform.ts';
import type { Shape } from './shapes.ts';
import { createSteps } from '@yuzhi/backing/steps';

const DIR = join(root, '.yuzhi/local');
const shape: Shape = process.argv.includes('--processes') ? 'processes' : 'one-process';
const started = performance.now();

const show = (urls: Record<string, string>) => {
  for (const [name, url] of Object.entries(urls)) console.log(`  ${name.padEnd(22)} ${url}`);
};

async function infrastructureOrExit(): Promise<Infrastructure> {
  try {
    return await startInfrastructure({ dir: DIR });
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
const stopAll = async () => {
  await platform?.stop().catch((error: unknown) => console.error((error as Error).message));
  await infrastructure.stop();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void (stopping ??= stopAll().then(() => process.exit(0))));
}

try {
  const step = createSteps();
  const given = givenInfrastructure();
  const options = { dir: DIR, name: 'yuzhi_', shape, infrastructure, given, steppable: true, step };
  platform = await startPlatform(options);
  const running = platform;
  if (running.stripeSandboxUrl) {
    await step('demo market', () => runJourney('seed', [], running, (line) => console.log(`  … ${line}`)));
  }
  const urls = {
    'API 平台': running.url,
    'API reference 接口文档': `${running.url}/docs`,
    ...(running.stripeSandboxUrl && { 'Stripe sandbox 收银台': running.stripeSandboxUrl }),
    'Patent office 专利局替身': running.patentOfficeUrl,
  };
  infrastructure.announce(urls);
  console.log(`\n豫知 Yuzhi · ready after ${((performance.now() - started) / 1000).toFixed(1)} s · 演示数据 demo data`);
  show(urls);
  console.log('\n  Demo logins 演示账号 (password 密码 yuzhi-demo-2026)');
  show({
    'zhongzhou.university': '中州理工大学 · rights holder',
    'songyue.machinery': '嵩岳精密机械 · bidder',
    'panshi.superhard': '磐石超硬材料 · bidder',
    [running.admin.loginName]: `平台 · desk and ops, password ${running.admin.password}`,
  });
  console.log('\nCtrl-C stops everything.');
} catch (error) {
  console.error((error as Error).message);
  await stopAll();
  process.exit(1);
}
