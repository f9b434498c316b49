import type { getAuction, getRegistration, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import type { getDeal, signContract } from '@yuzhi/protocol/contracts';
import type { AnswerOf } from '@yuzhi/protocol/declare';
import type { approveListing, draftListing, getListing, submitListing } from '@yuzhi/protocol/listings';
import type { getFiling, getPatent, importPatent } from '@yuzhi/protocol/register';
import { Days, now } from './calendar.ts';
import { ask, given, insist, type SendOptions, until } from './gate.ts';
import type { Actor, Deal as Planned } from '../load/given.ts';
import { payOrder } from './paying.ts';

const DAY_MS = 86_400_000;
const CYCLE_S = 300;
/** In fen. */
const TERMS = { startPriceFen: '20000000', reserveFen: '22000000', incrementFen: '500000', depositFen: '2000000' };
/** Days of the platform's clock after which the office must have registered a transfer. */
const OFFICE_DAYS = 60;

type Sight = AnswerOf<typeof getDeal>;

/**
 * One whole deal, from the import of its patent to the last payment, as its two firms and the desk do it.
 * k6's engine knows no private fields of JavaScript that are functions: these are private by their types.
 */
export class Deal {
  private readonly seller: Actor;
  private readonly buyer: Actor;
  private readonly desk = given.actors[given.desk]!;
  private readonly days: Days;
  private saleId = '';

  constructor(
    name: string,
    private readonly plan: Planned,
  ) {
    this.seller = given.actors[plan.seller]!;
    this.buyer = given.actors[plan.buyer]!;
    this.days = new Days(name);
  }

  run(first: SendOptions): void {
    try {
      const { freeStartsAt, freeEndsAt } = this.list(first);
      this.enter();
      this.days.waitUntil(freeStartsAt + 1000);
      this.win(freeEndsAt);
      this.sign();
      this.pay();
      this.register();
      until('the last payment', () => this.deal()?.state === 'closed');
    } finally {
      this.days.over();
    }
  }

  private list(first: SendOptions): { freeStartsAt: number; freeEndsAt: number } {
    const { patentNumber } = this.plan;
    this.days.actAtOnce();
    insist<typeof importPatent>('register.patent.import.v1', { patentNumber }, this.seller, first);
    until('the mirror', () => {
      const patent = ask<typeof getPatent>('register.patent.get.v1', { patentNumber });
      return patent?.state === 'mirrored';
    });
    const start = now();
    const days = { freeStartsAt: start + 2 * DAY_MS, freeEndsAt: start + 8 * DAY_MS };
    const terms = { ...TERMS, ...days, admissionEndsAt: start + 4 * DAY_MS, cycleSeconds: CYCLE_S };
    const offer = {
      patentNumber,
      description: { zh: '整体转让，附技术资料。', en: 'Outright transfer with documents.' },
      reward: { inventors: [], noneBecause: '发明人已另行结清奖酬', shareBps: 0, costs: [] },
      terms,
    };
    const drafted = insist<typeof draftListing>('listings.listing.draft.v1', offer, this.seller);
    this.saleId = drafted.saleId;
    const saleId = this.saleId;
    this.days.actBefore(days.freeStartsAt);
    insist<typeof submitListing>('listings.listing.submit.v1', { saleId }, this.seller);
    insist<typeof approveListing>('listings.listing.approve.v1', { saleId }, this.desk);
    this.untilListed('announced');
    return days;
  }
  private untilListed(status: string): AnswerOf<typeof getListing> {
    const saleId = this.saleId;
    return until(`a listing ${status}`, () => {
      const listing = ask<typeof getListing>('listings.listing.get.v1', { saleId }, this.seller);
      if (listing?.status === 'returned') throw new Error(`the listing came back: ${listing.returnReason}`);
      return listing?.status === status ? listing : undefined;
    });
  }

  private auction(): AnswerOf<typeof getAuction> {
    return until('the bidding', () => ask<typeof getAuction>('bidding.auction.get.v1', { saleId: this.saleId }));
  }

  /** The buyer registers and pays his deposit. */
  private enter(): void {
    const saleId = this.saleId;
    const { rulesVersion } = this.auction().terms;
    const input = { saleId, rulesVersion };
    const registered = insist<typeof registerBidder>('bidding.auction.register-bidder.v1', input, this.buyer);
    payOrder(registered.orderId, this.buyer);
    until('the admission', () => {
      const mine = ask<typeof getRegistration>('bidding.auction.registration.v1', { saleId }, this.buyer);
      return mine?.paddle != null;
    });
  }

  /** One quote at the reserve, and a cycle in which nobody raises it; then the notice of the result. */
  private win(freeEndsAt: number): void {
    const saleId = this.saleId;
    this.days.actBefore(freeEndsAt);
    until('the free period', () => this.auction().period === 'free');
    const input = { saleId, amountFen: TERMS.reserveFen };
    insist<typeof placeBid>('bidding.auction.place-bid.v1', input, this.buyer);
    this.days.waitUntil(freeEndsAt + CYCLE_S * 1000 + 1000);
    until('the end', () => this.auction().period === 'ended');
    const { noticeUntil } = this.untilListed('result-notice');
    this.days.waitUntil(noticeUntil! + 1000);
  }

  private deal(): Sight | undefined {
    const deal = ask<typeof getDeal>('contracts.deal.get.v1', { saleId: this.saleId }, this.seller);
    if (deal?.stuck) throw new Error(`the deal is stuck: ${deal.stuck.en}`);
    return deal;
  }
  private untilDeal(what: string, reached: (deal: Sight) => boolean): Sight {
    return until(`a deal ${what}`, () => {
      const deal = this.deal();
      return deal && reached(deal) ? deal : undefined;
    });
  }

  private sign(): void {
    const saleId = this.saleId;
    const { contract } = this.untilDeal('to sign', ({ state }) => state === 'signing');
    this.days.actBefore(contract!.signBy);
    const input = { saleId, contentHash: contract!.contentHash, consent: true as const };
    for (const side of [this.seller, this.buyer]) {
      insist<typeof signContract>('contracts.deal.sign.v1', input, side);
    }
  }

  private pay(): void {
    this.days.actAtOnce();
    const deal = this.untilDeal('to pay', ({ state, orderId }) => state === 'paying' && orderId !== null);
    this.days.actBefore(deal.deadlineAt!);
    payOrder(deal.orderId!, this.buyer);
    this.days.actAtOnce();
    // The clock may have gone on by days since the payment came: the office may be through with it already.
    this.untilDeal('beyond its payment', ({ state }) => state !== 'paying');
  }

  /** The office takes its days. */
  private register(): void {
    for (let day = 0; day < OFFICE_DAYS; day++) {
      const filing = ask<typeof getFiling>('register.filing.get.v1', { saleId: this.saleId }, this.buyer);
      if (filing?.state === 'registered') return;
      this.days.waitUntil(now() + DAY_MS);
    }
    throw new Error('the office does not register the transfer');
  }
}
