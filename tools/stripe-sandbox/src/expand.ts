import { invalid } from './failure.ts';
import { showAccount } from './resources/account-view.ts';
import { findAccount } from './resources/accounts.ts';
import { showBalanceTransaction } from './resources/balances.ts';
import { showCharge } from './resources/charges.ts';
import { showCustomer } from './resources/customers.ts';
import { showDispute } from './resources/disputes.ts';
import { showIntent } from './resources/intent-view.ts';
import { showPayout } from './resources/payouts.ts';
import { showRefund } from './resources/refunds.ts';
import { showReversal, showTransfer } from './resources/transfers.ts';
import type { Work } from './work.ts';

type Shown = Record<string, unknown>;

/** What an id's prefix says it is. */
const SHOW: Record<string, (work: Work, id: string) => Promise<object>> = {
  acct: async (work, id) => showAccount(work, await findAccount(work, id)),
  ch: async (work, id) => showCharge(await work.trace('charge', id)),
  cus: async (work, id) => showCustomer(await work.trace('customer', id)),
  du: async (work, id) => showDispute(work, await work.trace('dispute', id)),
  pi: async (work, id) => showIntent(await work.trace('payment_intent', id), work.scene.publicUrl),
  po: async (work, id) => showPayout(await work.trace('payout', id)),
  py: async (work, id) => showCharge(await work.trace('charge', id)),
  pyr: async (work, id) => showRefund(await work.trace('refund', id)),
  re: async (work, id) => showRefund(await work.trace('refund', id)),
  tr: async (work, id) => showTransfer(work, await work.trace('transfer', id)),
  trr: async (work, id) => showReversal(await work.trace('transfer_reversal', id)),
  txn: async (work, id) => showBalanceTransaction(await work.trace('balance_transaction', id)),
};

const refused = (path: string) => invalid(`This property cannot be expanded (${path}).`, undefined, 'expand');

async function expandPath(work: Work, object: unknown, parts: string[], whole: string): Promise<void> {
  if (Array.isArray(object)) {
    for (const item of object) await expandPath(work, item, parts, whole);
    return;
  }
  const [name, ...rest] = parts;
  // Something absent above it: there is nothing to expand, as when a payment has no charge yet.
  if (object === null || object === undefined) return;
  if (name === undefined) return;
  const parent = object as Shown;
  if (typeof object !== 'object' || !(name in parent)) throw refused(whole);
  const value = parent[name];
  if (typeof value === 'string') {
    const show = SHOW[value.slice(0, value.indexOf('_'))];
    if (!show) throw refused(whole);
    parent[name] = await show(work, value);
  }
  if (rest.length > 0) await expandPath(work, parent[name], rest, whole);
}

/** Replaces ids by what they name, along each path: `latest_charge.balance_transaction`, `data.source`. */
export async function expand(work: Work, body: object, paths: string[]): Promise<void> {
  for (const path of paths) await expandPath(work, body, path.split('.'), path);
}
