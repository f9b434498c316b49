import http from 'k6/http';
import type { getOrder, payOrder as payCommand } from '@yuzhi/protocol/escrow';
import { ask, given, insist, until } from './gate.ts';
import type { Actor } from '../load/given.ts';

/** Charges of one order: the rail takes only so much at once. */
const CHARGES_MAX = 20;

/** Pays an order on the rail's hosted page, in as many charges as the rail needs. Throws where it does not come off. */
export function payOrder(orderId: string, payer: Actor): void {
  const read = () => ask<typeof getOrder>('escrow.order.get.v1', { orderId }, payer);
  for (let charges = 0; charges < CHARGES_MAX; charges++) {
    const order = until('the order', read);
    if (order.paidFen === order.amountFen) return;
    const returnUrl = `${given.url}/orders/${orderId}`;
    insist<typeof payCommand>('escrow.order.pay.v1', { orderId, returnUrl }, payer);
    const { checkoutUrl } = until('the hosted page', () => {
      const opened = read();
      return opened?.checkoutUrl ? opened : undefined;
    });
    const page = { method: 'alipay', outcome: 'succeeded' };
    const paid = http.post(checkoutUrl!, page, {
      redirects: 0,
      tags: { name: 'hosted page' },
      responseCallback: http.expectedStatuses(303),
    });
    if (paid.status !== 303) throw new Error(`the hosted page answered ${paid.status}`);
    until('the payment', () => read()?.paidFen !== order.paidFen);
  }
  throw new Error(`order ${orderId} is never paid`);
}
