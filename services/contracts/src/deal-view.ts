import { toRmbCapital } from '@yuzhi/money/capital';
import type { Words } from '@yuzhi/protocol/declare';
import { type Deal, SIDES } from './domain/deal.ts';

/** A deal as its parties and the desk see it. `notice` says what these signatures are not. */
export function dealView(deal: Deal, notice: Words | null) {
  const { saleId, patentNumber, priceFen, depositFen, orderId, entry, due } = deal;
  return {
    saleId,
    state: deal.state,
    stuck: deal.stuck,
    seller: deal.seller,
    buyer: deal.buyer,
    patentNumber,
    title: entry.title,
    priceFen,
    priceCapital: toRmbCapital(priceFen),
    depositFen,
    orderId,
    contract: deal.contract && { ...deal.contract, signBy: deal.signBy! },
    signatures: SIDES.flatMap((side) => {
      const made = deal.signing[side]?.signature;
      return made ? [{ side, party: deal[side], name: made.signerName, at: made.at }] : [];
    }),
    signatureNotice: notice,
    sealedHash: deal.sealedHash,
    deadlineAt: due?.at ?? null,
    deadlineProvisional: due?.provisional ?? false,
    registeredOn: deal.notes.registeredOn,
    rulebookVersion: deal.terms.rulebookVersion,
    demo: entry.demo,
    version: deal.version,
  };
}
