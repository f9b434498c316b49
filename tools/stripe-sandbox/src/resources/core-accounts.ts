import { z } from 'zod';
import { operation } from '../operation.ts';
import { list } from '../params.ts';
import type { Account } from '../states.ts';
import { mergeMetadata } from '../wire.ts';
import { PLATFORM } from '../work.ts';
import { showCoreAccount } from './account-view.ts';
import { createAccount, findAccount } from './accounts.ts';

const text = z.string().min(1).max(5000);
const include = list(
  z
    .enum(['configuration.customer', 'configuration.merchant', 'configuration.recipient'])
    .or(z.enum(['defaults', 'future_requirements', 'identity', 'requirements'])),
).optional();

const params = {
  contact_email: text.optional(),
  contact_phone: text.optional(),
  display_name: text.optional(),
  dashboard: z.enum(['express', 'full', 'none']).optional(),
  identity: z
    .strictObject({
      country: text.length(2).optional(),
      entity_type: z.enum(['company', 'government_entity', 'individual', 'non_profit']).optional(),
      business_details: z.strictObject({ registered_name: text.optional(), phone: text.optional() }).optional(),
      individual: z
        .strictObject({ given_name: text.optional(), surname: text.optional(), email: text.optional() })
        .optional(),
    })
    .optional(),
  configuration: z
    .strictObject({
      recipient: z.strictObject({
        capabilities: z
          .strictObject({
            stripe_balance: z.strictObject({ stripe_transfers: z.strictObject({ requested: z.boolean() }) }).optional(),
          })
          .optional(),
      }),
    })
    .optional(),
  defaults: z
    .strictObject({
      currency: z.literal('cny').optional(),
      locales: z.array(text).optional(),
      responsibilities: z
        .strictObject({
          fees_collector: z.enum(['application', 'stripe']),
          losses_collector: z.enum(['application', 'stripe']),
        })
        .optional(),
    })
    .optional(),
  metadata: z.record(z.string().max(40), z.string().max(500)).optional(),
  include,
};

const TYPES = { express: 'express', full: 'standard', none: 'none' } as const satisfies Record<string, Account['type']>;

/** Accounts v2: a payee is a recipient, not a merchant. It is the same account that v1 shows. */
export const coreAccountOperations = [
  operation({
    name: 'v2.core.accounts.create',
    method: 'POST',
    path: '/v2/core/accounts',
    params,
    run: (work, asked) => {
      const { identity, configuration } = asked;
      const person = [identity?.individual?.surname, identity?.individual?.given_name].filter(Boolean).join('');
      const transfers = configuration?.recipient.capabilities?.stripe_balance?.stripe_transfers.requested ?? false;
      const account = createAccount(work, {
        account: PLATFORM,
        version: 'v2',
        type: TYPES[asked.dashboard ?? 'none'],
        country: (identity?.country ?? 'CN').toUpperCase(),
        entity: identity?.entity_type ?? null,
        email: asked.contact_email ?? null,
        phone: asked.contact_phone ?? null,
        displayName: asked.display_name ?? null,
        legalName: identity?.business_details?.registered_name ?? (person || null),
        serviceAgreement: 'recipient',
        requested: { transfers, card_payments: false },
        metadata: mergeMetadata({}, asked.metadata),
      });
      return showCoreAccount(account, asked.include ?? []);
    },
  }),
  operation({
    name: 'v2.core.accounts.retrieve',
    method: 'GET',
    path: '/v2/core/accounts/:id',
    params: { include },
    run: async (work, asked, { id }) => showCoreAccount(await findAccount(work, id!), asked.include ?? []),
  }),
];
