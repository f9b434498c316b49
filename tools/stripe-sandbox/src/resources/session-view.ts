import type Stripe from 'stripe';
import type { Session } from '../states.ts';
import { toWire } from '../wire.ts';
import { payPage } from './intent-view.ts';

function showCustomer(session: Session): Stripe.Checkout.Session.CustomerDetails | null {
  if (!session.customerEmail) return null;
  const empty = { address: null, business_name: null, individual_name: null, name: null, phone: null };
  return { ...empty, email: session.customerEmail, tax_exempt: 'none', tax_ids: [] };
}

/** What of a session depends on nothing: all that this sandbox does not emulate. */
const CONSTANT = {
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_creation: 'if_required',
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  managed_payments: null,
  mode: 'payment',
  origin_context: null,
  payment_link: null,
  payment_method_collection: 'if_required',
  payment_method_configuration_details: null,
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  subscription: null,
  ui_mode: 'hosted_page',
  wallet_options: null,
} satisfies Partial<Stripe.Checkout.Session>;

export function showSession(session: Session, publicUrl: string): Stripe.Checkout.Session {
  return {
    ...CONSTANT,
    id: session.id,
    object: 'checkout.session',
    allowed_payment_method_types: session.allowedTypes,
    amount_subtotal: toWire(session.amountFen),
    amount_total: toWire(session.amountFen),
    cancel_url: session.cancelUrl,
    client_reference_id: session.clientReference,
    created: session.created,
    currency: 'cny',
    customer: session.customer,
    customer_details: showCustomer(session),
    customer_email: session.customerEmail,
    expires_at: session.expiresAt,
    locale: session.locale,
    metadata: session.metadata,
    payment_intent: session.intent,
    payment_method_options: session.wechatClient ? { wechat_pay: { app_id: null, client: 'web' } } : {},
    payment_method_types: session.methodTypes,
    payment_status: session.paid ? 'paid' : 'unpaid',
    status: session.status,
    submit_type: session.submitType,
    success_url: session.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    url: session.status === 'open' ? payPage(publicUrl, session.id) : null,
  } satisfies Stripe.Checkout.Session;
}
