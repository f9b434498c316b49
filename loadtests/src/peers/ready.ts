import type { AddressInfo } from 'node:net';

/** Tells the parent where this peer listens, and ends when the parent says so or is gone. */
export function ready(address: AddressInfo | string | null, close: () => Promise<unknown>): void {
  if (address === null || typeof address === 'string') throw new Error('a peer listens on a port');
  const end = () => void close().finally(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.send?.({ port: address.port });
}
