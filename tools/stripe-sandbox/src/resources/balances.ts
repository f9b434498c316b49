import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { currency, emptyable, flag, page, text } from '../params.ts';
import type { Balance, BalanceSettings, BalanceTransaction, Flow } from '../states.ts';
import { DAY_S, newId, toWire } from '../wire.ts';
import type { Work } from '../work.ts';

const REPORTED: Record<Flow, string> = {
  charge: 'charge',
  dispute: 'dispute',
  payout: 'payout',
  'payout-returned': 'payout_reversal',
  refund: 'refund',
  'refund-returned': 'refund_failure',
  'reversal-in': 'transfer_reversal',
  'reversal-out': 'transfer_reversal',
  'transfer-in': 'transfer',
  'transfer-out': 'transfer',
};

export async function balanceOf(work: Work, account = work.account): Promise<Balance> {
  const known = await work.find('balance', `balance_${account}`);
  return known ?? { id: `balance_${account}`, account, created: work.now, availableFen: 0n, pendingFen: 0n };
}

interface Posting {
  account: string;
  flow: Flow;
  type: Stripe.BalanceTransaction.Type;
  /** Positive: into the account. */
  amountFen: bigint;
  feeFen?: bigint;
  source: string;
  /** Until then the funds are pending. */
  availableOn?: number;
  description?: string | null;
}

/** Moves money into or out of one account's balance: the only way there is. */
export async function post(work: Work, posting: Posting): Promise<BalanceTransaction> {
  const { account, amountFen, feeFen = 0n, availableOn = work.now, description = null } = posting;
  const matured = availableOn <= work.now;
  const bucket = matured ? 'availableFen' : 'pendingFen';
  const balance = await balanceOf(work, account);
  work.put('balance', { ...balance, [bucket]: balance[bucket] + amountFen - feeFen });
  return work.put('balance_transaction', {
    id: newId('txn'),
    account,
    created: work.now,
    dueAt: matured ? null : availableOn,
    flow: posting.flow,
    type: posting.type,
    reportingCategory: REPORTED[posting.flow],
    amountFen,
    feeFen,
    availableOn,
    matured,
    source: posting.source,
    description,
  });
}

/** Pending funds become available. */
export async function mature(work: Work, transaction: BalanceTransaction): Promise<void> {
  const balance = await balanceOf(work, transaction.account);
  const net = transaction.amountFen - transaction.feeFen;
  work.put('balance_transaction', { ...transaction, matured: true, dueAt: null });
  work.put('balance', { ...balance, pendingFen: balance.pendingFen - net, availableFen: balance.availableFen + net });
  if (net > 0n) work.tell('balance.available', await showBalance(work, transaction.account), transaction.account);
}

async function showBalance(work: Work, account: string): Promise<Stripe.Balance> {
  const { availableFen, pendingFen } = await balanceOf(work, account);
  const bucket = (fen: bigint) => [{ amount: toWire(fen), currency: 'cny', source_types: { card: toWire(fen) } }];
  const balance = { object: 'balance' as const, livemode: false };
  return { ...balance, available: bucket(availableFen), pending: bucket(pendingFen) } satisfies Stripe.Balance;
}

export function showBalanceTransaction(state: BalanceTransaction): Stripe.BalanceTransaction {
  const fee = toWire(state.feeFen);
  const detail = { amount: fee, application: null, currency: 'cny', description: 'Sandbox fee', type: 'stripe_fee' };
  return {
    id: state.id,
    object: 'balance_transaction',
    amount: toWire(state.amountFen),
    available_on: state.availableOn,
    balance_type: 'payments',
    created: state.created,
    currency: 'cny',
    description: state.description,
    exchange_rate: null,
    fee,
    fee_details: state.feeFen === 0n ? [] : [detail],
    net: toWire(state.amountFen - state.feeFen),
    reporting_category: state.reportingCategory,
    source: state.source,
    status: state.matured ? 'available' : 'pending',
    type: state.type,
  } satisfies Stripe.BalanceTransaction;
}

async function settingsOf(work: Work): Promise<BalanceSettings> {
  const { account, now: created } = work;
  const known = await work.find('balance_settings', `settings_${account}`);
  return (
    known ?? { id: `settings_${account}`, account, created, statementDescriptor: null, debitNegativeBalances: true }
  );
}

function showSettings(work: Work, state: BalanceSettings): Stripe.BalanceSettings {
  return {
    object: 'balance_settings',
    payments: {
      debit_negative_balances: state.debitNegativeBalances,
      payouts: {
        automatic_transfer_rules_by_currency: null,
        minimum_balance_by_currency: null,
        schedule: { interval: 'manual' },
        statement_descriptor: state.statementDescriptor,
        status: 'enabled',
      },
      settlement_timing: { delay_days: Math.floor(work.settings.settlementSeconds / DAY_S), start_of_day: null },
    },
  } satisfies Stripe.BalanceSettings;
}

/** Automatic payouts are not emulated; to accept the setting and pay nothing out would be a lie. */
export function requireManualPayouts(interval: string | undefined, param: string): void {
  if (interval === undefined || interval === 'manual') return;
  throw invalid('This sandbox makes no automatic payouts: the only interval is manual.', undefined, param);
}

const settingsParams = {
  payments: z
    .strictObject({
      debit_negative_balances: flag.optional(),
      payouts: z
        .strictObject({
          schedule: z.strictObject({ interval: text.optional() }).optional(),
          statement_descriptor: emptyable(text.max(22)).optional(),
        })
        .optional(),
    })
    .optional(),
};

export const balanceOperations = [
  operation({
    name: 'balance.retrieve',
    method: 'GET',
    path: '/v1/balance',
    connected: true,
    run: (work) => showBalance(work, work.account),
  }),
  operation({
    name: 'balance_settings.retrieve',
    method: 'GET',
    path: '/v1/balance_settings',
    connected: true,
    run: async (work) => showSettings(work, await settingsOf(work)),
  }),
  operation({
    name: 'balance_settings.update',
    method: 'POST',
    path: '/v1/balance_settings',
    connected: true,
    params: settingsParams,
    run: async (work, { payments }) => {
      requireManualPayouts(payments?.payouts?.schedule?.interval, 'payments[payouts][schedule][interval]');
      const known = await settingsOf(work);
      const { statement_descriptor: descriptor = known.statementDescriptor } = payments?.payouts ?? {};
      const { debit_negative_balances: debitNegativeBalances = known.debitNegativeBalances } = payments ?? {};
      const state = { ...known, statementDescriptor: descriptor, debitNegativeBalances };
      const shown = showSettings(work, work.put('balance_settings', state));
      work.tell('balance_settings.updated', shown);
      return shown;
    },
  }),
  operation({
    name: 'balance_transactions.list',
    method: 'GET',
    path: '/v1/balance_transactions',
    connected: true,
    params: { ...page, currency: currency.optional(), source: text.optional(), type: text.optional() },
    run: (work, { source, type, ...params }) => {
      const filter = { match: given({ source, type }) };
      return listed(work, 'balance_transaction', '/v1/balance_transactions', params, filter, showBalanceTransaction);
    },
  }),
  operation({
    name: 'balance_transactions.retrieve',
    method: 'GET',
    path: '/v1/balance_transactions/:id',
    connected: true,
    run: async (work, _, { id }) => showBalanceTransaction(await work.need('balance_transaction', id!)),
  }),
];
