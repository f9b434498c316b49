import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDir, onPath, root } from './environment.ts';
import { claim } from './pidfile.ts';

const POM = join(root, 'libs/backing/kafka.pom.xml');

/** Where the jars of this pom belong: another version, or another list, is another folder. */
export function jarsDir(pom = readFileSync(POM, 'utf8')): string {
  const version = /kafka_2\.13<\/artifactId><version>([^<]+)/.exec(pom)?.[1] ?? 'unknown';
  return join(cacheDir(), `kafka-${version}-${createHash('sha256').update(pom).digest('hex').slice(0, 8)}`);
}

function copyDependencies(into: string): Promise<void> {
  const maven = onPath('mvn');
  if (!maven) throw new Error("Kafka's jars are fetched by Maven: apt-get install -y maven");
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${into}`, '-DincludeScope=runtime'];
  return new Promise((resolve, reject) => {
    const run = spawn(maven, ['-q', '-B', '-f', POM, ...goal], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    run.stdout.on('data', (text: Buffer) => (said += text.toString()));
    run.stderr.on('data', (text: Buffer) => (said += text.toString()));
    run.once('error', reject);
    run.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Maven could not fetch Kafka's jars (code ${code}):\n${said.trim()}`));
    });
  });
}

let fetching: Promise<string> | undefined;

async function fetchOnce(): Promise<string> {
  const dir = jarsDir();
  if (existsSync(dir)) return dir;
  const lock = `${dir}.lock`;
  while (claim(lock)) {
    await sleep(200);
    if (existsSync(dir)) return dir;
  }
  const draft = `${dir}.draft`;
  try {
    if (existsSync(dir)) return dir;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    await copyDependencies(draft);
    // The folder appears whole, or not at all.
    renameSync(draft, dir);
    return dir;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(lock, { force: true });
  }
}

/**
 * The folder of the broker's jars, fetched by Maven the first time and shared by all of this user's checkouts. Of
 * several processes that ask at once, one fetches and the others wait.
 */
export function fetchJars(): Promise<string> {
  fetching ??= fetchOnce();
  return fetching;
}
