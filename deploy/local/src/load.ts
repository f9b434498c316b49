import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { startInfrastructure } from '@yuzhi/backing/infrastructure';
import { createSteps } from '@yuzhi/backing/steps';
import { KAFKA_USERS } from './settings.ts';
import { runProof } from './evidence.ts';
import { loadTools, runLoad } from './load-process.ts';
import { startPlatform } from './platform.ts';

const NAME = 'load_';
const args = process.argv.slice(2);
const closing: (() => Promise<void>)[] = [];
let cleaning: Promise<void> | undefined;
const cleanUp = () =>
  (cleaning ??= (async () => {
    for (const close of closing.toReversed()) await close().catch(() => {});
  })());

/** Somebody's own platform: everything else that a run must know of it stands in the environment. */
async function loadNamed(host: string): Promise<number> {
  const names = Object.entries(process.env).filter(([name]) => /^(YUZHI_|KAFKA_BROKERS$|TOPIC_PREFIX$)/.test(name));
  const environment = Object.fromEntries(
    names.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return runProof('load/main', args, { ...(await loadTools()), ...environment, YUZHI_URL: host });
}

/**
 * A platform of its own in the deployed shape, as durable as any; nothing of it stays but the report, and its databases
 * and topics on servers that were given.
 */
async function loadScratch(): Promise<number> {
  const runs = join(root, '.yuzhi/load');
  mkdirSync(runs, { recursive: true });
  const dir = mkdtempSync(join(runs, 'run-'));
  closing.push(async () => rmSync(dir, { recursive: true, force: true }));
  const infrastructure = await startInfrastructure({ dir, kafkaUsers: KAFKA_USERS });
  closing.push(() => infrastructure.stop());
  const name = process.env['DATABASE_URL'] ? `${NAME}${process.pid}_` : NAME;
  const shape = 'processes' as const;
  const platform = await startPlatform({ dir, name, shape, infrastructure, steppable: true, step: createSteps() });
  closing.push(() => platform.stop());
  return runLoad(args, { platform, dir, name, infrastructure });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // While a run is under way it ends first, and is reconciled; only then is everything stopped.
  process.on(signal, () => closing.length < 3 && void cleanUp().then(() => process.exit(130)));
}

let code = 2;
try {
  const host = args.includes('--host') ? args[args.indexOf('--host') + 1] : undefined;
  code = args.includes('--host') ? await loadNamed(host ?? '') : await loadScratch();
} catch (error) {
  console.error((error as Error).message);
}
await cleanUp();
process.exit(code);
