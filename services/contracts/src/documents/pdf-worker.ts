import { parentPort } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';
import { renderPdf } from './pdf.ts';

// What cannot be rendered ends the thread, which is how its caller hears of it.
parentPort!.on('message', ([document, signing]: [ContractDocument, Signing]) => {
  void renderPdf(document, signing).then((pdf) => parentPort!.postMessage(pdf));
});
