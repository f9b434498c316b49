import { writeFileSync } from 'node:fs';
import { readClientLog } from './acknowledged.ts';
import { openEvidence } from './open-evidence.ts';
import { asText, reconcile } from './reconcile.ts';
import { readArguments, readEvidenceAddresses } from './reconcile.config.ts';

/** 0: nothing was found. 1: something was. 2: no verdict, for the evidence could not be read. */
async function main(): Promise<number> {
  const { log, json, withinMs } = readArguments(process.argv.slice(2));
  const { evidence, close } = openEvidence(readEvidenceAddresses(), log ? await readClientLog(log) : []);
  try {
    const verdict = await reconcile(evidence, { withinMs });
    if (json) writeFileSync(json, `${JSON.stringify(verdict, null, 2)}\n`);
    console.log(asText(verdict));
    return verdict.isGreen ? 0 : 1;
  } finally {
    await close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error((error as Error).message);
  return 2;
});
