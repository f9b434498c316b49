import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Prepare } from './prepare.ts';
import type { Watched } from './watchers.ts';

/** The same load while many watch the hot lot. */
export const withWatchers =
  (prepare: Prepare, count: number): Prepare =>
  async (bench, earlier) => {
    const prepared = await prepare(bench, earlier);
    const target = await bench.target('ours');
    const [lot] = await target.lots(1);
    const program = fileURLToPath(new URL('watchers.js', import.meta.url));
    const child = spawn(process.execPath, [program, target.url, lot!, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const heard = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error('the watchers ended');
      return JSON.parse(value) as Watched;
    };
    const told = () => {
      child.kill('SIGUSR2');
      return heard();
    };
    await heard();
    const load = async (seconds: number) => {
      await told();
      const outcome = await prepared.load(seconds);
      const { watchers, frames, items } = await told();
      const per = (all: number) => all / Math.max(1, watchers) / outcome.seconds;
      const measures = { ...outcome.measures, watchers, framesPerSecond: per(frames), itemsPerSecond: per(items) };
      return { ...outcome, measures };
    };
    const after = async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    };
    // What watches is part of the load.
    return { ...prepared, cast: { ...prepared.cast, generator: [child.pid!] }, load, after };
  };
