import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';
import type { Told } from './pdf-worker.ts';

const WORKER = new URL(`./pdf-worker${extname(import.meta.url)}`, import.meta.url);
/** How long the thread waits for another document, ms: one that has printed needs a third of what a new one does. */
const IDLE_MS = 10_000;

let printing: Promise<unknown> = Promise.resolve();
let thread: Worker | undefined;
let ending: NodeJS.Timeout | undefined;

/**
 * `renderPdf` in a thread of its own, one document after the other: half a second of layout must not stand in the way
 * of whatever else this process answers. The thread ends when nothing is left to print, and with it 20 MB of fonts.
 */
export function printPdf(document: ContractDocument, signing: Signing, signal?: AbortSignal): Promise<Buffer> {
  const printed = printing.then(() => print(document, signing, signal));
  printing = printed.catch(() => {});
  return printed;
}

async function print(document: ContractDocument, signing: Signing, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  clearTimeout(ending);
  const worker = (thread ??= new Worker(WORKER).on('error', () => {}));
  worker.ref();
  worker.postMessage([document, signing] satisfies Told);
  try {
    const [pdf] = (await once(worker, 'message', { signal })) as [Uint8Array];
    worker.unref();
    ending = setTimeout(end, IDLE_MS).unref();
    return Buffer.from(pdf);
  } catch (error) {
    // It has ended, or is at a document that nobody waits for any more.
    end();
    throw error;
  }
}

/** It ends by itself when it is through with what it prints: a thread that is cut off may take the process along. */
function end(): void {
  thread?.postMessage('end' satisfies Told);
  thread = undefined;
}
