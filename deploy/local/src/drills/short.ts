import type { LoadedPlatform } from '../load-process.ts';
import type { Scene } from './drill.ts';
import { runDrill } from './run-drill.ts';
import { sceneOf } from './scene.ts';
import { shortDrill } from './servers.ts';
import { drawsFrom } from './strikes.ts';

export type OwnPostgres = Scene['postgres'];

/** A drill short enough for every test run, on a platform that runs already. Answers whether it was withstood. */
export async function runShortDrill(loaded: LoadedPlatform, postgres: OwnPostgres, seed: number): Promise<boolean> {
  const closing: (() => Promise<unknown>)[] = [];
  const scene = sceneOf(loaded, { postgres, chance: drawsFrom(seed), outageMs: 0, closing });
  try {
    return await runDrill(shortDrill, scene, { seed, times: shortDrill.times, load: 'bids' });
  } finally {
    for (const close of closing) await close();
  }
}
