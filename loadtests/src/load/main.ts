import { LoadRun } from './run.ts';
import { readOptions } from './options.ts';
import { readLoadAddresses } from './load.config.ts';

/** 0: thresholds kept and reconciled. 1: not. 2: there was no run, or no verdict. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const run = new LoadRun(options, readLoadAddresses());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => run.stop());
  return (await run.go()) ? 0 : 1;
}

// Connections of the client may still be kept alive: nothing is waited for.
process.exit(
  await main().catch((error: unknown) => {
    console.error((error as Error).message);
    return 2;
  }),
);
