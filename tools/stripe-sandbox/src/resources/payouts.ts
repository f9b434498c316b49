import { formatExact } from '@yuzhi/money/format';
import type Stripe from 'stripe';
import { z } from 'zod';
import { insufficientBalance, invalid } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { amount, currency, metadata, page, text } from '../params.ts';
import type { Payout } from '../states.ts';
import { mergeMetadata, newId, toWire } from '../wire.ts';
import { PLATFORM, type Work } from '../work.ts';
import { balanceOf, post } from './balances.ts';

const PLATFORM_BANK = 'ba_1YuzhiPlatform00';

export function showPayout(payout: Payout): Stripe.Payout {
  const failed = payout.failureCode !== null;
  return {
    id: payout.id,
    object: 'payout',
    amount: toWire(payout.amountFen),
    application_fee: null,
    application_fee_amount: null,
    arrival_date: payout.arrivalDate,
    automatic: false,
    balance_transaction: payout.balanceTransaction,
    created: payout.created,
    currency: 'cny',
    description: payout.description,
    destination: payout.bank,
    failure_balance_transaction: payout.failureBalanceTransaction,
    failure_code: payout.failureCode,
    failure_message: failed ? 'The bank could not process this payout.' : null,
    livemode: false,
    metadata: payout.metadata,
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: payout.statementDescriptor,
    status: payout.status,
    trace_id: null,
    type: 'bank_account',
  } satisfies Stripe.Payout;
}

async function bankOf(work: Work): Promise<string> {
  if (work.account === PLATFORM) return PLATFORM_BANK;
  const account = await work.trace('account', work.account);
  if (account.detailsSubmitted && account.bank) return account.bank.id;
  throw invalid('Cannot create payouts: this account has not finished onboarding.', 'payouts_not_allowed');
}

type NewPayout = Pick<Payout, 'amountFen' | 'bank' | 'description' | 'metadata' | 'statementDescriptor'>;

async function createPayout(work: Work, part: NewPayout): Promise<Payout> {
  const { availableFen } = await balanceOf(work);
  if (availableFen < part.amountFen) {
    throw insufficientBalance(
      `You have insufficient funds in your Stripe account for this payout: ${formatExact(availableFen)} is available.`,
    );
  }
  const id = newId('po');
  const debit = { account: work.account, flow: 'payout', type: 'payout', source: id } as const;
  const transaction = await post(work, { ...debit, amountFen: -part.amountFen });
  const payout = work.put('payout', {
    id,
    account: work.account,
    created: work.now,
    // Half of the time it waits at Stripe, and may be canceled; the other half it is at the banks.
    dueAt: work.now + Math.ceil(work.settings.payoutSeconds / 2),
    status: 'pending',
    arrivalDate: work.now + work.settings.payoutSeconds,
    balanceTransaction: transaction.id,
    failureBalanceTransaction: null,
    failureCode: null,
    ...part,
  });
  work.tell('payout.created', showPayout(payout));
  return payout;
}

/** Time has passed: it goes to the bank, and then arrives. */
export function continuePayout(work: Work, payout: Payout): void {
  const sent = payout.status === 'pending' && payout.arrivalDate > work.now;
  const next = { ...payout, status: sent ? 'in_transit' : 'paid', dueAt: sent ? payout.arrivalDate : null } as const;
  work.put('payout', next);
  work.tell(sent ? 'payout.updated' : 'payout.paid', showPayout(next), payout.account);
}

async function giveBack(work: Work, payout: Payout, type: 'payout_cancel' | 'payout_failure'): Promise<string> {
  const credit = { account: payout.account, flow: 'payout-returned', source: payout.id } as const;
  return (await post(work, { ...credit, type, amountFen: payout.amountFen })).id;
}

/** The bank sends the money back; it may do so after the payout has been called paid. */
export async function failPayout(work: Work, payout: Payout, failureCode = 'account_closed'): Promise<Payout> {
  if (payout.status === 'failed' || payout.status === 'canceled') throw invalid(`This payout is ${payout.status}.`);
  const failureBalanceTransaction = await giveBack(work, payout, 'payout_failure');
  const failed = { ...payout, status: 'failed', dueAt: null, failureCode, failureBalanceTransaction } as const;
  work.put('payout', failed);
  work.tell('payout.failed', showPayout(failed), payout.account);
  return failed;
}

export const payoutOperations = [
  operation({
    name: 'payouts.create',
    method: 'POST',
    path: '/v1/payouts',
    connected: true,
    params: {
      amount,
      currency,
      description: text.optional(),
      metadata: metadata.optional(),
      method: z.literal('standard').optional(),
      statement_descriptor: text.max(22).optional(),
    },
    run: async (work, params) => {
      const payout = await createPayout(work, {
        amountFen: params.amount,
        bank: await bankOf(work),
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
        statementDescriptor: params.statement_descriptor ?? null,
      });
      return showPayout(payout);
    },
  }),
  operation({
    name: 'payouts.retrieve',
    method: 'GET',
    path: '/v1/payouts/:id',
    connected: true,
    run: async (work, _, { id }) => showPayout(await work.need('payout', id!)),
  }),
  operation({
    name: 'payouts.list',
    method: 'GET',
    path: '/v1/payouts',
    connected: true,
    params: { ...page, destination: text.optional(), status: text.optional() },
    run: (work, { destination: bank, status, ...params }) =>
      listed(work, 'payout', '/v1/payouts', params, { match: given({ bank, status }) }, showPayout),
  }),
  operation({
    name: 'payouts.cancel',
    method: 'POST',
    path: '/v1/payouts/:id/cancel',
    connected: true,
    run: async (work, _, { id }) => {
      const payout = await work.need('payout', id!);
      if (payout.status !== 'pending') throw invalid(`Payouts that are ${payout.status} cannot be canceled.`);
      const failureBalanceTransaction = await giveBack(work, payout, 'payout_cancel');
      const canceled = { ...payout, status: 'canceled', dueAt: null, failureBalanceTransaction } as const;
      work.put('payout', canceled);
      work.tell('payout.canceled', showPayout(canceled));
      return showPayout(canceled);
    },
  }),
];
