import { Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, follow, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import type { DataOf } from '@yuzhi/protocol/declare';
import { expectPrice, noteRegistration, releaseSale, wakeBook } from '@yuzhi/protocol/escrow';
import { filingRegistered } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { BOOK, BookStore } from './book.store.ts';
import type { Order } from './domain/documents.ts';
import type { Book } from './domain/draft.ts';
import { priceOrderId } from './domain/payments.ts';
import { release, type ReleaseRules } from './domain/release.ts';
import { expect, isRegistered, overdue, register } from './domain/sales.ts';
import type { Split } from './domain/shares.ts';

@Injectable()
export class SaleHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(expectPrice, BookStore)
  expect(book: Book | undefined, { data, principal }: Sent<typeof expectPrice>, now: number) {
    const { saleId, buyer, seller, dueAt } = data;
    const draft = book!.draft(now, principal.party);
    const known = draft.book.sale(saleId);
    if (known && known.priceFen !== null) return accept(book!, due(draft.book.order(priceOrderId(saleId, buyer))));
    const [priceFen, depositFen] = [BigInt(data.priceFen), BigInt(data.depositFen)];
    return book!.after(draft, due(expect(draft, { saleId, buyer, seller, priceFen, depositFen, dueAt })));
  }

  @On(filingRegistered)
  onRegistered({ saleId, registeredOn, owner }: DataOf<typeof filingRegistered>) {
    return follow(noteRegistration, BOOK, { saleId, registeredOn, owner });
  }
  @Handle(noteRegistration, BookStore)
  registered(book: Book | undefined, { data, principal }: Sent<typeof noteRegistration>, now: number) {
    const draft = book!.draft(now, principal.party);
    register(draft, data.saleId, { on: data.registeredOn, owner: data.owner });
    return book!.after(draft);
  }

  @Handle(releaseSale, BookStore)
  release(book: Book | undefined, { data, principal }: Sent<typeof releaseSale>, now: number) {
    const draft = book!.draft(now, principal.party);
    const sale = draft.book.sale(data.saleId);
    if (!sale || sale.fundedAt === null) throw new Error(`${data.saleId}: released before its price is in escrow`);
    if (!isRegistered(sale)) throw new Error(`${data.saleId}: released before it is registered to its buyer`);
    if (sale.split) return accept(book!, sumsOf(sale.split));
    const inventors = data.inventors.map(({ party, weight }) => ({ party, weight: BigInt(weight) }));
    const { inventorBps, netDeducts, payMonths } = data;
    const claims = { inventors, inventorBps, netDeducts, payMonths, costsFen: BigInt(data.costsFen) };
    return book!.after(draft, sumsOf(release(draft, sale, claims, this.#rules(now))));
  }
  #rules(now: number): ReleaseRules {
    const { rulebook } = this;
    return {
      feeBps: rulebook.bps('escrow.fee-bps', now),
      feeMinFen: rulebook.fen('escrow.fee-min-fen', now),
      feeMaxFen: rulebook.fen('escrow.fee-max-fen', now),
      inventorFloorBps: rulebook.bps('escrow.inventor-floor-bps', now),
      railMaxFen: rulebook.fen('escrow.rail-max-charge-fen', now),
      rulebookVersion: rulebook.version(),
    };
  }

  @Wakes(wakeBook, BookStore)
  @Handle(wakeBook, BookStore)
  wake(book: Book | undefined, { principal }: Sent<typeof wakeBook>, now: number) {
    const draft = book!.draft(now, principal.party);
    if (!draft.book.salesDue(now).length) return accept(book!, {});
    overdue(draft);
    return book!.after(draft);
  }
}

/** What the deposit does not cover. */
const due = (order: Order | null | undefined) => ({ orderId: order?.id ?? null, amountFen: order?.amountFen ?? 0n });
const sumsOf = ({ feeFen, netFen, sellerFen, inventors }: Split) => ({
  ...{ feeFen, netFen, sellerFen },
  inventorsFen: inventors.reduce((sum, { amountFen }) => sum + amountFen, 0n),
});
