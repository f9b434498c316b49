import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import Stripe from 'stripe';
import { useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const FEE_BPS = 60;
const START_S = 1_800_000_000;
/** Time stands still but for the control interface: model and sandbox always agree on it. */
const sandbox = useSandbox(() => START_S * 1000);

/** The naive model: a list of movements, added up anew at every question. Amounts are fen below a million. */
class Model {
  now = START_S;
  moves: { account: string; on: number; fen: number }[] = [];
  charges: {
    id: string;
    intent: string;
    fen: number;
    refunded: number;
    sent: number;
    on: number;
    disputed: boolean;
  }[] = [];
  transfers: { id: string; to: string; fen: number; reversed: number; on: number; source: number | undefined }[] = [];
  payouts: { id: string; from: string; fen: number; made: number; ended: boolean }[] = [];
  disputes: { id: string; fen: number; closed: boolean }[] = [];
  totals = { in: 0, refunded: 0, out: 0, fees: 0, disputed: 0 };

  constructor(readonly accounts: string[]) {}

  sum(account: string, isSettled: boolean): number {
    const own = this.moves.filter((move) => move.account === account && move.on <= this.now === isSettled);
    return own.reduce((total, move) => total + move.fen, 0);
  }

  move(account: string, fen: number, on = this.now): void {
    this.moves.push({ account, fen, on });
  }
}

const PLATFORM = 'acct_1YuzhiPlatform00';
const AT_ONCE = 'pm_card_bypassPending';

type Step = (model: Model) => Promise<void>;
const pick = <T>(list: T[], index: number): T | undefined =>
  list.length === 0 ? undefined : list[index % list.length];

/** A number of fen, or just what is left, or one fen more. */
type Ask = number | 'left' | 'over';
const amountOf = (ask: Ask, left: number): number =>
  typeof ask === 'number' ? ask : Math.max(1, ask === 'left' ? left : left + 1);

/** Both must agree on whether it can be done. */
async function agree<T>(isPossible: boolean, call: () => Promise<T>): Promise<T | undefined> {
  const answer = await call().catch((error: unknown) => {
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return undefined;
    throw error;
  });
  expect(answer !== undefined).toBe(isPossible);
  return answer;
}

const pay =
  (fen: number, card: string): Step =>
  async (model) => {
    const intent = await sandbox.paid(BigInt(fen), card);
    const on = card === AT_ONCE ? model.now : model.now + 2 * DAY;
    const fee = Math.floor((fen * FEE_BPS + 5_000) / 10_000);
    const id = intent.latest_charge as string;
    model.charges.push({ id, intent: intent.id, fen, refunded: 0, sent: 0, on, disputed: false });
    model.move(PLATFORM, fen - fee, on);
    model.totals.in += fen;
    model.totals.fees += fee;
  };

const hold =
  (fen: number, captured: number): Step =>
  async (model) => {
    const intent = await sandbox.paid(BigInt(fen), 'pm_card_visa', { capture_method: 'manual' });
    const capture = () => sandbox.stripe.paymentIntents.capture(intent.id, { amount_to_capture: captured });
    const done = await agree(captured <= fen, capture);
    if (!done) return;
    const fee = Math.floor((captured * FEE_BPS + 5_000) / 10_000);
    const on = model.now + 2 * DAY;
    const id = done.latest_charge as string;
    model.charges.push({ id, intent: done.id, fen: captured, refunded: 0, sent: 0, on, disputed: false });
    model.move(PLATFORM, captured - fee, on);
    model.totals.in += captured;
    model.totals.fees += fee;
  };

const refund =
  (index: number, ask: Ask): Step =>
  async (model) => {
    const charge = pick(model.charges, index);
    if (!charge) return;
    const fen = amountOf(ask, charge.fen - charge.refunded);
    // One that would wait for funds is another test's matter.
    if (charge.on <= model.now && model.sum(PLATFORM, true) < fen) return;
    const isPossible = !charge.disputed && fen <= charge.fen - charge.refunded;
    const params = { payment_intent: charge.intent, amount: fen };
    if (!(await agree(isPossible, () => sandbox.stripe.refunds.create(params)))) return;
    charge.refunded += fen;
    model.move(PLATFORM, -fen, Math.max(charge.on, model.now));
    model.totals.refunded += fen;
  };

const transfer =
  (index: number, ask: Ask, source: number | undefined): Step =>
  async (model) => {
    const to = pick(model.accounts, index)!;
    const charge = source === undefined ? undefined : pick(model.charges, source);
    const fen = amountOf(ask, charge ? charge.fen - charge.sent : model.sum(PLATFORM, true));
    const on = Math.max(charge?.on ?? 0, model.now);
    const isPossible =
      (!charge || fen <= charge.fen - charge.sent) && (on > model.now || model.sum(PLATFORM, true) >= fen);
    const params = { amount: fen, currency: 'cny', destination: to, ...(charge && { source_transaction: charge.id }) };
    const sent = await agree(isPossible, () => sandbox.stripe.transfers.create(params));
    if (!sent) return;
    if (charge) charge.sent += fen;
    const from = charge && model.charges.indexOf(charge);
    model.transfers.push({ id: sent.id, to, fen, reversed: 0, on, source: from });
    model.move(PLATFORM, -fen, on);
    model.move(to, fen, on);
  };

const reverse =
  (index: number, ask: Ask): Step =>
  async (model) => {
    const sent = pick(model.transfers, index);
    if (!sent) return;
    const fen = amountOf(ask, sent.fen - sent.reversed);
    const isPossible = fen <= sent.fen - sent.reversed && (sent.on > model.now || model.sum(sent.to, true) >= fen);
    if (!(await agree(isPossible, () => sandbox.stripe.transfers.createReversal(sent.id, { amount: fen })))) return;
    sent.reversed += fen;
    if (sent.source !== undefined) model.charges[sent.source]!.sent -= fen;
    const on = Math.max(sent.on, model.now);
    model.move(sent.to, -fen, on);
    model.move(PLATFORM, fen, on);
  };

const payout =
  (index: number, ask: Ask): Step =>
  async (model) => {
    const from = pick(model.accounts, index)!;
    const fen = amountOf(ask, model.sum(from, true));
    const call = () => sandbox.stripe.payouts.create({ amount: fen, currency: 'cny' }, { stripeAccount: from });
    const made = await agree(model.sum(from, true) >= fen, call);
    if (!made) return;
    model.payouts.push({ id: made.id, from, fen, made: model.now, ended: false });
    model.move(from, -fen);
    model.totals.out += fen;
  };

const takeBack =
  (index: number, isFailure: boolean): Step =>
  async (model) => {
    const made = pick(model.payouts, index);
    if (!made || (isFailure && made.ended)) return;
    if (isFailure) await sandbox.control('POST', `/payouts/${made.id}/fail`);
    else {
      const isPossible = !made.ended && model.now < made.made + DAY / 2;
      const options = { stripeAccount: made.from };
      if (!(await agree(isPossible, () => sandbox.stripe.payouts.cancel(made.id, {}, options)))) return;
    }
    made.ended = true;
    model.move(made.from, made.fen);
    model.totals.out -= made.fen;
  };

const dispute =
  (index: number): Step =>
  async (model) => {
    const charge = pick(model.charges, index);
    if (!charge || charge.disputed || charge.refunded === charge.fen) return;
    const opened = await sandbox.control<Stripe.Dispute>('POST', '/disputes', { charge: charge.id });
    const fen = charge.fen - charge.refunded;
    charge.disputed = true;
    model.disputes.push({ id: opened.id, fen, closed: false });
    model.move(PLATFORM, -fen);
    model.totals.disputed += fen;
  };

const rule =
  (index: number, status: 'lost' | 'won'): Step =>
  async (model) => {
    const opened = pick(model.disputes, index);
    if (!opened || opened.closed) return;
    await sandbox.control('POST', `/disputes/${opened.id}/close`, { status });
    opened.closed = true;
    if (status === 'lost') return;
    model.move(PLATFORM, opened.fen);
    model.totals.disputed -= opened.fen;
  };

const wait =
  (hours: number): Step =>
  async (model) => {
    await sandbox.advance(hours * 3600);
    model.now += hours * 3600;
  };

async function compare(model: Model): Promise<void> {
  const summary = await sandbox.summary();
  const balances = new Map(summary.balances.map((balance) => [balance.account, balance]));
  for (const account of [PLATFORM, ...model.accounts]) {
    const {
      available_fen: available,
      pending_fen: pending,
      posted_fen: posted,
    } = balances.get(account) ?? {
      available_fen: '0',
      pending_fen: '0',
      posted_fen: '0',
    };
    const [settled, unsettled] = [model.sum(account, true), model.sum(account, false)];
    expect({ account, available, pending }).toEqual({ account, available: `${settled}`, pending: `${unsettled}` });
    expect(posted).toBe(`${settled + unsettled}`);
  }
  const { totals } = model;
  const out = BigInt(summary.paid_out_fen) + BigInt(summary.payouts_in_transit_fen);
  expect([summary.paid_in_fen, summary.refunded_fen, summary.fees_fen, summary.disputed_fen, `${out}`]).toEqual(
    [totals.in, totals.refunded, totals.fees, totals.disputed, totals.out].map(String),
  );
  const there = [PLATFORM, ...model.accounts].reduce((sum, id) => sum + model.sum(id, true) + model.sum(id, false), 0);
  expect(there + totals.out + totals.refunded + totals.fees + totals.disputed).toBe(totals.in);
  expect(summary.difference_fen).toBe('0');
}

const index = fc.nat({ max: 5 });
const fen = fc.integer({ min: 1, max: 20_000 });
const large = fc.integer({ min: 5_000, max: 50_000 });
const ask = fc.oneof({ weight: 2, arbitrary: fen }, fc.constantFrom('left' as const, 'over' as const));
const source = fc.option(index, { nil: undefined });
const card = fc.constantFrom(AT_ONCE, 'pm_card_visa');
const ruling = fc.constantFrom('lost' as const, 'won' as const);

/** A step with the words by which a failing run names it. */
const named = (weight: number, arbitrary: fc.Arbitrary<[string, Step]>) => ({ weight, arbitrary });
const step = fc.oneof(
  named(
    5,
    fc.tuple(large, card).map(([n, by]) => [`pay ${n} with ${by}`, pay(n, by)]),
  ),
  named(
    1,
    fc.tuple(fen, fen).map(([n, part]) => [`hold ${n}, capture ${part}`, hold(n, part)]),
  ),
  named(
    3,
    fc.tuple(index, ask).map(([i, n]) => [`refund ${n} of ${i}`, refund(i, n)]),
  ),
  named(
    5,
    fc.tuple(index, ask, source).map(([i, n, from]) => [`transfer ${n} of ${from} to ${i}`, transfer(i, n, from)]),
  ),
  named(
    3,
    fc.tuple(index, ask).map(([i, n]) => [`reverse ${n} of ${i}`, reverse(i, n)]),
  ),
  named(
    4,
    fc.tuple(index, ask).map(([i, n]) => [`pay out ${n} from ${i}`, payout(i, n)]),
  ),
  named(
    3,
    fc.tuple(index, fc.boolean()).map(([i, fails]) => [`${fails ? 'fail' : 'cancel'} payout ${i}`, takeBack(i, fails)]),
  ),
  named(
    1,
    index.map((i) => [`dispute ${i}`, dispute(i)]),
  ),
  named(
    1,
    fc.tuple(index, ruling).map(([i, status]) => [`${status} ${i}`, rule(i, status)]),
  ),
  named(
    3,
    fc.integer({ min: 1, max: 40 }).map((hours) => [`wait ${hours} h`, wait(hours)]),
  ),
);

it('keeps all money: what came in is there, or went out, whatever is done in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 45, size: 'max' }), async (steps) => {
      await sandbox.clear();
      await sandbox.control('POST', '/settings', { fee_bps: FEE_BPS });
      const model = new Model([await sandbox.payee(), await sandbox.payee('company')]);
      for (const [, run] of steps) {
        await run(model);
        await compare(model);
      }
    }),
    { numRuns: 12, interruptAfterTimeLimit: 90_000 },
  );
}, 180_000);

it('keeps all money when many ask for it at once', async () => {
  await sandbox.clear();
  const payee = await sandbox.payee();
  await sandbox.paid(10_000n);
  const transfers = Array.from({ length: 40 }, () =>
    sandbox.stripe.transfers.create({ amount: 700, currency: 'cny', destination: payee }),
  );
  const settled = await Promise.allSettled(transfers);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(14);
  const summary = await sandbox.summary();
  expect([summary.transferred_fen, summary.difference_fen]).toEqual(['9800', '0']);
});
