import { HeldTables } from '@yuzhi/chassis/parts';
import { READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Call, Errand, Pending } from '@yuzhi/messaging/errands';
import { recordDocument } from '@yuzhi/protocol/contracts';
import { organisations, people } from '@yuzhi/protocol/identity';
import { Inject, Injectable } from '@nestjs/common';
import { ContractFiles } from './contract-files.ts';
import { documentsWaitingFor, readDeal } from './deals.store.ts';
import { renderTransferContract } from './documents/contract-template.ts';
import { printPdf } from './documents/print-pdf.ts';
import { SIGNATURES, type SignatureProvider } from './documents/signature-provider.ts';
import { contractInput } from './domain/contract-input.ts';

/** Draws up the contract of a confirmed deal. Its content is kept beside the file: the sealed file is made of it. */
@Injectable()
export class DraftContract implements Errand<string> {
  readonly name = 'draft-contract';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(SIGNATURES) private readonly provider: SignatureProvider,
    private readonly files: ContractFiles,
    private readonly tables: HeldTables,
  ) {}

  pending(limit: number): Promise<Pending<string>[]> {
    return documentsWaitingFor(this.reader, 'draft', limit);
  }

  async run(saleId: string, { signal }: Call): Promise<Follow> {
    const deal = await readDeal(this.reader, saleId);
    const input = contractInput(deal, {
      organisation: (uscc) => this.tables.of(organisations).get(uscc),
      person: (id) => this.tables.of(people).get(id),
    });
    const document = renderTransferContract(input);
    const pdf = await printPdf(document, { notice: this.provider.notice, records: [] }, signal);
    const contentHash = await this.files.keep('application/json', Buffer.from(document.content));
    const fileHash = await this.files.keep('application/pdf', pdf);
    return follow(recordDocument, saleId, { saleId, contentHash, fileHash, templateVersion: input.template.version });
  }
}
