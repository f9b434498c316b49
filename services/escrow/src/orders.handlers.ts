import { Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, type AnswerTable, follow, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Answers, Handle, On } from '@yuzhi/messaging/handlers';
import { admitBidder, auctionEnded, bidderRegistered } from '@yuzhi/protocol/bidding';
import type { DataOf, InputOf } from '@yuzhi/protocol/declare';
import { applyDeposit, closeDeposits, openDepositOrder, payOrder, returnDeposit } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { BOOK, BookStore } from './book.store.ts';
import type { Order } from './domain/documents.ts';
import type { Book, Draft } from './domain/draft.ts';
import { accountOf, beginCheckout, depositOrderId, nextChargeFen, openOrder } from './domain/payments.ts';
import { giveBack } from './domain/refunds.ts';
import { apply, closeDeposits as close } from './domain/sales.ts';
import { isWebAddress } from './web-address.ts';

const ESCROW = 'service:escrow';
type Asked = InputOf<typeof admitBidder>;

@Injectable()
export class OrderHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @On(bidderRegistered)
  onRegistered({ saleId, party, orderId, depositFen }: DataOf<typeof bidderRegistered>) {
    return follow(openDepositOrder, BOOK, { orderId, saleId, payer: party, amountFen: depositFen });
  }
  @Handle(openDepositOrder, BookStore)
  open(book: Book | undefined, { data, principal }: Sent<typeof openDepositOrder>, now: number) {
    const { orderId: id, saleId, payer } = data;
    const amountFen = BigInt(data.amountFen);
    const draft = book!.draft(now, principal.party);
    const known = draft.book.order(id);
    const differs = id !== depositOrderId(saleId, payer) || (known && known.amountFen !== amountFen);
    if (differs) throw new Error(`order ${id} is not what it was`);
    if (known) return accept(book!, {});
    openOrder(draft, { id, saleId, payer, purpose: 'deposit', amountFen, dueAt: null });
    return book!.after(draft);
  }

  @Handle(payOrder, BookStore)
  pay(book: Book | undefined, { data: { orderId, returnUrl }, principal }: Sent<typeof payOrder>, now: number) {
    const draft = book!.draft(now, principal.party);
    const order = draft.book.order(orderId);
    if (!order) return refuse('order-not-found');
    if (order.payer !== principal.party) return refuse('order-not-yours');
    if (order.state !== 'open') return refuse('order-not-payable');
    if (!isWebAddress(returnUrl)) return refuse('return-address-invalid');
    if (order.checkout) return accept(book!, { orderId, amountFen: order.checkout.amountFen });
    const amountFen = nextChargeFen(order, this.rulebook.fen('escrow.rail-max-charge-fen', now));
    beginCheckout(draft, order, amountFen, returnUrl);
    return book!.after(draft, { orderId, amountFen });
  }

  @On(auctionEnded)
  onEnded({ saleId }: DataOf<typeof auctionEnded>) {
    return follow(closeDeposits, BOOK, { saleId });
  }
  @Handle(closeDeposits, BookStore)
  close(book: Book | undefined, { data: { saleId }, principal }: Sent<typeof closeDeposits>, now: number) {
    const draft = book!.draft(now, principal.party);
    close(draft, saleId);
    return book!.after(draft);
  }

  @Handle(returnDeposit, BookStore)
  giveBack(book: Book | undefined, { data, principal }: Sent<typeof returnDeposit>, now: number) {
    const draft = book!.draft(now, principal.party);
    const order = heldDeposit(draft, data);
    giveBack(draft, order, accountOf(order), null);
    return book!.after(draft, { amountFen: order.paidFen });
  }

  @Handle(applyDeposit, BookStore)
  apply(book: Book | undefined, { data, principal }: Sent<typeof applyDeposit>, now: number) {
    const draft = book!.draft(now, principal.party);
    const order = heldDeposit(draft, data);
    apply(draft, order);
    return book!.after(draft, { amountFen: order.paidFen });
  }

  @Answers(admitBidder, BookStore)
  readonly admitted: AnswerTable<Book, typeof admitBidder> = {
    accepted: admitted,
    refused: { 'admission-closed': notAdmitted },
    failed: stuck,
  };
}

/** Of a deposit that bidding lets go: it asks for none but those that it was told are held. */
function heldDeposit(draft: Draft, { saleId, party }: DataOf<typeof returnDeposit>): Order {
  const order = draft.book.order(depositOrderId(saleId, party));
  if (order?.state !== 'paid') throw new Error(`${saleId}: no deposit of ${party} is held`);
  return order;
}

/** Let in, perhaps after all. */
function admitted(book: Book, _: unknown, now: number, asked: Asked) {
  const draft = book.draft(now, ESCROW);
  const order = draft.book.order(asked.orderId);
  if (order?.state !== 'paid' || order.stuck === null) return accept(book);
  draft.putOrder({ ...order, stuck: null });
  return book.after(draft);
}

/** Whoever is not let in gets his money back by itself. */
function notAdmitted(book: Book, { code }: { code: 'admission-closed' }, now: number, asked: Asked) {
  const draft = book.draft(now, ESCROW);
  const order = draft.book.order(asked.orderId);
  if (order?.state !== 'paid') return accept(book);
  giveBack(draft, order, accountOf(order), code);
  return book.after(draft);
}

/** A mistake of ours: the money stays where it is until somebody has looked. */
function stuck(book: Book, { code }: { code: string }, now: number, asked: Asked) {
  const draft = book.draft(now, ESCROW);
  const order = draft.book.order(asked.orderId);
  if (order?.state !== 'paid') return accept(book);
  draft.putOrder({ ...order, stuck: { reason: code, since: now } });
  return book.after(draft);
}
