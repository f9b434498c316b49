import { StripeFailure, type StripeErrorBody, invalid, missingParam } from '../failure.ts';
import type { Charge, Intent, Method } from '../states.ts';
import { DAY_S, newId } from '../wire.ts';
import type { Settings, Work } from '../work.ts';
import { post } from './balances.ts';
import { showCharge } from './charges.ts';
import { openDispute } from './disputes.ts';
import { showIntent } from './intent-view.ts';
import { type TestCard, cardMethod } from './methods.ts';

/** How long a card's authorisation is good for; what Visa gives to a payment its holder makes. */
const HOLD_S = 7 * DAY_S;

const feeOf = (settings: Settings, fen: bigint): bigint =>
  (fen * BigInt(settings.feeBps) + 5_000n) / 10_000n + settings.feeFixedFen;

function newCharge(work: Work, intent: Intent, method: Method, part: Partial<Charge>): Charge {
  return {
    id: newId(method.type === 'card' ? 'ch' : 'py'),
    account: intent.account,
    created: work.now,
    status: 'succeeded',
    amountFen: intent.amountFen,
    capturedFen: 0n,
    refundedFen: 0n,
    transferredFen: 0n,
    captured: false,
    captureBefore: null,
    bypassesPending: false,
    intent: intent.id,
    method,
    balanceTransaction: null,
    availableOn: null,
    sourceTransfer: null,
    dispute: null,
    failureCode: null,
    failureMessage: null,
    description: intent.description,
    receiptEmail: intent.receiptEmail,
    statementDescriptor: intent.statementDescriptor,
    statementDescriptorSuffix: intent.statementDescriptorSuffix,
    customer: intent.customer,
    metadata: intent.metadata,
    transferGroup: intent.transferGroup,
    ...part,
  };
}

/** The buyer's money arrives: pending until it has settled. */
async function collect(work: Work, charge: Charge, amountFen: bigint): Promise<Charge> {
  const availableOn = charge.bypassesPending ? work.now : work.now + work.settings.settlementSeconds;
  const transaction = await post(work, {
    account: charge.account,
    flow: 'charge',
    type: charge.method?.type === 'card' ? 'charge' : 'payment',
    amountFen,
    feeFen: feeOf(work.settings, amountFen),
    source: charge.id,
    availableOn,
    description: charge.description,
  });
  const paid = { captured: true, capturedFen: amountFen, balanceTransaction: transaction.id, availableOn };
  return work.put('charge', { ...charge, ...paid });
}

function succeed(work: Work, intent: Intent, charge: Charge): Intent {
  const paid = work.put('payment_intent', {
    ...intent,
    status: 'succeeded',
    capturableFen: 0n,
    receivedFen: charge.capturedFen,
    charge: charge.id,
    lastError: null,
    dueAt: null,
  });
  work.tell('payment_intent.succeeded', showIntent(paid, work.scene.publicUrl));
  return paid;
}

/** The bank or the wallet says yes. */
export async function approve(work: Work, intent: Intent, method: Method, card?: TestCard): Promise<Intent> {
  const manual = intent.captureMethod === 'manual';
  const captureBefore = manual ? work.now + HOLD_S : null;
  const bypassesPending = card?.settlesAtOnce ?? false;
  const authorised = newCharge(work, intent, method, { captureBefore, bypassesPending });
  if (manual) {
    const charge = work.put('charge', authorised);
    const held = work.put('payment_intent', {
      ...intent,
      method,
      status: 'requires_capture',
      capturableFen: intent.amountFen,
      charge: charge.id,
      lastError: null,
      dueAt: captureBefore,
    });
    work.tell('charge.succeeded', showCharge(charge));
    work.tell('payment_intent.amount_capturable_updated', showIntent(held, work.scene.publicUrl));
    return held;
  }
  const charge = await collect(work, authorised, intent.amountFen);
  work.tell('charge.succeeded', showCharge(charge));
  const paid = succeed(work, { ...intent, method }, charge);
  if (card?.isDisputed) await openDispute(work, charge);
  return paid;
}

/** The bank or the wallet says no; the buyer may try again. */
export function refuse(work: Work, intent: Intent, method: Method, declineCode = 'generic_decline'): Intent {
  let failed: Charge | undefined;
  let lastError: StripeErrorBody = {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message: 'The customer did not approve the payment.',
  };
  if (method.type === 'card') {
    const message = 'Your card was declined.';
    const failure = { status: 'failed' as const, failureCode: 'card_declined', failureMessage: message };
    failed = work.put('charge', newCharge(work, intent, method, failure));
    lastError = { type: 'card_error', code: 'card_declined', decline_code: declineCode, message, charge: failed.id };
    work.tell('charge.failed', showCharge(failed));
  }
  const charge = failed?.id ?? intent.charge;
  const open = work.put('payment_intent', {
    ...intent,
    status: 'requires_payment_method',
    method: null,
    charge,
    lastError,
  });
  work.tell('payment_intent.payment_failed', showIntent(open, work.scene.publicUrl));
  return open;
}

/** Charges a test card at once. Throws card_declined, which leaves the failed charge behind. */
export async function chargeCard(work: Work, intent: Intent, card: TestCard): Promise<Intent> {
  const method = cardMethod(card);
  if (!card.declines) return approve(work, intent, method, card);
  const refused = refuse(work, intent, method, card.declines);
  const shown = showIntent(refused, work.scene.publicUrl);
  throw new StripeFailure(402, { ...refused.lastError!, payment_intent: shown }, true);
}

/** Sends the buyer to the wallet: a page to pay on, or a code to scan. */
export function sendToWallet(work: Work, intent: Intent, method: Method): Intent {
  if (method.type === 'alipay' && !intent.returnUrl) throw missingParam('return_url');
  if (method.type === 'wechat_pay' && !intent.wechatClient) {
    throw missingParam('payment_method_options[wechat_pay][client]');
  }
  const waiting = work.put('payment_intent', { ...intent, method, status: 'requires_action', lastError: null });
  work.tell('payment_intent.requires_action', showIntent(waiting, work.scene.publicUrl));
  return waiting;
}

export async function capture(work: Work, intent: Intent, asked?: bigint): Promise<Intent> {
  if (intent.status !== 'requires_capture') {
    const message = `This PaymentIntent could not be captured because it has a status of ${intent.status}.`;
    throw invalid(message, 'payment_intent_unexpected_state');
  }
  const amountFen = asked ?? intent.capturableFen;
  if (amountFen > intent.capturableFen) {
    throw invalid(
      'The amount to capture is greater than what was authorised.',
      'amount_too_large',
      'amount_to_capture',
    );
  }
  const charge = await collect(work, await work.trace('charge', intent.charge!), amountFen);
  work.tell('charge.captured', showCharge(charge));
  return succeed(work, intent, charge);
}

/** Gives a hold back, or gives up on a payment that was not made. */
export async function cancel(work: Work, intent: Intent, reason: string | null): Promise<Intent> {
  if (intent.charge && intent.status === 'requires_capture') {
    const charge = await work.trace('charge', intent.charge);
    const released = work.put('charge', { ...charge, refundedFen: charge.amountFen });
    work.tell(reason === 'expired' ? 'charge.expired' : 'charge.refunded', showCharge(released));
  }
  const canceled = work.put('payment_intent', {
    ...intent,
    status: 'canceled',
    capturableFen: 0n,
    canceledAt: work.now,
    cancellationReason: reason,
    dueAt: null,
  });
  work.tell('payment_intent.canceled', showIntent(canceled, work.scene.publicUrl));
  return canceled;
}
