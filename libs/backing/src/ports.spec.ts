import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir } from './environment.ts';
import { writeHolder } from './pidfile.ts';
import { choosePorts, isFree } from './ports.ts';

const occupy = async (port: number): Promise<Server> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

describe('chosen ports', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'yuzhi-ports-'));
    file = join(dir, 'ports.json');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('are free, differ from one another, and are the same at the next start', async () => {
    const first = await choosePorts(file, ['postgres', 'kafka', 'redis']);
    expect(new Set(Object.values(first)).size).toBe(3);
    expect(await Promise.all(Object.values(first).map(isFree))).toEqual([true, true, true]);
    expect(await choosePorts(file, ['postgres', 'kafka', 'redis'])).toEqual(first);
  });

  it('change only where somebody else has taken one meanwhile', async () => {
    const first = await choosePorts(file, ['postgres', 'redis']);
    const intruder = await occupy(first.redis);
    const second = await choosePorts(file, ['postgres', 'redis']);
    intruder.close();
    expect(second.postgres).toBe(first.postgres);
    expect(second.redis).not.toBe(first.redis);
  });

  it('are not those of another living process that has not come to listen yet', async () => {
    const [port] = Object.values(await choosePorts(file, ['redis']));
    const sleeper = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    const claimed = join(cacheDir(), 'ports', `${port}.pid`);
    writeHolder(claimed, sleeper.pid!);
    const { redis } = await choosePorts(join(dir, 'other.json'), ['redis'], { redis: port });
    expect(redis).not.toBe(port);
    sleeper.kill('SIGKILL');
    await once(sleeper, 'exit');
    expect(await choosePorts(join(dir, 'third.json'), ['redis'], { redis: port })).toEqual({ redis: port });
  });

  it('follow a preference when it is free, and keep what others chose in the same file', async () => {
    const { postgres } = await choosePorts(file, ['postgres']);
    const { gateway } = await choosePorts(file, ['gateway'], { gateway: postgres });
    expect(gateway).not.toBe(postgres);
    const { portal } = await choosePorts(file, ['portal'], { portal: gateway + 1 });
    expect(portal).toBe(gateway + 1);
    expect(await choosePorts(file, ['postgres'])).toEqual({ postgres });
  });
});
