import { StripeFailure, invalid } from '../failure.ts';
import type { Intent, MethodType, Session } from '../states.ts';
import type { Work } from '../work.ts';
import { cardMethod, testCard, walletMethod } from './methods.ts';
import { approve, chargeCard, refuse } from './paying.ts';
import { createIntent } from './payment-intents.ts';
import { showSession } from './session-view.ts';

export type Outcome = 'failed' | 'succeeded';

/** `alipay`, `wechat_pay`, `card`, or one of Stripe's names of a test card. */
export interface Choice {
  method: string;
  outcome: Outcome;
}

const typeOf = (method: string): MethodType => (method === 'alipay' || method === 'wechat_pay' ? method : 'card');

function requireType(types: MethodType[], type: MethodType): void {
  if (!types.includes(type)) throw invalid(`${type} is not among its payment method types: ${types.join(', ')}.`);
}

/** The buyer decides in the wallet or at the card form. A decline leaves the intent open for another try. */
async function decide(work: Work, intent: Intent, { method, outcome }: Choice): Promise<Intent> {
  const type = typeOf(method);
  if (type !== 'card') {
    const wallet = intent.method?.type === type ? intent.method : walletMethod(type);
    return outcome === 'succeeded' ? approve(work, intent, wallet) : refuse(work, intent, wallet);
  }
  const card = testCard(method === 'card' ? 'pm_card_visa' : method);
  if (outcome === 'failed') return refuse(work, intent, cardMethod(card));
  try {
    return await chargeCard(work, intent, card);
  } catch (error) {
    // On the hosted page a declined card is an answer to the buyer, not to the API.
    if (error instanceof StripeFailure && error.keepsWrites) return work.trace('payment_intent', intent.id);
    throw error;
  }
}

export async function paySession(work: Work, session: Session, choice: Choice): Promise<Session> {
  if (session.status !== 'open') throw invalid(`This Checkout Session is ${session.status}.`);
  requireType(session.methodTypes, typeOf(choice.method));
  const begun = session.intent
    ? await work.trace('payment_intent', session.intent)
    : createIntent(work, {
        ...session.intentData,
        amountFen: session.amountFen,
        allowedTypes: session.allowedTypes,
        methodTypes: session.methodTypes,
        wechatClient: session.wechatClient,
        customer: session.customer,
        session: session.id,
      });
  const intent = await decide(work, begun, choice);
  if (intent.status === 'requires_payment_method')
    return work.put('checkout.session', { ...session, intent: intent.id });
  const complete = work.put('checkout.session', {
    ...session,
    status: 'complete',
    paid: intent.status === 'succeeded',
    intent: intent.id,
    dueAt: null,
  });
  work.tell('checkout.session.completed', showSession(complete, work.scene.publicUrl));
  return complete;
}

/** The buyer of a payment intent that was sent to a wallet comes back from it. */
export async function payIntent(work: Work, intent: Intent, choice: Choice): Promise<Intent> {
  if (intent.status !== 'requires_action') throw invalid(`This PaymentIntent has a status of ${intent.status}.`);
  if (intent.method?.type !== typeOf(choice.method)) throw invalid(`It was confirmed with ${intent.method?.type}.`);
  return decide(work, intent, choice);
}
