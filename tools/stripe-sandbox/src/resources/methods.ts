import { invalid } from '../failure.ts';
import type { Method, MethodType } from '../states.ts';
import { newId } from '../wire.ts';

/** What a test card does when it is charged. */
export interface TestCard {
  brand: string;
  last4: string;
  /** The decline code it answers with. */
  declines?: string;
  settlesAtOnce?: boolean;
  isDisputed?: boolean;
}

/** Stripe's own names of its test cards. */
const CARDS: Record<string, TestCard> = {
  pm_card_visa: { brand: 'visa', last4: '4242' },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444' },
  pm_card_unionpay: { brand: 'unionpay', last4: '0005' },
  pm_card_bypassPending: { brand: 'visa', last4: '0077', settlesAtOnce: true },
  pm_card_createDispute: { brand: 'visa', last4: '0259', isDisputed: true },
  pm_card_visa_chargeDeclined: { brand: 'visa', last4: '0002', declines: 'generic_decline' },
  pm_card_visa_chargeDeclinedInsufficientFunds: { brand: 'visa', last4: '9995', declines: 'insufficient_funds' },
};

export function testCard(name: string): TestCard {
  const card = Object.hasOwn(CARDS, name) ? CARDS[name] : undefined;
  if (card) return card;
  const known = Object.keys(CARDS).join(', ');
  throw invalid(`No such PaymentMethod: '${name}'. This sandbox knows ${known}.`, 'resource_missing', 'payment_method');
}

export const cardMethod = ({ brand, last4 }: TestCard): Method => ({ id: newId('pm'), type: 'card', brand, last4 });
export const walletMethod = (type: Exclude<MethodType, 'card'>): Method => ({ id: newId('pm'), type });
