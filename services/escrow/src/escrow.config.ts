import { type ServiceConfig, ServiceEnvironment } from '@yuzhi/chassis/config';
import { z } from 'zod';

const names = (text: string) => text.split(',').map((name) => name.trim());

export const EscrowEnvironment = ServiceEnvironment.extend({
  stripeSecretKey: z.string().regex(/^(sk|rk)_(test|live)_\w+$/, 'a secret key of Stripe'),
  /** Of each webhook endpoint, separated by commas: Stripe signs for our own account and for payees' apart. */
  stripeWebhookSecrets: z
    .string()
    .transform(names)
    .pipe(z.array(z.string().min(1))),
  /** Of a sandbox; absent: Stripe itself. */
  stripeApiBase: z.url({ protocol: /^https?$/ }).optional(),
  stripePlatform: z.string().min(1).max(60).default('yuzhi'),
  /** Below the 30 seconds that an errand may take. */
  stripeTimeoutMs: z.coerce.number().int().min(100).max(29_000).default(25_000),
  /** How often what no webhook told us is looked for. */
  reconcileMs: z.coerce.number().int().min(100).default(300_000),
  /** The first wait after a refusal that time may mend; it doubles up to an hour. */
  railBackOffMs: z.coerce.number().int().min(1).default(2000),
}).refine(({ stripeSecretKey, stripeApiBase }) => !(stripeApiBase && stripeSecretKey.includes('_live_')), {
  path: ['stripeApiBase'],
  message: 'a live key is never sent to a sandbox',
});
export type EscrowConfig = z.output<typeof EscrowEnvironment> & ServiceConfig;
