import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';

const WORKER = new URL(`./pdf-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * `renderPdf` in a thread of its own: half a second of layout must not stand in the way of whatever else this process
 * answers. The thread ends with its document, and with it 20 MB of fonts.
 */
export async function printPdf(document: ContractDocument, signing: Signing, signal?: AbortSignal): Promise<Buffer> {
  const worker = new Worker(WORKER, { workerData: [document, signing] });
  try {
    const [pdf] = (await once(worker, 'message', { signal })) as [Uint8Array];
    return Buffer.from(pdf);
  } finally {
    await worker.terminate();
  }
}
