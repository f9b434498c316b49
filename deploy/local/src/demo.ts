import { mkdtempSync, rmSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { startInfrastructure } from '@yuzhi/backing/infrastructure';
import { KAFKA_USERS } from './settings.ts';
import { runJourney } from './journey-process.ts';
import { startPlatform } from './platform.ts';
import { createSteps } from '@yuzhi/backing/steps';

/** The whole story on a scratch platform of its own; nothing of it stays. */
const runs = join(root, '.yuzhi/demo');
mkdirSync(runs, { recursive: true });
const dir = mkdtempSync(join(runs, 'run-'));
const closing: (() => Promise<void>)[] = [];
let cleaning: Promise<void> | undefined;
const cleanUp = () =>
  (cleaning ??= (async () => {
    for (const close of closing.toReversed()) await close().catch(() => {});
    rmSync(dir, { recursive: true, force: true });
  })());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
}

let code = 0;
try {
  const infrastructure = await startInfrastructure({ dir, fast: true, kafkaUsers: KAFKA_USERS });
  closing.push(() => infrastructure.stop());
  const step = createSteps();
  const options = { dir, name: 'demo_', shape: 'one-process' as const, infrastructure, steppable: true, step };
  const platform = await startPlatform(options);
  closing.push(() => platform.stop());
  await runJourney('demo', process.argv.slice(2), platform, { said: (line) => console.log(line) });
} catch (error) {
  console.error((error as Error).message);
  code = 1;
}
await cleanUp();
process.exit(code);
