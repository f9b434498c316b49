import { it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { renderTransferContract } from './contract-template.ts';
import { sampleContract, keysInMemory, signAll } from './contract.fixture.ts';
import { printPdf } from './print-pdf.ts';
import { renderPdf } from './pdf.ts';
it('renders', async () => {
  const doc = renderTransferContract(sampleContract());
  let t = performance.now();
  const a = await printPdf(doc, { notice: null, records: [] });
  console.log(performance.now() - t); t = performance.now();
  const b = await printPdf(doc, { notice: null, records: [] });
  console.log(performance.now() - t); t = performance.now();
  console.log(a.equals(b), a.equals(await renderPdf(doc, { notice: null, records: [] })));
  await printPdf({...doc, number: '\u{1F600}'}, { notice: null, records: [] }).catch(e => console.log(e instanceof RangeError, e.name, e.message));
  doc.blocks[0]!.zh = '\u{1F600}';
  await printPdf(doc, { notice: null, records: [] }).catch(e => console.log(e instanceof RangeError, e.name, e.message));
});
