import { parentPort } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';
import { renderPdf } from './pdf.ts';

/** What a thread is told: what to print, or that nothing comes any more. */
export type Told = [ContractDocument, Signing] | 'end';

// What cannot be rendered ends the thread, which is how its caller hears of it.
parentPort!.on('message', (told: Told) => {
  if (told === 'end') parentPort!.close();
  else void renderPdf(...told).then((pdf) => parentPort!.postMessage(pdf));
});
