import { createSteps } from '@yuzhi/backing/steps';
import type { Drill } from './drills/drill.ts';
import { DRILLS } from './drills/list.ts';
import { type DrillOptions, readDrillOptions } from './drills/options.ts';
import { runDrill } from './drills/run-drill.ts';
import { openScene } from './drills/scene.ts';
import { drawsFrom } from './drills/strikes.ts';

const step = createSteps();
const closing: (() => Promise<unknown>)[] = [];
async function cleanUp(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close().catch(() => {});
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void cleanUp().then(() => process.exit(130)));
}

/** On a platform of its own. Answers whether it was withstood; where there is no verdict it was not. */
async function run(drill: Drill, { outageMs, names: _, ...given }: DrillOptions): Promise<boolean> {
  try {
    const chance = drawsFrom(given.seed);
    const scene = await openScene({ needs: drill.needs ?? {}, chance, outageMs, step, closing });
    return await runDrill(drill, scene, { times: drill.times, load: drill.load ?? 'bids', ...given });
  } catch (error) {
    console.error(`✗ ${drill.name}: ${(error as Error).message}`);
    return false;
  } finally {
    await cleanUp();
  }
}

/** 0: everything was withstood. 1: something was not. 2: nothing was run. */
async function main(): Promise<number> {
  const names = DRILLS.map(({ name }) => name);
  const options = readDrillOptions(process.argv.slice(2), names);
  const failed: string[] = [];
  for (const drill of DRILLS.filter(({ name }) => options.names.includes(name))) {
    if (!(await run(drill, options))) failed.push(drill.name);
  }
  if (failed.length) console.log(`failed: ${failed.join(', ')}`);
  return failed.length ? 1 : 0;
}

process.exit(
  await main().catch((error: unknown) => {
    console.error((error as Error).message);
    return 2;
  }),
);
