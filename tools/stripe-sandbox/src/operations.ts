import type { Operation } from './operation.ts';
import { accountLinkOperations } from './resources/account-links.ts';
import { accountOperations } from './resources/accounts.ts';
import { balanceOperations } from './resources/balances.ts';
import { chargeOperations } from './resources/charges.ts';
import { checkoutSessionOperations } from './resources/checkout-sessions.ts';
import { coreAccountOperations } from './resources/core-accounts.ts';
import { customerOperations } from './resources/customers.ts';
import { disputeOperations } from './resources/disputes.ts';
import { eventOperations } from './resources/events.ts';
import { paymentIntentOperations } from './resources/payment-intents.ts';
import { payoutOperations } from './resources/payouts.ts';
import { refundOperations } from './resources/refunds.ts';
import { transferOperations } from './resources/transfers.ts';
import { webhookEndpointOperations } from './resources/webhook-endpoints.ts';

/** Everything the sandbox emulates. Whatever is not here answers 404. */
export const OPERATIONS: Operation[] = [
  ...accountLinkOperations,
  ...accountOperations,
  ...balanceOperations,
  ...chargeOperations,
  ...checkoutSessionOperations,
  ...coreAccountOperations,
  ...customerOperations,
  ...disputeOperations,
  ...eventOperations,
  ...paymentIntentOperations,
  ...payoutOperations,
  ...refundOperations,
  ...transferOperations,
  ...webhookEndpointOperations,
];
