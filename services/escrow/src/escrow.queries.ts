import { Answer } from '@yuzhi/chassis/answers';
import { Rulebook } from '@yuzhi/chassis/rulebook';
import { fromJson } from '@yuzhi/database/json';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { getOrder, getPayee, getSaleMoney, listOrders } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { depositOf, escrowOf, payableTo } from './domain/accounts.ts';
import type { Operation, Order, Payee, Sale } from './domain/documents.ts';
import { onboardingId } from './domain/payees.ts';
import { nextChargeFen } from './domain/payments.ts';
import { isRegistered } from './domain/sales.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { PaymentRail } from './payment-rail.ts';

const seesAll = (asker?: Principal) => asker?.roles.some((role) => role === 'desk' || role === 'ops') ?? false;

@Injectable()
export class EscrowQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly rail: PaymentRail,
    private readonly rulebook: Rulebook,
    private readonly clock: PlatformClock,
  ) {}

  @Answer(getOrder)
  async order({ orderId }: ParamsOf<typeof getOrder>, asker?: Principal) {
    const row = await this.prisma.paymentOrder.findUnique({ where: { id: orderId } });
    if (!row || (row.payer !== asker?.party && !seesAll(asker))) return undefined;
    return this.#view(fromJson<Order>(row.state), await this.#maxFen());
  }

  /** Newest first; the cursor is the last row's instant and id. */
  @Answer(listOrders)
  async orders({ after, limit, saleId }: ParamsOf<typeof listOrders>, asker?: Principal) {
    const [ms, id] = after?.split('_') ?? [];
    const openedAt = new Date(Number(ms));
    const cursor = id ? { OR: [{ openedAt: { lt: openedAt } }, { openedAt, id: { lt: id } }] } : {};
    const own = seesAll(asker) ? {} : { payer: asker?.party ?? '' };
    const rows = await this.prisma.paymentOrder.findMany({
      where: { AND: [own, saleId ? { saleId } : {}, cursor] },
      orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const maxFen = await this.#maxFen();
    return {
      items: items.map(({ state }) => this.#view(fromJson<Order>(state), maxFen)),
      next: rows.length > limit && last ? `${last.openedAt.getTime()}_${last.id}` : null,
    };
  }

  @Answer(getPayee)
  async payee(_: ParamsOf<typeof getPayee>, asker?: Principal) {
    const row = await this.prisma.payee.findUnique({ where: { party: asker?.party ?? '' } });
    if (!row) return undefined;
    const payee = fromJson<Payee>(row.state);
    const { party, state, onboardingUrl } = payee;
    const asked = await this.prisma.railOperation.findUnique({ where: { id: onboardingId(payee) } });
    const reason = asked && state !== 'ready' ? fromJson<Operation>(asked.state).reason : null;
    return { party, state, onboardingUrl, reason, rail: this.#rail };
  }

  @Answer(getSaleMoney)
  async money({ saleId }: ParamsOf<typeof getSaleMoney>, asker?: Principal) {
    const row = await this.prisma.sale.findUnique({ where: { saleId } });
    if (!row) return undefined;
    const sale = fromJson<Sale>(row.state);
    const party = asker?.party ?? '';
    const all = seesAll(asker);
    const isParty = all || party === sale.buyer || party === sale.seller;
    const own = [depositOf(saleId, party), payableTo(party), ...(isParty ? [escrowOf(saleId)] : [])];
    const entries = await this.#entries(saleId, all ? undefined : own);
    if (!isParty && !entries.length && !(await this.#hasOrder(saleId, party))) return undefined;
    const escrow = isParty ? await this.prisma.account.findUnique({ where: { code: escrowOf(saleId) } }) : null;
    return {
      saleId,
      priceFen: isParty ? sale.priceFen : null,
      escrowFen: -(escrow?.postedFen ?? 0n),
      state: stateOf(sale),
      overdue: isParty ? sale.overdue : null,
      ...incomeOf(sale, all ? sale.seller : party),
      entries,
    };
  }
  async #hasOrder(saleId: string, payer: string): Promise<boolean> {
    return (await this.prisma.paymentOrder.count({ where: { saleId, payer } })) > 0;
  }
  async #entries(saleId: string, accounts: string[] | undefined) {
    const journals = await this.prisma.journal.findMany({ where: { saleId } });
    const journalOf = new Map(journals.map((journal) => [journal.id, journal]));
    const rows = await this.prisma.entry.findMany({
      where: { journalId: { in: [...journalOf.keys()] }, ...(accounts && { account: { in: accounts } }) },
    });
    const shown = rows.map(({ journalId, account, amountFen, balanceAfter, line }) => {
      const { bookedAt, kind } = journalOf.get(journalId)!;
      return { at: bookedAt.getTime(), kind, account, amountFen, balanceFen: balanceAfter, journalId, line };
    });
    shown.sort((a, b) => a.at - b.at || (a.journalId < b.journalId ? -1 : 1) || a.line - b.line);
    return shown.map(({ journalId: _, line: __, ...entry }) => entry);
  }

  get #rail() {
    return { name: this.rail.name, demo: this.rail.isDemo };
  }
  async #maxFen(): Promise<bigint> {
    return this.rulebook.fen('escrow.rail-max-charge-fen', await this.clock.now());
  }
  #view(order: Order, maxFen: bigint) {
    const { id: orderId, saleId, payer, purpose, amountFen, paidFen, state, dueAt, stuck, checkout } = order;
    const shown = { orderId, saleId, payer, purpose, amountFen, paidFen, state, dueAt, stuck };
    const next = { checkoutUrl: checkout?.url ?? null, nextChargeFen: nextChargeFen(order, maxFen) };
    return { ...shown, ...next, rail: this.#rail };
  }
}

/** The seller owes its inventors their parts. */
function incomeOf({ seller, split, payouts }: Sale, asker: string | null) {
  const isWhole = asker === seller;
  return {
    split: isWhole && split ? { ...split, inventors: [...split.inventors] } : null,
    payouts: payouts.filter(({ party }) => isWhole || party === asker).map(({ part: _, ...payout }) => payout),
  };
}

function stateOf(sale: Sale) {
  const { priceFen, fundedAt, releasedAt, settledAt } = sale;
  if (settledAt !== null) return 'settled' as const;
  if (releasedAt !== null) return 'released' as const;
  if (priceFen === null) return 'deposits' as const;
  if (fundedAt === null) return 'expected' as const;
  return isRegistered(sale) ? ('registered' as const) : ('funded' as const);
}
