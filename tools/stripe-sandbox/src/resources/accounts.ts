import type Stripe from 'stripe';
import { z } from 'zod';
import { missingObject } from '../failure.ts';
import { given, operation } from '../operation.ts';
import { emptyable, flag, metadata, text, url, whole } from '../params.ts';
import type { Account } from '../states.ts';
import { mergeMetadata, newId } from '../wire.ts';
import { PLATFORM, type Work } from '../work.ts';
import { platformAccount, showAccount } from './account-view.ts';
import { requireManualPayouts } from './balances.ts';

const requested = z.strictObject({ requested: flag }).optional();
const address = z
  .strictObject({
    city: text.optional(),
    country: text.optional(),
    line1: text.optional(),
    line2: text.optional(),
    postal_code: text.optional(),
    state: text.optional(),
  })
  .optional();

const described = {
  email: emptyable(text).optional(),
  business_type: z.enum(['company', 'government_entity', 'individual', 'non_profit']).optional(),
  business_profile: z
    .strictObject({ name: text.optional(), product_description: text.optional(), url: url.optional() })
    .optional(),
  capabilities: z.strictObject({ transfers: requested, card_payments: requested }).optional(),
  company: z
    .strictObject({ name: text.optional(), phone: text.optional(), tax_id: text.optional(), address })
    .optional(),
  individual: z
    .strictObject({
      first_name: text.optional(),
      last_name: text.optional(),
      email: text.optional(),
      phone: text.optional(),
      id_number: text.optional(),
      address,
    })
    .optional(),
  settings: z
    .strictObject({
      payouts: z.strictObject({ schedule: z.strictObject({ interval: text }).optional() }).optional(),
    })
    .optional(),
  tos_acceptance: z
    .strictObject({ date: whole.optional(), ip: text.optional(), service_agreement: text.optional() })
    .optional(),
  metadata: metadata.optional(),
};
type Described = z.output<z.ZodObject<typeof described>>;

const controller = z.strictObject({
  fees: z.strictObject({ payer: z.enum(['account', 'application']) }).optional(),
  losses: z.strictObject({ payments: z.enum(['application', 'stripe']) }).optional(),
  requirement_collection: z.enum(['application', 'stripe']).optional(),
  stripe_dashboard: z.strictObject({ type: z.enum(['express', 'full', 'none']) }).optional(),
});
const DASHBOARDS = { express: 'express', full: 'standard', none: 'custom' } as const;

function fieldsOf(params: Described): Partial<Account> {
  requireManualPayouts(params.settings?.payouts?.schedule?.interval, 'settings[payouts][schedule][interval]');
  const person =
    params.individual && [params.individual.last_name, params.individual.first_name].filter(Boolean).join('');
  return given({
    email: params.email,
    entity: params.business_type,
    displayName: params.business_profile?.name,
    productDescription: params.business_profile?.product_description,
    businessUrl: params.business_profile?.url,
    legalName: params.company?.name ?? (person || undefined),
    phone: params.company?.phone ?? params.individual?.phone,
    serviceAgreement: params.tos_acceptance?.service_agreement,
  });
}

export function createAccount(work: Work, part: Partial<Account>): Account {
  return work.put('account', {
    id: newId('acct'),
    account: PLATFORM,
    created: work.now,
    version: 'v1',
    type: 'none',
    country: 'CN',
    entity: null,
    email: null,
    phone: null,
    displayName: null,
    legalName: null,
    businessUrl: null,
    productDescription: null,
    serviceAgreement: 'full',
    requested: { transfers: false, card_payments: false },
    detailsSubmitted: false,
    bank: null,
    metadata: {},
    ...part,
  });
}

export async function findAccount(work: Work, id: string): Promise<Account> {
  const account = id === PLATFORM ? platformAccount() : await work.find('account', id);
  if (!account) throw missingObject('account', id);
  return account;
}

/** The payee has told the payment provider who it is and where its money goes. */
export function completeAccount(work: Work, account: Account, holder: string, last4: string): Account {
  const bank = { id: newId('ba'), holder, last4 };
  const complete = work.put('account', {
    ...account,
    detailsSubmitted: true,
    bank,
    legalName: account.legalName ?? holder,
  });
  const shown = showAccount(work, complete);
  work.tell('account.updated', shown, account.id);
  for (const id of Object.keys(shown.capabilities ?? {})) {
    const capability: Stripe.Capability = {
      id,
      object: 'capability',
      account: account.id,
      requested: true,
      requested_at: account.created,
      status: 'active',
    };
    work.tell('capability.updated', capability, account.id);
  }
  return complete;
}

export const accountOperations = [
  operation({
    name: 'accounts.create',
    method: 'POST',
    path: '/v1/accounts',
    params: {
      ...described,
      controller: controller.optional(),
      country: text.length(2).optional(),
      default_currency: text.optional(),
      type: z.enum(['custom', 'express', 'standard']).optional(),
    },
    run: (work, params) => {
      const dashboard = params.controller?.stripe_dashboard?.type ?? 'full';
      const account = createAccount(work, {
        type: params.type ?? (params.controller ? 'none' : DASHBOARDS[dashboard]),
        country: params.country ?? 'CN',
        requested: {
          transfers: params.capabilities?.transfers?.requested ?? false,
          card_payments: params.capabilities?.card_payments?.requested ?? false,
        },
        metadata: mergeMetadata({}, params.metadata),
        ...fieldsOf(params),
      });
      return showAccount(work, account);
    },
  }),
  operation({
    name: 'accounts.retrieveCurrent',
    method: 'GET',
    path: '/v1/account',
    connected: true,
    run: async (work) => showAccount(work, await findAccount(work, work.account)),
  }),
  operation({
    name: 'accounts.retrieve',
    method: 'GET',
    path: '/v1/accounts/:id',
    run: async (work, _, { id }) => showAccount(work, await findAccount(work, id!)),
  }),
  operation({
    name: 'accounts.update',
    method: 'POST',
    path: '/v1/accounts/:id',
    params: described,
    run: async (work, params, { id }) => {
      const account = await work.need('account', id!);
      const { transfers, card_payments: cards } = params.capabilities ?? {};
      const updated = work.put('account', {
        ...account,
        ...fieldsOf(params),
        requested: {
          transfers: transfers?.requested ?? account.requested.transfers,
          card_payments: cards?.requested ?? account.requested.card_payments,
        },
        metadata: mergeMetadata(account.metadata, params.metadata),
      });
      work.tell('account.updated', showAccount(work, updated), updated.id);
      return showAccount(work, updated);
    },
  }),
];
