import { Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, follow, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import type { DataOf } from '@yuzhi/protocol/declare';
import { expectPrice, noteRegistration, releaseSale, wakeBook } from '@yuzhi/protocol/escrow';
import { filingRegistered } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { BOOK, BookStore } from './book.store.ts';
import { type Book } from './domain/draft.ts';
import { saleOf } from './domain/payments.ts';
import { refusalOf, release, type ReleaseRules } from './domain/release.ts';
import { expect, overdue } from './domain/sales.ts';

@Injectable()
export class SaleHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(expectPrice, BookStore)
  expect(book: Book | undefined, { data, principal }: Sent<typeof expectPrice>, now: number) {
    const { saleId, buyer, seller, dueAt } = data;
    const draft = book!.draft(now, principal.party);
    const known = draft.book.sale(saleId);
    if (known && known.priceFen !== null) return refuse('sale-exists');
    const [priceFen, depositFen] = [BigInt(data.priceFen), BigInt(data.depositFen)];
    const order = expect(draft, { saleId, buyer, seller, priceFen, depositFen, dueAt });
    return book!.after(draft, { orderId: order?.id ?? null, amountFen: order?.amountFen ?? 0n });
  }

  @On(filingRegistered)
  onRegistered({ saleId, registeredOn, owner }: DataOf<typeof filingRegistered>) {
    return follow(noteRegistration, BOOK, { saleId, registeredOn, owner });
  }
  @Handle(noteRegistration, BookStore)
  registered(book: Book | undefined, { data, principal }: Sent<typeof noteRegistration>, now: number) {
    const { saleId, registeredOn: on, owner } = data;
    const draft = book!.draft(now, principal.party);
    draft.putSale({ ...saleOf(draft, saleId), registration: { on, owner } });
    return book!.after(draft);
  }

  @Handle(releaseSale, BookStore)
  release(book: Book | undefined, { data, principal }: Sent<typeof releaseSale>, now: number) {
    const draft = book!.draft(now, principal.party);
    const sale = draft.book.sale(data.saleId);
    const refusal = refusalOf(sale);
    if (refusal) return refuse(refusal);
    const inventors = data.inventors.map(({ party, weight }) => ({ party, weight: BigInt(weight) }));
    const claims = { inventors, inventorBps: data.inventorBps, costsFen: BigInt(data.costsFen) };
    const split = release(draft, sale!, claims, this.#rules(now));
    if (typeof split === 'string') return refuse(split);
    const { feeFen, netFen, sellerFen } = split;
    const inventorsFen = split.inventors.reduce((sum, { amountFen }) => sum + amountFen, 0n);
    return book!.after(draft, { feeFen, netFen, inventorsFen, sellerFen });
  }
  #rules(now: number): ReleaseRules {
    const { rulebook } = this;
    return {
      feeBps: rulebook.bps('escrow.fee-bps', now),
      feeMinFen: rulebook.fen('escrow.fee-min-fen', now),
      feeMaxFen: rulebook.fen('escrow.fee-max-fen', now),
      inventorFloorBps: rulebook.bps('escrow.inventor-floor-bps', now),
      railMaxFen: rulebook.fen('escrow.rail-max-charge-fen', now),
      payMonths: rulebook.int('escrow.inventor-pay-months', now),
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
