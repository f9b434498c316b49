import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { givenInfrastructure, root } from '@yuzhi/backing/environment';
import { startInfrastructure } from '@yuzhi/backing/infrastructure';
import { livingHolder } from '@yuzhi/backing/pidfile';
import { createSteps } from '@yuzhi/backing/steps';
import { KAFKA_USERS } from './settings.ts';
import { evidenceEnvironment, runningEvidence, runProof } from './evidence.ts';
import { startPlatform } from './platform.ts';

const DIR = join(root, '.yuzhi/local');
const NAME = 'yuzhi_';
const args = process.argv.slice(2);

/** The one that was stored is started for as long as it takes: what waited when it stopped is done first. */
async function reconcileStored(): Promise<number> {
  const infrastructure = await startInfrastructure({ dir: DIR, kafkaUsers: KAFKA_USERS });
  const given = givenInfrastructure();
  const shape = 'one-process' as const;
  const parts = { dir: DIR, name: NAME, infrastructure, given };
  try {
    const platform = await startPlatform({ ...parts, shape, steppable: true, step: createSteps() });
    try {
      const { stripeSandboxUrl, patentOfficeUrl } = platform;
      const doubles = { patentOfficeUrl, ...(stripeSandboxUrl && { stripeSandboxUrl }) };
      return await runProof('reconcile/main', args, evidenceEnvironment({ ...parts, ...doubles }));
    } finally {
      await platform.stop();
    }
  } finally {
    await infrastructure.stop();
  }
}

async function main(): Promise<number> {
  const running = livingHolder(join(DIR, 'launcher.pid')) && runningEvidence(DIR, NAME);
  if (running) return runProof('reconcile/main', args, running);
  if (existsSync(join(DIR, 'secret'))) return reconcileStored();
  throw new Error('There is no platform to reconcile: npm start makes one, and this proves it while it runs or after.');
}

process.exit(
  await main().catch((error: unknown) => {
    console.error((error as Error).message);
    return 2;
  }),
);
