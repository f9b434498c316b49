import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('follow a preference when it is free, and keep what others chose in the same file', async () => {
    const { postgres } = await choosePorts(file, ['postgres']);
    const { gateway } = await choosePorts(file, ['gateway'], { gateway: postgres });
    expect(gateway).not.toBe(postgres);
    const { portal } = await choosePorts(file, ['portal'], { portal: gateway + 1 });
    expect(portal).toBe(gateway + 1);
    expect(await choosePorts(file, ['postgres'])).toEqual({ postgres });
  });
});
