import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { root } from '@yuzhi/backing/environment';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A checkout where nothing is installed, with an npm that fails on these verbs. */
function installed(...failing: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  folders.push(folder);
  for (const name of ['tools', 'bin']) mkdirSync(join(folder, name));
  const script = join(folder, 'tools/bootstrap.mjs');
  copyFileSync(join(root, 'tools/bootstrap.mjs'), script);
  const fails = failing.map((verb) => `[ "$1" = ${verb} ] && echo "no such package" >&2 && exit 1`);
  const npm = ['#!/bin/sh', 'echo "$1" >> asked', ...fails, 'mkdir -p node_modules'].join('\n');
  writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
  const act = `(await import(${JSON.stringify(pathToFileURL(script).href)})).install()`;
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', act], { env, encoding: 'utf8' });
  return { said: stdout, status, asked: readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n') };
}

describe('the first install', () => {
  it('is a clean one', () => {
    expect(installed()).toMatchObject({ status: 0, asked: ['ci'] });
  });

  it('is an ordinary one where the registry lacks something for a clean one, and says so', () => {
    const { said, ...ended } = installed('ci');
    expect(ended).toEqual({ status: 0, asked: ['ci', 'install'] });
    expect(said).toMatch(/no such package\s+… npm ci failed, so npm install/);
  });

  it('fails where the ordinary one does', () => {
    expect(installed('ci', 'install')).toMatchObject({ status: 1, asked: ['ci', 'install'] });
  });
});
