import { Answer } from '@yuzhi/chassis/answers';
import { fromJson } from '@yuzhi/database/json';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { getFiling, getPatent, listPatents } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { type Filing, filingProcess } from './domain/filing.ts';
import type { Patent } from './domain/patent.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { PatentOffice } from './patent-office.ts';

@Injectable()
export class RegisterQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly office: PatentOffice,
  ) {}

  @Answer(getPatent)
  async patent({ patentNumber }: ParamsOf<typeof getPatent>) {
    const row = await this.prisma.patent.findUnique({ where: { patentNumber } });
    return row ? fromJson<Patent>(row.document) : undefined;
  }

  /** Newest in the mirror first. */
  @Answer(listPatents)
  async patents({ after, limit, q, owner }: ParamsOf<typeof listPatents>) {
    const [at, number] = after?.split('_') ?? [];
    const since = new Date(Number(at));
    const cursor = number
      ? { OR: [{ requestedAt: { lt: since } }, { requestedAt: since, patentNumber: { lt: number } }] }
      : {};
    const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const rows = await this.prisma.patent.findMany({
      where: {
        AND: [
          { state: 'mirrored' },
          owner ? { owners: { array_contains: owner } } : {},
          ...words.map((word) => ({ words: { contains: word } })),
          cursor,
        ],
      },
      orderBy: [{ requestedAt: 'desc' }, { patentNumber: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ document }) => fromJson<Patent>(document)),
      next: rows.length > limit && last ? `${last.requestedAt.getTime()}_${last.patentNumber}` : null,
    };
  }

  @Answer(getFiling)
  async filing({ saleId }: ParamsOf<typeof getFiling>, asker?: Principal) {
    const row = await this.prisma.filing.findUnique({ where: { saleId } });
    if (!row) return undefined;
    const filing = fromJson<Filing>(row.document);
    const mayRead = [filing.from, filing.to].includes(asker!.party) || asker!.roles.includes('desk');
    const overdueSince = filing.overdue && !filingProcess.isFinal(filing.state) ? filing.dueAt : null;
    return mayRead ? { ...filing, overdueSince, demo: this.office.demo } : undefined;
  }
}
