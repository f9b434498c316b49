import type { StripeErrorBody } from './failure.ts';

export type MethodType = 'alipay' | 'card' | 'wechat_pay';
export type Metadata = Record<string, string>;

/** One row of the store. Amounts are `bigint` fen and their names end in `Fen`; times are seconds since 1970. */
interface Row {
  id: string;
  /** The Stripe account it belongs to: the platform's or a connected one. */
  account: string;
  created: number;
  /** When time alone changes it: a hold expires, funds become available, a payout arrives. */
  dueAt?: number | null;
}

export interface Method {
  id: string;
  type: MethodType;
  brand?: string;
  last4?: string;
}

export interface Intent extends Row {
  status:
    | 'canceled'
    | 'requires_action'
    | 'requires_capture'
    | 'requires_confirmation'
    | 'requires_payment_method'
    | 'succeeded';
  amountFen: bigint;
  capturableFen: bigint;
  receivedFen: bigint;
  captureMethod: 'automatic' | 'automatic_async' | 'manual';
  /** What the request allowed; null: whatever there is. */
  allowedTypes: MethodType[] | null;
  methodTypes: MethodType[];
  wechatClient: string | null;
  method: Method | null;
  returnUrl: string | null;
  secret: string;
  description: string | null;
  statementDescriptor: string | null;
  statementDescriptorSuffix: string | null;
  receiptEmail: string | null;
  customer: string | null;
  metadata: Metadata;
  transferGroup: string | null;
  charge: string | null;
  /** The checkout session that made it. */
  session: string | null;
  lastError: StripeErrorBody | null;
  canceledAt: number | null;
  cancellationReason: string | null;
}

export interface Charge extends Row {
  status: 'failed' | 'succeeded';
  amountFen: bigint;
  capturedFen: bigint;
  refundedFen: bigint;
  /** Of the captured amount: what transfers with this charge as their source have taken. */
  transferredFen: bigint;
  captured: boolean;
  captureBefore: number | null;
  /** A card that settles at once: no pending balance. */
  bypassesPending: boolean;
  intent: string | null;
  method: Method | null;
  balanceTransaction: string | null;
  availableOn: number | null;
  sourceTransfer: string | null;
  dispute: string | null;
  failureCode: string | null;
  failureMessage: string | null;
  description: string | null;
  receiptEmail: string | null;
  statementDescriptor: string | null;
  statementDescriptorSuffix: string | null;
  customer: string | null;
  metadata: Metadata;
  transferGroup: string | null;
}

export interface Session extends Row {
  status: 'complete' | 'expired' | 'open';
  paid: boolean;
  amountFen: bigint;
  /** `unitFen` as digits: only a row's own fields are revived. */
  lines: { id: string; name: string; description: string | null; unitFen: string; quantity: number }[];
  allowedTypes: MethodType[] | null;
  methodTypes: MethodType[];
  wechatClient: string | null;
  successUrl: string;
  cancelUrl: string | null;
  expiresAt: number;
  locale: string | null;
  submitType: string | null;
  clientReference: string | null;
  customer: string | null;
  customerEmail: string | null;
  metadata: Metadata;
  intent: string | null;
  intentData: Pick<Intent, 'captureMethod' | 'description' | 'metadata' | 'receiptEmail' | 'transferGroup'> &
    Pick<Intent, 'statementDescriptor' | 'statementDescriptorSuffix'>;
}

export interface Refund extends Row {
  status: 'pending' | 'succeeded' | 'failed';
  pendingReason: 'insufficient_funds' | 'processing' | null;
  amountFen: bigint;
  charge: string;
  intent: string | null;
  reason: string | null;
  metadata: Metadata;
  balanceTransaction: string | null;
  failureBalanceTransaction: string | null;
}

export interface Customer extends Row {
  name: string | null;
  email: string | null;
  phone: string | null;
  description: string | null;
  metadata: Metadata;
}

export interface Account extends Row {
  version: 'v1' | 'v2';
  type: 'custom' | 'express' | 'none' | 'standard';
  country: string;
  entity: 'company' | 'government_entity' | 'individual' | 'non_profit' | null;
  email: string | null;
  phone: string | null;
  displayName: string | null;
  legalName: string | null;
  businessUrl: string | null;
  productDescription: string | null;
  serviceAgreement: string;
  requested: { transfers: boolean; card_payments: boolean };
  detailsSubmitted: boolean;
  bank: { id: string; holder: string; last4: string } | null;
  metadata: Metadata;
}

export interface AccountLink extends Row {
  connected: string;
  expiresAt: number;
  refreshUrl: string;
  returnUrl: string;
  used: boolean;
}

export interface Transfer extends Row {
  amountFen: bigint;
  reversedFen: bigint;
  destination: string;
  destinationPayment: string;
  sourceTransaction: string | null;
  availableOn: number;
  balanceTransaction: string;
  description: string | null;
  metadata: Metadata;
  transferGroup: string | null;
}

export interface Reversal extends Row {
  amountFen: bigint;
  transfer: string;
  balanceTransaction: string;
  metadata: Metadata;
}

export interface Payout extends Row {
  status: 'canceled' | 'failed' | 'in_transit' | 'paid' | 'pending';
  amountFen: bigint;
  arrivalDate: number;
  bank: string;
  description: string | null;
  statementDescriptor: string | null;
  metadata: Metadata;
  balanceTransaction: string;
  failureBalanceTransaction: string | null;
  failureCode: string | null;
}

export interface Dispute extends Row {
  status: 'lost' | 'needs_response' | 'won';
  amountFen: bigint;
  charge: string;
  intent: string | null;
  reason: string;
  metadata: Metadata;
  balanceTransactions: string[];
}

/** Why money moved, in the words of the summary. */
export type Flow =
  | 'charge'
  | 'dispute'
  | 'payout'
  | 'payout-returned'
  | 'refund'
  | 'refund-returned'
  | 'reversal-in'
  | 'reversal-out'
  | 'transfer-in'
  | 'transfer-out';

export interface BalanceTransaction extends Row {
  flow: Flow;
  type: string;
  reportingCategory: string;
  amountFen: bigint;
  feeFen: bigint;
  availableOn: number;
  matured: boolean;
  source: string;
  description: string | null;
}

export interface Balance extends Row {
  availableFen: bigint;
  pendingFen: bigint;
}

export interface BalanceSettings extends Row {
  statementDescriptor: string | null;
  debitNegativeBalances: boolean;
}

export interface SandboxEvent extends Row {
  type: string;
  /** The object as the API showed it at that moment. */
  object: unknown;
  requestId: string | null;
  idempotencyKey: string | null;
}

export interface WebhookEndpoint extends Row {
  url: string;
  secret: string;
  enabledEvents: string[];
  connect: boolean;
  status: 'disabled' | 'enabled';
  apiVersion: string | null;
  description: string | null;
  metadata: Metadata;
}

export interface States {
  account: Account;
  account_link: AccountLink;
  balance: Balance;
  balance_settings: BalanceSettings;
  balance_transaction: BalanceTransaction;
  charge: Charge;
  'checkout.session': Session;
  customer: Customer;
  dispute: Dispute;
  event: SandboxEvent;
  payment_intent: Intent;
  payout: Payout;
  refund: Refund;
  transfer: Transfer;
  transfer_reversal: Reversal;
  webhook_endpoint: WebhookEndpoint;
}
export type Kind = keyof States;
