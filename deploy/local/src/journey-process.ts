import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import type { Platform } from './platform.ts';

/** What a journey may know of a platform: addresses and a login, no database and no secret of ours. */
export const journeyEnvironment = ({
  url,
  stripeSandboxUrl = '',
  patentOfficeUrl,
  admin,
  platformUscc,
}: Platform): Record<string, string> => ({
  YUZHI_URL: url,
  YUZHI_STRIPE_SANDBOX_URL: stripeSandboxUrl,
  YUZHI_PATENT_OFFICE_URL: patentOfficeUrl,
  YUZHI_ADMIN: admin?.loginName ?? '',
  YUZHI_ADMIN_PASSWORD: admin?.password ?? '',
  YUZHI_PLATFORM_USCC: platformUscc,
});

/** Runs a program of `journeys` against a platform; `said` hears its lines. Throws what it said to stderr. */
export function runJourney(
  program: string,
  args: string[],
  platform: Platform,
  { said, signal }: { said: (line: string) => void; signal?: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = join(root, 'journeys/dist', `${program}.js`);
    const env = { PATH: process.env['PATH'], ...journeyEnvironment(platform) };
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal && { signal }),
    });
    let rest = '';
    let wrong = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) said(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (wrong += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (rest) said(rest);
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code}:\n${wrong.trim()}`));
    });
  });
}
