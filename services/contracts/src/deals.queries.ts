import { Answer, Receive, type Received, Serve } from '@yuzhi/chassis/answers';
import { fromJson } from '@yuzhi/database/json';
import { refuse } from '@yuzhi/messaging/decision';
import { contractPdf, getDeal, listDeals, verifyContract } from '@yuzhi/protocol/contracts';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { Inject, Injectable } from '@nestjs/common';
import { ContractFiles } from './contract-files.ts';
import { dealView } from './deal-view.ts';
import { sha256 } from './documents/canonical-json.ts';
import { SIGNATURES, type SignatureProvider } from './documents/signature-provider.ts';
import { type Deal, sideOf } from './domain/deal.ts';
import { PrismaClient } from './generated/prisma/client.ts';

const PDF = Buffer.from('%PDF-');
const isDesk = (asker?: Principal) => asker?.roles.includes('desk') ?? false;

@Injectable()
export class DealQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly files: ContractFiles,
    @Inject(SIGNATURES) private readonly provider: SignatureProvider,
  ) {}

  @Answer(getDeal)
  async get({ saleId }: ParamsOf<typeof getDeal>, asker?: Principal) {
    const deal = await this.#visible(saleId, asker);
    return deal && dealView(deal, this.provider.notice);
  }

  /** Newest first; the cursor is the last deal's instant and id. */
  @Answer(listDeals)
  async list({ after, limit, stuck }: ParamsOf<typeof listDeals>, asker?: Principal) {
    const { party } = asker!;
    const [at, saleId] = after?.split('_') ?? [];
    const since = new Date(Number(at));
    const rows = await this.prisma.deal.findMany({
      where: {
        AND: [
          isDesk(asker) ? {} : { OR: [{ seller: party }, { buyer: party }] },
          stuck ? { stuck: stuck === 'true' } : {},
          saleId ? { OR: [{ openedAt: { lt: since } }, { openedAt: since, saleId: { lt: saleId } }] } : {},
        ],
      },
      orderBy: [{ openedAt: 'desc' }, { saleId: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ document }) => dealView(fromJson<Deal>(document), this.provider.notice)),
      next: rows.length > limit && last ? `${last.openedAt.getTime()}_${last.saleId}` : null,
    };
  }

  @Serve(contractPdf)
  async pdf({ saleId }: ParamsOf<typeof contractPdf>, asker?: Principal) {
    const deal = await this.#visible(saleId, asker);
    if (!deal?.contract) return undefined;
    const name = deal.sealedHash ?? deal.contract.fileHash;
    return { bytes: await this.files.read(name), sha256: name, fileName: `专利权转让合同-${saleId.slice(-8)}.pdf` };
  }

  /** Nothing of the file is unpacked: its octets are read where the seal says, and hashed. */
  @Receive(verifyContract)
  async verify({ body }: Received<typeof verifyContract>) {
    if (!body.subarray(0, PDF.length).equals(PDF)) return refuse('not-a-pdf');
    const { valid, reason, signedBy, at } = await this.provider.verifySeal(body);
    const sale = valid ? await this.prisma.deal.findFirst({ where: { sealedHash: sha256(body) } }) : null;
    return {
      valid,
      reason: reason ?? null,
      signedBy,
      sealedAt: at,
      saleId: sale?.saleId ?? null,
      notice: valid ? this.provider.notice : null,
    };
  }

  async #visible(saleId: string, asker?: Principal): Promise<Deal | undefined> {
    const row = await this.prisma.deal.findUnique({ where: { saleId } });
    const mayRead = row && (isDesk(asker) || sideOf(row, asker!.party));
    return mayRead ? fromJson<Deal>(row.document) : undefined;
  }
}
