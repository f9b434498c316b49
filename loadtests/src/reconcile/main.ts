import { renameSync, writeFileSync } from 'node:fs';
import { readClientLog } from './acknowledged.ts';
import { openEvidence } from './open-evidence.ts';
import { asMetrics } from './as-metrics.ts';
import { asText, reconcile } from './reconcile.ts';
import { readArguments, readEvidenceAddresses } from './reconcile.config.ts';

/** 0: nothing was found. 1: something was. 2: no verdict, for the evidence could not be read. */
async function main(): Promise<number> {
  const { log, json, metrics, withinMs } = readArguments(process.argv.slice(2));
  const { evidence, close } = openEvidence(readEvidenceAddresses(), log ? await readClientLog(log) : []);
  try {
    const verdict = await reconcile(evidence, { withinMs });
    if (json) writeFileSync(json, `${JSON.stringify(verdict, null, 2)}\n`);
    if (metrics) publish(metrics, await asMetrics(verdict));
    console.log(asText(verdict));
    return verdict.isGreen ? 0 : 1;
  } finally {
    await close();
  }
}

/** A scraper never reads half of it. */
function publish(file: string, text: string): void {
  writeFileSync(`${file}.draft`, text);
  renameSync(`${file}.draft`, file);
}

process.exitCode = await main().catch((error: unknown) => {
  console.error((error as Error).message);
  return 2;
});
