import { Answer } from '@yuzhi/chassis/answers';
import { Denied } from '@yuzhi/chassis/problem';
import { fromJson } from '@yuzhi/database/json';
import type { ParamsOf } from '@yuzhi/protocol/declare';
import { getReconciliation, getTrialBalance, listOperations } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { RAIL } from './domain/accounts.ts';
import type { Operation } from './domain/documents.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { PaymentRail } from './payment-rail.ts';

interface ClassTotal {
  class: string;
  accounts: number;
  postedFen: bigint;
  heldFen: bigint;
}

/** The book as a whole, for those who answer for it. */
@Injectable()
export class LedgerQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly rail: PaymentRail,
  ) {}

  /** Proves every law of the book over all of it; what is broken is named. */
  @Answer(getTrialBalance)
  async trialBalance() {
    const [accounts, violations, journals] = await Promise.all([
      this.prisma.$queryRaw<ClassTotal[]>`
        select split_part(code, ':', 1) as class, count(*)::int as accounts,
          sum(posted_fen)::bigint as "postedFen", sum(held_fen)::bigint as "heldFen"
        from account group by 1 order by 1`,
      this.prisma.$queryRaw<{ invariant: string; subject: string }[]>`
        select invariant, subject from ledger_violation order by 1, 2 limit 1000`,
      this.prisma.journal.count(),
    ]);
    const sumFen = accounts.reduce((sum, { postedFen }) => sum + postedFen, 0n);
    return { sumFen, accounts, journals, violations };
  }

  /**
   * Between an operation of the rail and its entry the two differ by it: they agree when none is open. A payee's
   * account may open for weeks, and moves no money.
   */
  @Answer(getReconciliation)
  async reconciliation() {
    const [account, operationsOpen, railFen] = await Promise.all([
      this.prisma.account.findUnique({ where: { code: RAIL } }),
      this.prisma.railOperation.count({
        where: { status: { in: ['intended', 'sent', 'blocked'] }, kind: { not: 'payee' } },
      }),
      this.rail.balanceFen().catch(() => {
        throw new Denied('owner-unavailable');
      }),
    ]);
    const bookFen = account?.postedFen ?? 0n;
    return { bookFen, railFen, differenceFen: bookFen - railFen, operationsOpen, at: Date.now() };
  }

  /** Newest first; the cursor is the last row's instant and id. */
  @Answer(listOperations)
  async operations({ after, limit, state }: ParamsOf<typeof listOperations>) {
    const cut = after?.indexOf('_') ?? -1;
    const id = after?.slice(cut + 1);
    const madeAt = new Date(Number(after?.slice(0, cut)));
    const cursor = cut > 0 ? { OR: [{ madeAt: { lt: madeAt } }, { madeAt, id: { lt: id! } }] } : {};
    const rows = await this.prisma.railOperation.findMany({
      where: { AND: [state ? { status: state } : {}, cursor] },
      orderBy: [{ madeAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ state: document }) => {
        const { id: operationId, ...operation } = fromJson<Operation>(document);
        const { kind, saleId, party, amountFen, attempt, railId, reason } = operation;
        return { operationId, kind, saleId, party, amountFen, attempt, state: operation.state, railId, reason };
      }),
      next: rows.length > limit && last ? `${last.madeAt.getTime()}_${last.id}` : null,
    };
  }
}
