import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onPath } from './environment.ts';
import { makeSlowDisk, type SlowDisk } from './slow-disk.ts';

const FLUSHES = `
const { closeSync, fdatasyncSync, fsyncSync, openSync, unlinkSync } = require('node:fs');
const file = openSync(process.argv[1], 'w');
const since = performance.now();
fsyncSync(file);
fdatasyncSync(file);
console.log(performance.now() - since);
closeSync(file);
unlinkSync(process.argv[1]);`;

(onPath('gcc') ? describe : describe.skip)('a slow disk, where gcc is', () => {
  let disk: SlowDisk;
  beforeAll(async () => void (disk = await makeSlowDisk()));
  afterAll(() => disk.remove());
  const flushMs = async () => {
    const file = join(disk.env['SLOW_DISK_FILE']!, '..', 'flushed');
    const env = { ...process.env, ...disk.env };
    return Number((await promisify(execFile)(process.execPath, ['-e', FLUSHES, file], { env })).stdout);
  };

  it('makes every flush wait, for as long as it is told to', async () => {
    disk.delay(150);
    expect(await flushMs()).toBeGreaterThanOrEqual(300);
    disk.delay(0);
    expect(await flushMs()).toBeLessThan(300);
  });
});
