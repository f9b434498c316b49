import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StripeFailure } from '../failure.ts';
import { completeAccount } from '../resources/accounts.ts';
import { payIntent, paySession } from '../resources/hosted-payment.ts';
import type { AccountLink, Intent, Session } from '../states.ts';
import type { Store } from '../store.ts';
import type { Work } from '../work.ts';
import { type Closed, checkoutPage, closedPage, intentBill, sessionBill } from './checkout-page.ts';
import { frontPage } from './front-page.ts';
import { type Locale, localeOf } from './layout.ts';
import { deadLinkPage, onboardingPage } from './onboarding-page.ts';

type ById = { Params: { id: string } };

const localeFor = (request: FastifyRequest, preset: string | null = null): Locale =>
  localeOf((request.query as { locale?: string }).locale, preset, request.headers['accept-language']);

const show = (reply: FastifyReply, html: string, status = 200): FastifyReply =>
  reply
    .code(status)
    .headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
    .send(html);

/** The buyer goes on by GET, whatever brought them here. */
const goTo = (reply: FastifyReply, url: string): FastifyReply => reply.redirect(url, 303);

const filledIn = (url: string, session: Session): string => url.replaceAll('{CHECKOUT_SESSION_ID}', session.id);

/** Where the buyer of a payment intent comes back to, with what Stripe adds to the address. */
function backTo(intent: Intent, status: 'failed' | 'succeeded'): string {
  const url = new URL(intent.returnUrl!);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.secret);
  url.searchParams.set('redirect_status', status);
  return url.toString();
}

const SESSION_CLOSED: Record<string, Closed> = { complete: 'complete', expired: 'expired' };
const INTENT_CLOSED: Record<string, Closed> = {
  succeeded: 'complete',
  requires_capture: 'complete',
  canceled: 'canceled',
};

async function lookAtBill(work: Work, id: string, request: FastifyRequest): Promise<[string, number]> {
  const session = await work.find('checkout.session', id);
  if (session) {
    const locale = localeFor(request, session.locale);
    if (session.status !== 'open') return [closedPage(locale, SESSION_CLOSED[session.status] ?? 'closed'), 410];
    const intent = session.intent ? await work.trace('payment_intent', session.intent) : undefined;
    return [checkoutPage(locale, sessionBill(session, intent)), 200];
  }
  const locale = localeFor(request);
  const intent = await work.find('payment_intent', id);
  if (!intent) return [closedPage(locale, 'missing'), 404];
  if (intent.status === 'requires_action') return [checkoutPage(locale, intentBill(intent)), 200];
  return [closedPage(locale, INTENT_CLOSED[intent.status] ?? 'closed'), 410];
}

/** Where the buyer goes after deciding; undefined: nowhere, the page says why. */
async function decide(work: Work, id: string, body: Record<string, string>): Promise<string | undefined> {
  const outcome = body['outcome'] === 'failed' ? 'failed' : 'succeeded';
  const session = await work.find('checkout.session', id);
  if (session) {
    const choice = { method: body['method'] ?? session.methodTypes[0]!, outcome } as const;
    const paid = await paySession(work, session, choice);
    return paid.status === 'complete' ? filledIn(paid.successUrl, paid) : undefined;
  }
  const intent = await work.need('payment_intent', id);
  const paid = await payIntent(work, intent, { method: intent.method?.type ?? 'card', outcome });
  const status = paid.status === 'requires_payment_method' ? 'failed' : 'succeeded';
  return paid.returnUrl ? backTo(paid, status) : undefined;
}

function serveCheckout(server: FastifyInstance, store: Store): void {
  const look = async (request: FastifyRequest, reply: FastifyReply, id: string) => {
    const [html, status] = await store.read(store.scene(), (work) => lookAtBill(work, id, request));
    return show(reply, html, status);
  };
  server.get<ById>('/pay/:id', (request, reply) => look(request, reply, request.params.id));
  server.post<ById>('/pay/:id', async (request, reply) => {
    const { id } = request.params;
    try {
      const body = (request.body ?? {}) as Record<string, string>;
      const next = await store.transact(store.scene(), (work) => decide(work, id, body));
      if (next) return goTo(reply, next);
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
    }
    return look(request, reply, id);
  });
  server.post<ById>('/pay/:id/cancel', async (request, reply) => {
    const { id } = request.params;
    const [session, intent] = await store.read(store.scene(), async (work) => [
      await work.find('checkout.session', id),
      await work.find('payment_intent', id),
    ]);
    if (session?.cancelUrl) return goTo(reply, filledIn(session.cancelUrl, session));
    if (intent?.returnUrl && intent.status === 'requires_action') return goTo(reply, backTo(intent, 'failed'));
    return look(request, reply, id);
  });
}

const isAlive = (work: Work, link: AccountLink): boolean => !link.used && link.expiresAt > work.now;

/** Where the payee goes next, or the page that says why not. Answered once the work is committed. */
type Shown = { goTo: string } | { html: string; status: number };

async function lookAtLink(work: Work, id: string, locale: Locale): Promise<Shown> {
  const link = await work.find('account_link', id);
  if (!link) return { html: deadLinkPage(locale), status: 404 };
  if (!isAlive(work, link)) return { goTo: link.refreshUrl };
  return { html: onboardingPage(locale, await work.trace('account', link.connected)), status: 200 };
}

async function onboard(work: Work, id: string, locale: Locale, form: Record<string, string>): Promise<Shown> {
  const { action = 'complete', holder = '', last4 = '' } = form;
  const link = await work.find('account_link', id);
  if (!link) return { html: deadLinkPage(locale), status: 404 };
  if (!isAlive(work, link)) return { goTo: link.refreshUrl };
  if (action === 'later') return { goTo: link.returnUrl };
  const account = await work.trace('account', link.connected);
  if (holder.trim() === '' || !/^\d{4}$/.test(last4)) {
    return { html: onboardingPage(locale, account, { holder, last4 }), status: 422 };
  }
  work.put('account_link', { ...link, used: true });
  completeAccount(work, account, holder.trim().slice(0, 100), last4);
  return { goTo: link.returnUrl };
}

function serveOnboarding(server: FastifyInstance, store: Store): void {
  const answer = (reply: FastifyReply, shown: Shown) =>
    'goTo' in shown ? goTo(reply, shown.goTo) : show(reply, shown.html, shown.status);
  server.get<ById>('/onboarding/:id', async (request, reply) => {
    const look = (work: Work) => lookAtLink(work, request.params.id, localeFor(request));
    return answer(reply, await store.read(store.scene(), look));
  });
  server.post<ById>('/onboarding/:id', async (request, reply) => {
    const form = (request.body ?? {}) as Record<string, string>;
    const submit = (work: Work) => onboard(work, request.params.id, localeFor(request), form);
    return answer(reply, await store.transact(store.scene(), submit));
  });
}

/** The pages that buyers and payees are sent to, and one for whoever opens the bare address. */
export function serveHostedPages(server: FastifyInstance, store: Store): void {
  server.get('/', (request, reply) => show(reply, frontPage(localeFor(request))));
  serveCheckout(server, store);
  serveOnboarding(server, store);
}
