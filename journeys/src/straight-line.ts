import { demonstrationPatents } from '@yuzhi/patent-office/demonstration-patents';
import { getAuction, hall, type HallItem } from '@yuzhi/protocol/bidding';
import { verifyContract } from '@yuzhi/protocol/contracts';
import { getOrder, getReconciliation, getTrialBalance } from '@yuzhi/protocol/escrow';
import { getFiling, getPatent } from '@yuzhi/protocol/register';
import { getRecord } from '@yuzhi/protocol/oversight';
import type { Cast } from './cast.ts';
import { eventually } from './eventually.ts';
import { importInto, Sale } from './sale.ts';
import type { Stage } from './stage.ts';
import type { z } from 'zod';

const DAY_MS = 86_400_000;

/** The story from listing to payout: each step acts, and answers what a test or a reader wants to see of it. */
export class StraightLine {
  #sale: Sale | undefined;
  #orders: Record<'firmA' | 'firmB', string> = { firmA: '', firmB: '' };

  constructor(
    readonly stage: Stage,
    readonly cast: Cast,
    /** Serial of its patent above 9900000: two stories on one register must not share one. */
    readonly serial: number,
  ) {}
  get sale(): Sale {
    if (!this.#sale) throw new Error('nothing is listed yet');
    return this.#sale;
  }

  /** The university's patent as the office has it. */
  official() {
    const { university, inventors } = this.cast;
    const owner = {
      party: university.uscc,
      name: university.name,
      inventors: inventors.map(({ id, name }) => ({ personId: id, name })),
    };
    return demonstrationPatents(1, { owners: [owner], seed: this.serial, firstSerial: this.serial })[0]!;
  }
  /** It is on the official register; it is imported in a spelling of its own. */
  async patent() {
    const patent = this.official();
    await this.stage.office.enter([patent]);
    const { number } = patent;
    const spelling = `ZL ${number.slice(0, 4)} ${number.slice(4, 5)} ${number.slice(5)}`;
    return importInto(this.stage, this.cast.university.client, spelling);
  }

  /** Drafted by a person, submitted by a program of the university. */
  async list(patentNumber: string) {
    const { university, inventors, desk } = this.cast;
    this.#sale = await Sale.draft(this.stage, university, { patentNumber, inventors });
    const by = await this.stage.program(university, '挂牌接口', ['holder']);
    return this.sale.announce({ by, desk });
  }

  async admit() {
    const { firmA, firmB } = this.cast;
    const a = await this.sale.enter(firmA);
    const b = await this.sale.enter(firmB);
    this.#orders = { firmA: a.orderId, firmB: b.orderId };
    return { firmA: a.paddle, firmB: b.paddle };
  }

  /** Free and timed period; firm B wins at 245,000 after a late quote has opened another full cycle. */
  async bid() {
    const { sale, stage, cast } = this;
    const watched = this.#watch();
    const { terms } = await sale.auction();
    await stage.advanceTo(terms.freeStartsAt + 1000);
    await sale.bid(cast.firmA, '200000');
    await sale.bid(cast.firmB, '215000');
    await stage.advanceTo(terms.freeEndsAt + 1000);
    const first = await sale.auction();
    await stage.advanceTo(first.cycleEndsAt! - 20_000);
    const late = await sale.bid(cast.firmA, '225000');
    const last = await sale.bid(cast.firmB, '245000');
    await stage.advanceTo(last.cycleEndsAt! + 1000);
    const ended = await eventually('the end', async () => {
      const auction = await stage.anyone.ask(getAuction, { saleId: sale.saleId });
      return auction.period === 'ended' && auction;
    });
    return { first, late, last, ended, live: await watched };
  }
  /** What somebody who sits in the hall from the beginning to the end sees, over however many connections. */
  async #watch() {
    const seen: { seq: number; item: z.output<typeof HallItem> }[] = [];
    const signal = AbortSignal.timeout(300_000);
    for await (const one of this.stage.anyone.follow(hall, { saleId: this.sale.saleId }, { after: 0, signal })) {
      seen.push(one);
      if (one.item.kind === 'ended') break;
    }
    return seen;
  }

  /** Result notice, the loser's deposit, the objections window. */
  async result() {
    const { sale, stage, cast } = this;
    const notice = await sale.untilListed('result-notice');
    await stage.advanceTo(notice.noticeUntil! + 1000);
    const loser = await eventually("the loser's deposit", async () => {
      const order = await cast.firmA.client.ask(getOrder, { orderId: this.#orders.firmA });
      return order.state === 'returned' && order;
    });
    return { notice, loser };
  }

  /** Both sign; one sealed PDF that verifies, and does not when a byte is changed. */
  async contract() {
    const { sale, stage, cast } = this;
    await sale.sign(cast.university);
    await sale.sign(cast.firmB);
    const deal = await sale.untilDeal('sealed', ({ sealedHash, orderId }) => sealedHash !== null && orderId !== null);
    const pdf = await sale.contract(cast.firmB.client);
    const tampered = Buffer.from(pdf);
    tampered[Math.floor(tampered.length / 2)]! ^= 1;
    const [genuine, changed] = await Promise.all([
      stage.anyone.upload(verifyContract, {}, pdf),
      stage.anyone.upload(verifyContract, {}, tampered),
    ]);
    return { deal, pdf, genuine, changed };
  }

  /** Payees open their accounts, the buyer pays the remainder; nothing is released. */
  async fund() {
    const { sale, cast } = this;
    const { university, firmB, inventors } = cast;
    await Promise.all([university, ...inventors].map(({ client, name }) => sale.onboard(client, name)));
    const { orderId } = await sale.untilDeal('paying', (deal) => deal.orderId !== null);
    await sale.pay(firmB, orderId!, 'wechat_pay');
    const deal = await sale.untilDeal('registering', ({ state }) => state === 'registering');
    return { deal, money: await sale.money(university.client) };
  }

  /** The office registers the transfer in its own time. */
  async register() {
    const { sale, stage, cast } = this;
    const { saleId } = sale;
    for (let day = 0; day < 30; day++) {
      const filing = await cast.firmB.client.ask(getFiling, { saleId });
      if (filing.state === 'registered') {
        const patent = await eventually('the new owner', async () => {
          const mirrored = await stage.anyone.ask(getPatent, { patentNumber: filing.patentNumber });
          return mirrored.entry?.owners[0]?.party === cast.firmB.uscc && mirrored;
        });
        return { filing, patent };
      }
      await stage.advanceTo((await stage.now()) + DAY_MS);
    }
    throw new Error('the office does not register the transfer');
  }

  /** Release and payouts; the ledger and the sandbox agree to the fen. */
  async close() {
    const { sale, stage, cast } = this;
    const deal = await sale.untilDeal('closed', ({ state }) => state === 'closed');
    await sale.untilListed('sold');
    const [money, balance, rail] = await Promise.all([
      sale.money(cast.desk),
      cast.ops.ask(getTrialBalance, {}),
      cast.ops.ask(getReconciliation, {}),
    ]);
    const record = await this.record();
    return {
      deal,
      money,
      balance,
      rail,
      summary: await stage.rail.summary(),
      record,
      own: await sale.money(cast.inventors[0]!.client),
      bought: await sale.money(cast.firmB.client),
      sold: await sale.money(cast.university.client),
    };
  }
  record = () => Array.fromAsync(this.cast.desk.list(getRecord, { saleId: this.sale.saleId }));
}
