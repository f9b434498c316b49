import { parentPort, workerData } from 'node:worker_threads';
import type { ContractDocument } from './contract-document.ts';
import type { Signing } from './pdf-layout.ts';
import { renderPdf } from './pdf.ts';

const [document, signing] = workerData as [ContractDocument, Signing];
parentPort!.postMessage(await renderPdf(document, signing));
