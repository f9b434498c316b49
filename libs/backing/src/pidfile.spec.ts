import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { born, claim, end, livingHolder, writeHolder } from './pidfile.ts';

describe('a pid file', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'yuzhi-pid-'));
    file = join(dir, 'launcher.pid');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is taken by the first, and names the first to the second', () => {
    expect(claim(file)).toBeUndefined();
    writeHolder(file, process.pid, { portal: 'http://127.0.0.1:8080' });
    expect(claim(file)).toMatchObject({ pid: process.pid, urls: { portal: 'http://127.0.0.1:8080' } });
    expect(readdirSync(dir)).toEqual(['launcher.pid']);
  });

  it('of a dead process is stale, and is replaced', async () => {
    const child = spawn('sleep', ['60']);
    writeHolder(file, child.pid!);
    expect(livingHolder(file)?.pid).toBe(child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livingHolder(file)).toBeUndefined();
    expect(claim(file)).toBeUndefined();
    expect(livingHolder(file)?.pid).toBe(process.pid);
  });

  it('does not take a later process with the same id for its holder', () => {
    writeHolder(file, process.pid);
    const holder = JSON.parse(readFileSync(file, 'utf8')) as { born: string };
    writeFileSync(file, JSON.stringify({ ...holder, born: `${holder.born}0` }));
    expect(livingHolder(file)).toBeUndefined();
  });

  it('that is damaged is stale', () => {
    writeFileSync(file, '{"pid":');
    expect(claim(file)).toBeUndefined();
    expect(existsSync(file)).toBe(true);
  });
});

describe('ending a process', () => {
  it('waits until it is gone', async () => {
    const child = spawn('sleep', ['60']);
    await end(child.pid!);
    expect(born(child.pid!)).toBeUndefined();
  });

  it('of an id that is no longer there is nothing to do', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    await expect(end(child.pid!)).resolves.toBeUndefined();
  });
});
