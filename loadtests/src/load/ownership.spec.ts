import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { confirmOwnership, isLoopback } from './ownership.ts';

const FOREIGN = 'https://market.example.org:8443/x';
const terminal = (typed?: string) => {
  const input: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (typed !== undefined) {
    input.isTTY = true;
    input.write(`${typed}\n`);
  }
  return { input, output: new PassThrough() };
};

describe('whose platform is loaded', () => {
  it.each(['http://127.0.0.1:8080', 'http://localhost/x', 'http://[::1]:1', 'http://127.8.8.8'])(
    'is nobody else’s at %s',
    async (url) => {
      expect(isLoopback(url)).toBe(true);
      await expect(confirmOwnership([url], false, terminal())).resolves.toBeUndefined();
    },
  );

  it.each(['http://10.0.0.1', 'http://127.0.0.1.example.org', 'http://localhost.example.org', FOREIGN])(
    'may be somebody else’s at %s',
    async (url) => {
      expect(isLoopback(url)).toBe(false);
      await expect(confirmOwnership(['http://localhost', url], false, terminal())).rejects.toThrow(
        /is not this machine/,
      );
    },
  );

  it('is confirmed by the flag, or by typing the host', async () => {
    await expect(confirmOwnership([FOREIGN], true, terminal())).resolves.toBeUndefined();
    await expect(confirmOwnership([FOREIGN], false, terminal('market.example.org:8443'))).resolves.toBeUndefined();
    await expect(confirmOwnership([FOREIGN], false, terminal('yes'))).rejects.toThrow(/--yes-i-own-it/);
  });
});
