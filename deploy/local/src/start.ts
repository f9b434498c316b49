import { join } from 'node:path';
import { root } from './environment.ts';
import { AlreadyRunning, type Infrastructure, startInfrastructure } from './infrastructure.ts';

const show = (urls: Record<string, string>) => {
  for (const [name, url] of Object.entries(urls)) console.log(`  ${name.padEnd(14)} ${url}`);
};

async function started(): Promise<Infrastructure> {
  try {
    return await startInfrastructure({ dir: join(root, '.yuzhi/local') });
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

const infrastructure = await started();
const urls = {
  postgres: infrastructure.databaseUrl.replace(/:[^:@/]*@/, '@'),
  kafka: infrastructure.kafkaBrokers.join(','),
  redis: infrastructure.redisUrl,
};
infrastructure.announce(urls);
show(urls);
console.log('Ctrl-C stops everything.');
// Both the terminal and a wrapper may pass the signal on: the second one changes nothing.
let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void (stopping ??= infrastructure.stop()));
}
