import type Stripe from 'stripe';
import type { Intent } from '../states.ts';
import { toWire } from '../wire.ts';

/** A code nobody needs to scan: the page behind it is the one to open. */
const QR_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><text y="24">演示 DEMO</text></svg>';
const QR_DATA_URL = `data:image/svg+xml;base64,${Buffer.from(QR_SVG).toString('base64')}`;

export const payPage = (publicUrl: string, id: string): string => `${publicUrl}/pay/${id}`;

function showNextAction(intent: Intent, publicUrl: string): Stripe.PaymentIntent.NextAction | null {
  if (intent.status !== 'requires_action') return null;
  const page = payPage(publicUrl, intent.id);
  if (intent.method?.type === 'alipay') {
    const redirect = { native_data: null, native_url: null, return_url: intent.returnUrl, url: page };
    return { type: 'alipay_handle_redirect', alipay_handle_redirect: redirect };
  }
  return {
    type: 'wechat_pay_display_qr_code',
    wechat_pay_display_qr_code: {
      data: page,
      hosted_instructions_url: page,
      image_data_url: QR_DATA_URL,
      image_url_png: QR_DATA_URL,
      image_url_svg: QR_DATA_URL,
    },
  };
}

export function showIntent(intent: Intent, publicUrl: string): Stripe.PaymentIntent {
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: intent.allowedTypes,
    amount: toWire(intent.amountFen),
    amount_capturable: toWire(intent.capturableFen),
    amount_received: toWire(intent.receivedFen),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: intent.canceledAt,
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.secret,
    confirmation_method: 'automatic',
    created: intent.created,
    currency: 'cny',
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: intent.lastError as Stripe.PaymentIntent.LastPaymentError | null,
    latest_charge: intent.charge,
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: showNextAction(intent, publicUrl),
    on_behalf_of: null,
    payment_method: intent.method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: intent.wechatClient ? { wechat_pay: { app_id: null, client: 'web' } } : {},
    payment_method_types: intent.methodTypes,
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: intent.status,
    transfer_data: null,
    transfer_group: intent.transferGroup,
  } satisfies Stripe.PaymentIntent;
}
