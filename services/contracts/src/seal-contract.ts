import { READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Call, Errand, Pending } from '@yuzhi/messaging/errands';
import { recordSeal } from '@yuzhi/protocol/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { ContractFiles } from './contract-files.ts';
import { documentsWaitingFor, readDeal } from './deals.store.ts';
import { renderTransferContract } from './documents/contract-template.ts';
import { printPdf } from './documents/print-pdf.ts';
import { SIGNATURES, type SignatureProvider, type SignatureRecord } from './documents/signature-provider.ts';
import type { TransferContractInput } from './domain/transfer-contract.ts';
import { type Deal, type Side, SIDES } from './domain/deal.ts';

/** Makes the one file that all have signed: the content again, with the signatures in it, under the platform's seal. */
@Injectable()
export class SealContract implements Errand<string> {
  readonly name = 'seal-contract';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(SIGNATURES) private readonly provider: SignatureProvider,
    private readonly files: ContractFiles,
  ) {}

  pending(limit: number): Promise<Pending<string>[]> {
    return documentsWaitingFor(this.reader, 'seal', limit);
  }

  async run(saleId: string, { signal }: Call): Promise<Follow> {
    const deal = await readDeal(this.reader, saleId);
    const { contentHash } = deal.contract!;
    const content = JSON.parse((await this.files.read(contentHash)).toString()) as { contract: TransferContractInput };
    const document = renderTransferContract(content.contract);
    if (document.contentHash !== contentHash) throw new Error(`${saleId}: the template is not the one that was signed`);
    const records = SIDES.map((side) => recordOf(deal, side));
    const pdf = await printPdf(document, { notice: this.provider.notice, records }, signal);
    const reason = `合同 ${document.number} 各方均已签署 All parties have signed`;
    const sealed = await this.provider.seal(pdf, { reason, documentHash: contentHash, records });
    const verdict = await this.provider.verifySeal(sealed);
    if (!verdict.valid) throw new Error(`${saleId}: the seal does not verify: ${verdict.reason}`);
    const fileHash = await this.files.keep('application/pdf', Buffer.from(sealed));
    return follow(recordSeal, saleId, { saleId, fileHash });
  }
}

function recordOf(deal: Deal, side: Side): SignatureRecord {
  const { will, signature } = deal.signing[side]!;
  const { certificatePem, signature: made, algorithm, at, signerName, partyName } = signature!;
  return {
    documentHash: deal.contract!.contentHash,
    signer: { personId: will.person, personName: signerName, partyId: deal[side], partyName },
    consent: { at: will.at, method: 'signed-in', evidence: will.evidence },
    at,
    certificatePem,
    signature: made,
    algorithm,
  };
}
