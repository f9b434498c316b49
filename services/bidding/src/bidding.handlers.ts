import { Rulebook } from '@yuzhi/chassis/rulebook';
import { held } from '@yuzhi/database/json';
import { accept, type Decision, follow, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import {
  admitBidder,
  applyWinnersDeposit,
  openAuction,
  placeBid,
  registerBidder,
  wakeAuction,
} from '@yuzhi/protocol/bidding';
import { dealEffective } from '@yuzhi/protocol/contracts';
import type { DataOf, RejectionOf } from '@yuzhi/protocol/declare';
import { Injectable } from '@nestjs/common';
import { AuctionStore } from './auction.store.ts';
import { admit, placeBid as decideBid, register } from './domain/auction.ts';
import { bidderOf } from './domain/bid-rule.ts';
import { applyDeposit, type Lot, openLot, quoted, step } from './domain/lot.ts';
import { freeBounds, type Terms } from './domain/terms.ts';
import { depositOrder, follows, followsQuote } from './follows.ts';

/** Between which seconds a cycle lasts. */
const CYCLE = ['bidding.cycle-min-seconds', 'bidding.cycle-max-seconds'];

type Decided<C extends Parameters<typeof Handle>[0]> = Decision<Lot, RejectionOf<C>>;

@Injectable()
export class BiddingHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(openAuction, AuctionStore)
  open(lot: Lot | undefined, { data }: Sent<typeof openAuction>, now: number): Decided<typeof openAuction> {
    if (lot) return accept(lot, { rulesVersion: lot.auction.terms.rulesVersion });
    const { saleId, seller } = data;
    const { cycleSeconds, ...proposed } = held(data.terms);
    const [least, most] = CYCLE.map((rule) => this.rulebook.int(rule, now)) as [number, number];
    if (cycleSeconds < least || cycleSeconds > most) return refuse('cycle-out-of-bounds');
    const rulesVersion = this.rulebook.text('bidding.rules-version', now);
    const rulebookVersion = this.rulebook.version();
    const cycleMs = cycleSeconds * 1000;
    const unansweredMs = this.rulebook.int('bidding.deposit-answer-seconds', now) * 1000;
    const terms: Terms = { ...proposed, currency: 'CNY', cycleMs, unansweredMs, rulesVersion, rulebookVersion };
    const bounds = freeBounds(terms.startPriceFen, {
      minDepositBps: this.rulebook.bps('bidding.deposit-min-bps', now),
      maxDepositBps: this.rulebook.bps('bidding.deposit-max-bps', now),
    });
    const opened = openLot({ saleId, seller, terms, bounds }, now);
    if ('refusal' in opened) {
      const { refusal } = opened;
      if (refusal === 'start-price-out-of-bounds') throw new Error('a seller is free in his start price');
      return refuse(refusal);
    }
    return follows(accept(opened.lot, { rulesVersion }), opened);
  }

  @Handle(registerBidder, AuctionStore)
  register(
    lot: Lot | undefined,
    { principal: { party }, data }: Sent<typeof registerBidder>,
    now: number,
  ): Decided<typeof registerBidder> {
    if (!lot) return refuse('auction-not-found');
    const { auction, events, refusal } = register(lot.auction, party, data.rulesVersion, now);
    if (refusal) return refuse(refusal);
    const registered = step(lot, { auction }, events);
    const { saleId, terms } = auction;
    const due = { orderId: depositOrder(saleId, party), depositFen: terms.depositFen };
    return follows(accept(registered.lot, due), registered);
  }

  @Handle(admitBidder, AuctionStore)
  admit(lot: Lot | undefined, { data }: Sent<typeof admitBidder>, now: number): Decided<typeof admitBidder> {
    if (!lot) throw new Error(`${data.saleId}: a deposit without its auction`);
    const { auction, events, refusal } = admit(lot.auction, data.party, BigInt(data.heldFen), now);
    if (refusal) return refuse(refusal);
    const { paddle } = bidderOf(auction, data.party)!;
    if (auction === lot.auction) return accept(lot, { paddle });
    const admitted = step(lot, { auction }, events);
    return follows(accept(admitted.lot, { paddle }), admitted);
  }

  @Handle(placeBid, AuctionStore)
  bid(lot: Lot | undefined, { principal, data }: Sent<typeof placeBid>, now: number): Decided<typeof placeBid> {
    if (!lot) return refuse('auction-not-found');
    const { auction, events, bid } = decideBid(lot.auction, principal.party, BigInt(data.amountFen), now);
    const after = quoted(lot, auction, events);
    const { seq, at, amountFen, paddle, nextValidFen, refusal } = bid;
    const { period, cycle, cycleEndsAt } = auction;
    const decision = refusal
      ? refuse(refusal, { nextValidFen }).leaving(after.lot)
      : accept(after.lot, { seq, at, amountFen, paddle, nextValidFen, period, cycle, cycleEndsAt });
    return followsQuote(decision, after, { bid, person: principal.person });
  }

  /** The store has applied what was due before this is asked. */
  @Wakes(wakeAuction, AuctionStore)
  @Handle(wakeAuction, AuctionStore)
  wake(lot: Lot | undefined): Decided<typeof wakeAuction> {
    if (!lot) throw new Error('a deadline without its auction');
    return accept(lot, {});
  }

  @On(dealEffective)
  onEffective({ saleId }: DataOf<typeof dealEffective>) {
    return follow(applyWinnersDeposit, saleId, { saleId });
  }

  @Handle(applyWinnersDeposit, AuctionStore)
  apply(
    lot: Lot | undefined,
    { data }: Sent<typeof applyWinnersDeposit>,
    now: number,
  ): Decided<typeof applyWinnersDeposit> {
    if (!lot) throw new Error(`${data.saleId}: a contract without its auction`);
    const applying = applyDeposit(lot, now);
    return applying ? follows(accept(applying.lot, {}), applying) : accept(lot, {});
  }
}
