import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);

/** Where the question is asked, and where the answer comes from. */
export interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable;
}

/**
 * Load is for platforms of one's own: loopback, or a host that somebody names and confirms, by flag or by typing it.
 * Throws where he does not, naming every host that is somebody else's so far.
 */
export async function confirmOwnership(
  urls: readonly string[],
  isConfirmed: boolean,
  terminal: Terminal,
): Promise<void> {
  const hosts = [...new Set(urls.filter((url) => !isLoopback(url)).map((url) => new URL(url).host))];
  if (!hosts.length || isConfirmed) return;
  const { input, output } = terminal;
  const refusal = new Error(`${hosts.join(', ')} is not this machine: --yes-i-own-it says that you may load it`);
  if (!input.isTTY) throw refusal;
  const reader = createInterface({ input, output });
  try {
    const typed = await reader.question(
      `This loads ${hosts.join(', ')}. Type the first host to say that it is yours: `,
    );
    if (typed.trim() !== hosts[0]) throw refusal;
  } finally {
    reader.close();
  }
}
