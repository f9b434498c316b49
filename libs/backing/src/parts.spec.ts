import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endLeftParts, startPart, startWatchdog } from './parts.ts';
import { born } from './pidfile.ts';

const source = fileURLToPath(new URL('parts.ts', import.meta.url));
const ready = () => Promise.resolve(true);

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && born(pid) !== undefined; tries += 1) await sleep(25);
  return born(pid) === undefined;
}

/** A launcher of its own, which starts one part, prints the part's pid and then does nothing. */
async function launcher(dir: string) {
  const script = `import { startPart, startWatchdog } from ${JSON.stringify(source)};
    const watchdog = startWatchdog();
    const run = { command: 'sleep', args: ['60'], ready: async () => true };
    const part = await startPart({ name: 'sleeper', dir: ${JSON.stringify(dir)}, ...run }, watchdog);
    console.log(JSON.stringify({ part: part.pid }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, part: (JSON.parse(text.toString()) as { part: number }).part };
}

describe('a part', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'yuzhi-parts-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends when its launcher dies of %s', async (signal) => {
    const { child, part } = await launcher(dir);
    expect(born(part)).toBeDefined();
    child.kill(signal);
    expect(await gone(part)).toBe(true);
  });

  it('is stopped by its launcher, and leaves no pid file', async () => {
    const watchdog = startWatchdog();
    const part = await startPart({ name: 'sleeper', dir, command: 'sleep', args: ['60'], ready }, watchdog);
    expect(readFileSync(join(dir, 'sleeper.part.pid'), 'utf8')).toContain(String(part.pid));
    await part.stop();
    watchdog.close();
    expect(born(part.pid)).toBeUndefined();
    expect(() => readFileSync(join(dir, 'sleeper.part.pid'))).toThrow('ENOENT');
  });

  it('that was left behind, watchdog and all, is ended before the next start', async () => {
    const nobody = { watch: () => {}, forget: () => {}, close: () => {} };
    const part = await startPart({ name: 'sleeper', dir, command: 'sleep', args: ['60'], ready }, nobody);
    await endLeftParts(dir);
    expect(born(part.pid)).toBeUndefined();
  });

  it('that dies at its start is reported with the end of its log', async () => {
    const watchdog = startWatchdog();
    const args = ['-c', 'echo no room for my data >&2; exit 3'];
    const spec = { name: 'failing', dir, command: 'sh', args, ready: () => Promise.resolve(false) };
    await expect(startPart(spec, watchdog)).rejects.toThrow(/failing ended with code 3[^]*no room for my data/);
    watchdog.close();
  });

  it('that cannot be started at all is reported', async () => {
    const watchdog = startWatchdog();
    const spec = {
      name: 'absent',
      dir,
      command: join(dir, 'no-such-program'),
      args: [],
      ready: () => Promise.resolve(false),
    };
    await expect(startPart(spec, watchdog)).rejects.toThrow('absent could not be started');
    watchdog.close();
  });
});
