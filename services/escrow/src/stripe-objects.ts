import type { RailMade, RailObject } from './payment-rail.ts';

/** As much of Stripe's objects as tells what became of what we asked for. */
interface Found {
  id: string;
  /** Seconds. */
  created?: number;
  metadata?: Record<string, string> | null;
}
interface Sum extends Found {
  /** In fen, as Stripe writes it. */
  amount: Parameters<typeof BigInt>[0];
}
type Refund = Sum & { status: string | null };
type Payout = Sum & { status: string };
interface Session extends Found {
  url: string | null;
}
interface Account extends Found {
  payouts_enabled: boolean;
  capabilities?: { transfers?: string };
}

export const objectOf = (
  kind: RailObject['kind'],
  { id, created, metadata }: Found,
  known: Pick<RailObject, 'state' | 'rank' | 'amountFen'> & { feeFen?: bigint },
): RailObject => ({
  kind,
  railId: id,
  reference: metadata?.['reference'] ?? '',
  at: (created ?? 0) * 1000,
  feeFen: 0n,
  ...known,
});
export const expiredObject = (session: Found): RailObject =>
  objectOf('payment', session, { state: 'expired', rank: 2, amountFen: 0n });
/** A bank may refuse what was called done: failed outranks succeeded. */
function moved(status: string | null, done: string): Pick<RailObject, 'state' | 'rank'> {
  if (status === done) return { state: 'succeeded', rank: 2 };
  if (status === 'failed' || status === 'canceled') return { state: 'failed', rank: 3 };
  return { state: 'pending', rank: 1 };
}
export const refundObject = (refund: Found & { status: string | null }, amountFen: bigint): RailObject =>
  objectOf('refund', refund, { ...moved(refund.status, 'succeeded'), amountFen });
export const transferObject = (transfer: Found, amountFen: bigint): RailObject =>
  objectOf('transfer', transfer, { state: 'succeeded', rank: 2, amountFen });
export const payoutObject = (payout: Found & { status: string }, amountFen: bigint): RailObject =>
  objectOf('payout', payout, { ...moved(payout.status, 'paid'), amountFen });
export function accountObject(account: Account): RailObject {
  const isReady = account.payouts_enabled && account.capabilities?.transfers === 'active';
  return objectOf('account', account, {
    state: isReady ? 'succeeded' : 'pending',
    rank: isReady ? 2 : 1,
    amountFen: 0n,
  });
}

export const refundOf = (refund: Refund) => refundObject(refund, BigInt(refund.amount));
export const transferOf = (transfer: Sum) => transferObject(transfer, BigInt(transfer.amount));
export const payoutOf = (payout: Payout) => payoutObject(payout, BigInt(payout.amount));
const made = (object: RailObject): RailMade => ({ railId: object.railId, url: null, object });
export const madeSession = ({ id, url }: Session): RailMade => ({ railId: id, url, object: null });
export const madeRefund = (refund: Refund): RailMade => made(refundOf(refund));
export const madeTransfer = (transfer: Sum): RailMade => made(transferOf(transfer));
export const madePayout = (payout: Payout): RailMade => made(payoutOf(payout));
