import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { provideGoProgram, toolchainFor } from './go-programs.ts';

const PROGRAM = { name: 'k6', module: 'go.k6.io/k6@v1.8.1', variable: 'K6_BIN' };
let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'yuzhi-go-'))));
afterAll(() => rmSync(dir, { recursive: true }));

function place(folder: string): string {
  const file = join(dir, folder, 'k6');
  mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

describe('a program that Go builds', () => {
  it('is the one that the environment names, before one on PATH', async () => {
    const [named, onPath] = [place('named'), place('path')];
    const PATH = join(dir, 'path');
    expect(await provideGoProgram(PROGRAM, { env: { K6_BIN: named, PATH }, into: dir })).toBe(named);
    expect(await provideGoProgram(PROGRAM, { env: { PATH }, into: dir })).toBe(onPath);
  });

  it('is looked for nowhere else where the environment names one that is not there', async () => {
    const env = { K6_BIN: join(dir, 'nowhere'), PATH: join(dir, 'path') };
    await expect(provideGoProgram(PROGRAM, { env, into: dir })).rejects.toThrow(/K6_BIN is set, but .*nowhere/);
  });

  it('is the one that was built before, whatever is on PATH, where no variable names it', async () => {
    const built = place('built');
    place('path');
    const { variable: _, ...unnamed } = PROGRAM;
    const env = { PATH: join(dir, 'path') };
    expect(await provideGoProgram(unnamed, { env, into: join(dir, 'built') })).toBe(built);
  });
});

describe('an old Go', () => {
  it('is helped to a newer one, of the same platform', () => {
    expect(toolchainFor('go version go1.19.8 linux/amd64')).toBe('golang.org/toolchain@v0.0.1-go1.23.4.linux-amd64');
  });
  it.each(['go version go1.21.0 linux/arm64', 'go version go1.26.8 linux/amd64', 'go version devel +abc'])(
    'is not what %s is',
    (version) => expect(toolchainFor(version)).toBeUndefined(),
  );
});
