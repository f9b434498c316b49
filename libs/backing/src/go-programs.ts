import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onPath, root } from './environment.ts';

/** A program that Go builds from its source. */
export interface GoProgram {
  name: string;
  /** With its version, such as `go.k6.io/k6@v1.8.1`. */
  module: string;
  /** What Go calls it, where that is something else. */
  builds?: string;
  /** Of the environment: where the program is already. A program of that name on PATH is then taken, too. */
  variable?: string;
}

/** What builds it where Go is older than 1.21, which cannot fetch the newer one that a module asks for by itself. */
const TOOLCHAIN = 'golang.org/toolchain@v0.0.1-go1.23.4';

const execute = promisify(execFile);

/** The toolchain's module for what `go version` says; undefined where that Go fetches what it needs itself. */
export function toolchainFor(version: string): string | undefined {
  const [, minor, platform] = /go1\.(\d+)\S* (\S+)/.exec(version) ?? [];
  return !minor || Number(minor) >= 21 ? undefined : `${TOOLCHAIN}.${platform!.replace('/', '-')}`;
}

async function goCommand(): Promise<string> {
  const module = toolchainFor((await execute('go', ['version'])).stdout);
  if (!module) return 'go';
  const { Dir: folder } = JSON.parse((await execute('go', ['mod', 'download', '-json', module])).stdout) as {
    Dir: string;
  };
  // A module's files come without the permission to run.
  await execute('chmod', ['-R', '+x', join(folder, 'bin'), join(folder, 'pkg/tool')]);
  return join(folder, 'bin/go');
}

/** Of several that build it at once, each ends with a whole program. */
async function build({ name, module, variable, builds = name }: GoProgram, into: string): Promise<void> {
  const draft = join(into, `${name}.draft-${process.pid}`);
  mkdirSync(draft, { recursive: true });
  try {
    await execute('env', [`GOBIN=${draft}`, await goCommand(), 'install', module]);
    renameSync(join(draft, builds), join(into, name));
  } catch (error) {
    const said = (error as Error & { stderr?: string }).stderr?.trim() || (error as Error).message;
    const given = variable ? `, or name one in ${variable}` : '';
    throw new Error(
      `${name} could not be built: ${said}\nIt needs Go (apt-get install -y golang, or https://go.dev/dl) and its ` +
        `module proxy; or put the program of ${module} at ${join(into, name)}${given}.`,
      { cause: error },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Where the program is, after building it the first time (a minute or two). Throws, and says what is missing, where it
 * can be neither found nor built, or where the variable names a file that is not there.
 */
export async function provideGoProgram(
  program: GoProgram,
  { env = process.env, into = join(root, '.yuzhi/bin') }: { env?: NodeJS.ProcessEnv; into?: string } = {},
): Promise<string> {
  const { name, variable } = program;
  const named = variable && env[variable];
  if (named && !existsSync(named)) throw new Error(`${variable} is set, but ${named} is not there`);
  const given = named || (variable && onPath(name, env));
  if (given) return given;
  if (!existsSync(join(into, name))) await build(program, into);
  return join(into, name);
}
