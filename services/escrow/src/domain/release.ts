import { saleReleased } from '@yuzhi/protocol/escrow';
import { derivedId } from '@yuzhi/messaging/ids';
import { escrowOf, FEE_INCOME, payableTo } from './accounts.ts';
import type { Sale } from './documents.ts';
import type { Draft } from './draft.ts';
import { planPayouts, settle } from './payouts.ts';
import { type Release, type ShareRule, type Split, splitRelease } from './shares.ts';

export interface ReleaseRules extends ShareRule {
  railMaxFen: bigint;
  rulebookVersion: string;
}

/** What the contract says of the price. */
export interface Claims extends Omit<Release, 'priceFen'> {
  /** Months from the release in which inventors are to be paid. */
  payMonths: number;
}

/** Splits the price, moves it in one journal to those it is owed to, and starts their payouts. */
export function release(draft: Draft, sale: Sale, claims: Claims, rules: ReleaseRules): Split {
  const priceFen = sale.priceFen!;
  const { refusal, split } = splitRelease({ ...claims, priceFen }, rules);
  if (refusal) throw new TypeError(`a price that cannot be split: ${refusal}`);
  const { saleId, seller } = sale;
  const dueFen = new Map([[seller!, split.sellerFen]]);
  for (const { party, amountFen } of split.inventors) dueFen.set(party, (dueFen.get(party) ?? 0n) + amountFen);
  draft.post({
    id: derivedId(saleId, 'release'),
    saleId,
    kind: 'release',
    ref: saleId,
    at: draft.now,
    legs: [
      [escrowOf(saleId), priceFen],
      [FEE_INCOME, -split.feeFen],
      ...[...dueFen].map(([party, amountFen]) => [payableTo(party), -amountFen] as const),
    ],
  });
  const { costsFen } = claims;
  const payouts = planPayouts(draft, sale, dueFen, rules.railMaxFen);
  const deadlineAt = monthsAfter(draft.now, claims.payMonths);
  const released = {
    ...sale,
    releasedAt: draft.now,
    split: { ...split, costsFen, rulebookVersion: rules.rulebookVersion },
    payouts,
    deadlineAt,
  };
  settle(draft, draft.putSale(released));
  tell(draft, sale, { ...claims, ...split }, rules);
  return split;
}

function tell(
  draft: Draft,
  { saleId, seller, priceFen }: Sale,
  { feeFen, costsFen, netFen, inventorBps, inventors, sellerFen }: Pick<Release, 'costsFen' | 'inventorBps'> & Split,
  { rulebookVersion, inventorFloorBps }: ReleaseRules,
): void {
  const said = {
    saleId,
    priceFen: String(priceFen),
    feeFen: String(feeFen),
    costsFen: String(costsFen),
    netFen: String(netFen),
    inventorBps: inventors.length ? Math.max(inventorBps, inventorFloorBps) : 0,
    inventors: inventors.map(({ party, amountFen }) => ({ party, amountFen: String(amountFen) })),
    seller: seller!,
    sellerFen: String(sellerFen),
    rulebookVersion,
  };
  draft.tell(saleReleased, said, saleId);
}

const SHANGHAI_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/** The same time of the same day `months` later in Shanghai, or of the last day of a shorter month. */
export function monthsAfter(at: number, months: number): number {
  const local = new Date(at + SHANGHAI_MS);
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth() + months, local.getUTCDate()];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, last)) + (local.getTime() % DAY_MS) - SHANGHAI_MS;
}
