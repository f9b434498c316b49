import { fen, toDigits } from '@yuzhi/money/fen';
import { getAuction, getRegistration, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import { contractPdf, getDeal, signContract } from '@yuzhi/protocol/contracts';
import type { AnswerOf, InputOf } from '@yuzhi/protocol/declare';
import { getOrder, getPayee, getSaleMoney, onboardPayee, payOrder } from '@yuzhi/protocol/escrow';
import { approveListing, draftListing, getListing, submitListing } from '@yuzhi/protocol/listings';
import { getPatent, importPatent } from '@yuzhi/protocol/register';
import type { Client } from '@yuzhi/protocol/client';
import { eventually } from './eventually.ts';
import type { Firm, Person, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Terms = InputOf<typeof draftListing>['terms'];
/** The bidding terms of the story, amounts in yuan. */
export const TERMS = { start: '200000', reserve: '220000', increment: '5000', deposit: '20000', costs: '8000' };
export const amount = (yuan: string) => toDigits(fen(yuan));

/** What a holder offers: the bidding opens a day from `now` for two days. */
export const offerOf = (now: number, inventors: Person[] = [], terms: Partial<Terms> = {}) => ({
  description: {
    zh: '整体转让，附技术资料与两日技术指导。',
    en: 'Outright transfer with documents and two days of instruction.',
  },
  terms: {
    startPriceFen: amount(TERMS.start),
    reserveFen: amount(TERMS.reserve),
    incrementFen: amount(TERMS.increment),
    depositFen: amount(TERMS.deposit),
    admissionEndsAt: now + 2 * DAY_MS,
    freeStartsAt: now + DAY_MS,
    freeEndsAt: now + 3 * DAY_MS,
    cycleSeconds: 300,
    ...terms,
  },
  reward: {
    inventors: inventors.map(({ id }, i) => ({ party: id, weight: i === 0 ? 2 : 1 })),
    noneBecause: inventors.length ? null : '发明人已与单位另行结清奖酬',
    shareBps: 7000,
    costs: [{ what: '专利检索与评估', amountFen: amount(TERMS.costs) }],
  },
});

export const importInto = async (stage: Stage, client: Client, spelling: string) => {
  const { patentNumber } = await client.send(importPatent, { patentNumber: spelling });
  return eventually(`${patentNumber} in the mirror`, async () => {
    const patent = await stage.anyone.ask(getPatent, { patentNumber });
    return patent.state === 'mirrored' && patent;
  });
};

type Payer = Pick<Firm, 'client'>;

/** One sale on the straight line, step by step, as its people do it. */
export class Sale {
  constructor(
    readonly stage: Stage,
    readonly saleId: string,
    readonly seller: Firm,
  ) {}

  static async draft(
    stage: Stage,
    seller: Firm,
    { patentNumber, inventors, terms }: { patentNumber: string; inventors: Person[]; terms?: Partial<Terms> },
  ): Promise<Sale> {
    const offer = offerOf(await stage.now(), inventors, terms);
    const { saleId } = await seller.client.send(draftListing, { patentNumber, ...offer });
    return new Sale(stage, saleId, seller);
  }

  /** Submitted by the seller, or what acts for him, and approved by the desk. */
  async announce({ by = this.seller.client, desk = this.stage.desk } = {}): Promise<AnswerOf<typeof getListing>> {
    const { saleId } = this;
    await by.send(submitListing, { saleId });
    await desk.send(approveListing, { saleId });
    return this.untilListed('announced');
  }
  untilListed(status: AnswerOf<typeof getListing>['status']) {
    return eventually(`listing ${status}`, async () => {
      const listing = await this.seller.client.ask(getListing, { saleId: this.saleId });
      if (listing.status === 'returned') throw new Error(`the listing came back: ${listing.returnReason}`);
      return listing.status === status && listing;
    });
  }
  auction = () => this.stage.anyone.ask(getAuction, { saleId: this.saleId });

  /** Registers, pays the deposit on the rail's hosted page, and waits for the paddle. */
  async enter(bidder: Payer): Promise<{ paddle: number; orderId: string }> {
    const { saleId } = this;
    const { terms } = await this.auction();
    const { orderId } = await bidder.client.send(registerBidder, { saleId, rulesVersion: terms.rulesVersion });
    await this.pay(bidder, orderId);
    const { paddle } = await eventually('admission', async () => {
      const registration = await bidder.client.ask(getRegistration, { saleId });
      return registration.paddle !== null && registration;
    });
    return { paddle: paddle!, orderId };
  }

  /** Pays an order in as many charges as the rail needs. */
  async pay(payer: Payer, orderId: string, method = 'alipay'): Promise<void> {
    for (let charges = 0; charges < 20; charges++) if (await this.payPart(payer, orderId, method)) return;
    throw new Error(`order ${orderId} is never paid`);
  }
  /** Pays what the rail takes at once; whether that was all. */
  async payPart(payer: Payer, orderId: string, method = 'alipay'): Promise<boolean> {
    const order = await eventually('the order', async () => payer.client.ask(getOrder, { orderId }));
    if (order.paidFen === order.amountFen) return true;
    await this.stage.rail.payOnPage(await this.openPage(payer, orderId), method);
    const after = await eventually('the payment', async () => {
      const paid = await payer.client.ask(getOrder, { orderId });
      return paid.paidFen !== order.paidFen && paid;
    });
    return after.paidFen === after.amountFen;
  }
  /** Asks for the rail's hosted page. */
  async openPage(payer: Payer, orderId: string): Promise<string> {
    await payer.client.send(payOrder, { orderId, returnUrl: `${this.stage.addresses.url}/orders/${orderId}` });
    const { checkoutUrl } = await eventually('the hosted page', async () => {
      const opened = await payer.client.ask(getOrder, { orderId });
      return opened.checkoutUrl !== null && opened;
    });
    return checkoutUrl!;
  }
  bid = (bidder: Firm, yuan: string) => bidder.client.send(placeBid, { saleId: this.saleId, amountFen: amount(yuan) });

  untilDeal(what: string, reached: (deal: AnswerOf<typeof getDeal>) => boolean, client = this.seller.client) {
    return eventually(`deal ${what}`, async () => {
      const deal = await client.ask(getDeal, { saleId: this.saleId });
      if (deal.stuck) throw new Error(`the deal is stuck: ${deal.stuck.reason}`);
      return reached(deal) && deal;
    });
  }
  async sign(firm: Firm): Promise<void> {
    const deal = await this.untilDeal('signing', ({ state }) => state === 'signing', firm.client);
    await firm.client.send(signContract, {
      saleId: this.saleId,
      contentHash: deal.contract!.contentHash,
      consent: true,
    });
  }
  async contract(client: Client): Promise<Buffer<ArrayBuffer>> {
    const response = await client.download(contractPdf, { saleId: this.saleId });
    return Buffer.from(await response.arrayBuffer());
  }

  /** A payee opens his account with the rail and goes through its onboarding page. */
  async onboard(client: Client, holder: string): Promise<void> {
    await client.send(onboardPayee, { returnUrl: `${this.stage.addresses.url}/payees` });
    const { onboardingUrl } = await eventually('the onboarding page', async () => {
      const payee = await client.ask(getPayee, {});
      return payee.onboardingUrl !== null && payee;
    });
    await this.stage.rail.completeOnboarding(onboardingUrl!, holder);
    await eventually('the payee', async () => (await client.ask(getPayee, {})).state === 'ready');
  }
  money = (client: Client) => client.ask(getSaleMoney, { saleId: this.saleId });
}
