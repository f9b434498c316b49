import { wire } from '@yuzhi/database/json';
import type { Effects } from '@yuzhi/messaging/decision';
import { expectPrice, releaseSale } from '@yuzhi/protocol/escrow';
import { confirmPatent, openFiling } from '@yuzhi/protocol/register';
import type { Ask, Asking, Deal } from './deal.ts';

/** Escrow has one book, and decides everything about money on it. */
const BOOK = 'main';

const ASKS: Record<Ask, (effects: Effects, deal: Deal) => Effects> = {
  confirm: (effects, { saleId, patentNumber, seller }) =>
    effects.ask(confirmPatent, patentNumber, { patentNumber, saleId, seller }),
  expect(effects, { saleId, seller, buyer, priceFen, depositFen, payBy }) {
    return effects.ask(expectPrice, BOOK, wire({ saleId, seller, buyer, priceFen, depositFen, dueAt: payBy!.at }));
  },
  file(effects, { saleId, patentNumber, seller, buyer, sealedHash, effectiveAt }) {
    const contract = { contractHash: sealedHash!, contractSignedAt: effectiveAt! };
    return effects.ask(openFiling, saleId, { saleId, patentNumber, from: seller, to: buyer, ...contract });
  },
  release(effects, { saleId, reward: { inventors, shareBps, costs }, terms: { inventorFloor, netDeducts } }) {
    const costsFen = costs.reduce((sum, { amountFen }) => sum + amountFen, 0n);
    const inventorBps = Math.max(shareBps, inventorFloor.shareBps);
    const { payMonths } = inventorFloor;
    return effects.ask(releaseSale, BOOK, wire({ saleId, inventors, inventorBps, costsFen, netDeducts, payMonths }));
  },
};

export function ask(effects: Effects, deal: Deal, what: Ask): Asking {
  ASKS[what](effects, deal);
  const before = deal.asking?.what === what ? deal.asking.attempt : 0;
  return { what, attempt: before + 1, retryAt: null };
}
