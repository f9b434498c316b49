import { mature } from './resources/balances.ts';
import { expireSession } from './resources/checkout-sessions.ts';
import { cancel } from './resources/paying.ts';
import { continuePayout } from './resources/payouts.ts';
import { continueRefund } from './resources/refunds.ts';
import type { Kind } from './states.ts';
import type { Work } from './work.ts';

const DUE = 'select id, kind from stripe_sandbox.object where due_at = $1 order by seq limit 500';

async function elapseOne(work: Work, kind: Kind, id: string): Promise<void> {
  switch (kind) {
    case 'balance_transaction':
      return mature(work, await work.trace(kind, id));
    case 'checkout.session':
      return void (await expireSession(work, await work.trace(kind, id)));
    case 'payment_intent':
      return void (await cancel(work, await work.trace(kind, id), 'expired'));
    case 'payout':
      return continuePayout(work, await work.trace(kind, id));
    case 'refund':
      return continueRefund(work, await work.trace(kind, id));
    default:
      throw new Error(`time does nothing to a ${kind}`);
  }
}

/** What happens by itself at this time. Funds become available before a refund looks for them: it came later. */
export async function elapse(work: Work, dueAt: number): Promise<void> {
  for (const { id, kind } of await work.query<{ id: string; kind: Kind }>(DUE, [dueAt])) {
    await elapseOne(work, kind, id);
  }
}
