import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';

const WORKER = new URL(`./pdf-worker${extname(import.meta.url)}`, import.meta.url);

let printing: Promise<unknown> = Promise.resolve();

/**
 * `renderPdf` in a thread of its own, one document after the other: half a second of layout must not stand in the way
 * of whatever else this process answers. The thread ends with its document, and with it 20 MB of fonts.
 */
export function printPdf(document: ContractDocument, signing: Signing, signal?: AbortSignal): Promise<Buffer> {
  const printed = printing.then(() => print(document, signing, signal));
  printing = printed.catch(() => {});
  return printed;
}

async function print(document: ContractDocument, signing: Signing, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  const worker = new Worker(WORKER, { workerData: [document, signing] });
  try {
    const [pdf] = (await once(worker, 'message', { signal })) as [Uint8Array];
    return Buffer.from(pdf);
  } finally {
    await worker.terminate();
  }
}
