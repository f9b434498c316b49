import { keysInMemory, sampleContract, signAll } from '/work/main/services/contracts/src/documents/contract.fixture.ts';
import { renderTransferContract } from '/work/main/services/contracts/dist/documents/contract-template.js';
import { LocalSignatureProvider } from '/work/main/services/contracts/dist/documents/local-signature-provider.js';
import { renderPdf } from '/work/main/services/contracts/dist/documents/pdf.js';
const NOW = Date.now();
const document = renderTransferContract(sampleContract());
const provider = new LocalSignatureProvider(keysInMemory(), async () => NOW);
const records = await signAll(provider, document.contentHash, NOW);
for (let i = 0; i < 12; i++) {
  const c = process.cpuUsage();
  const t = performance.now();
  const b = await renderPdf(document, { notice: provider.notice, records: i % 2 ? records : [] });
  const u = process.cpuUsage(c);
  console.log(i, b.length, Math.round(performance.now() - t), Math.round((u.user + u.system) / 1000));
}
