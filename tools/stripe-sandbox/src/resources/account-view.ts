import type Stripe from 'stripe';
import type { Account } from '../states.ts';
import { DAY_S } from '../wire.ts';
import { PLATFORM, type Work } from '../work.ts';

/** What somebody who has not been onboarded still owes. */
const DUE = ['external_account', 'tos_acceptance.date', 'tos_acceptance.ip'];
const TYPES = { custom: 'none', express: 'express', none: 'none', standard: 'full' } as const;

function requirements(account: Account): Stripe.Account.Requirements {
  const due = account.detailsSubmitted ? [] : DUE;
  return {
    alternatives: [],
    current_deadline: null,
    currently_due: due,
    disabled_reason: account.detailsSubmitted ? null : 'requirements.past_due',
    errors: [],
    eventually_due: due,
    past_due: due,
    pending_verification: [],
  };
}

function externalAccounts({ id, bank }: Account): Stripe.ApiList<Stripe.ExternalAccount> {
  const shown: Stripe.BankAccount[] = bank
    ? [
        {
          id: bank.id,
          object: 'bank_account',
          account: id,
          account_holder_name: bank.holder,
          account_holder_type: null,
          account_type: null,
          available_payout_methods: ['standard'],
          bank_name: 'SANDBOX BANK',
          country: 'CN',
          currency: 'cny',
          default_for_currency: true,
          fingerprint: null,
          last4: bank.last4,
          metadata: {},
          routing_number: null,
          status: 'new',
        },
      ]
    : [];
  return { object: 'list', data: shown, has_more: false, url: `/v1/accounts/${id}/external_accounts` };
}

function settings(work: Work, account: Account): Stripe.Account.Settings {
  return {
    branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
    card_payments: {
      statement_descriptor_prefix: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    dashboard: { display_name: account.displayName, timezone: 'Asia/Shanghai' },
    payments: {
      statement_descriptor: null,
      statement_descriptor_kana: null,
      statement_descriptor_kanji: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    payouts: {
      debit_negative_balances: true,
      schedule: { delay_days: Math.floor(work.settings.settlementSeconds / DAY_S), interval: 'manual' },
      statement_descriptor: null,
    },
  };
}

const capability = (account: Account, name: keyof Account['requested']) =>
  account.requested[name] ? { [name]: account.detailsSubmitted ? ('active' as const) : ('inactive' as const) } : {};

export function showAccount(work: Work, account: Account): Stripe.Account {
  const { detailsSubmitted, requested } = account;
  return {
    id: account.id,
    object: 'account',
    business_profile: {
      mcc: null,
      minority_owned_business_designation: null,
      name: account.displayName,
      product_description: account.productDescription,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: account.businessUrl,
    },
    business_type: account.entity,
    capabilities: { ...capability(account, 'transfers'), ...capability(account, 'card_payments') },
    charges_enabled: detailsSubmitted && requested.card_payments,
    ...(account.entity === 'company' && { company: { name: account.legalName } }),
    controller: { type: 'application', is_controller: true, stripe_dashboard: { type: TYPES[account.type] } },
    country: account.country,
    created: account.created,
    default_currency: 'cny',
    details_submitted: detailsSubmitted,
    email: account.email,
    external_accounts: externalAccounts(account),
    metadata: account.metadata,
    payouts_enabled: detailsSubmitted,
    requirements: requirements(account),
    settings: settings(work, account),
    tos_acceptance: { date: null, service_agreement: account.serviceAgreement },
    type: account.type,
  } satisfies Stripe.Account;
}

/** The platform itself, which nobody created through the API. */
export function platformAccount(): Account {
  return {
    id: PLATFORM,
    account: PLATFORM,
    created: 0,
    version: 'v1',
    type: 'standard',
    country: 'CN',
    entity: 'company',
    email: null,
    phone: null,
    displayName: '豫知演示平台 Yuzhi demonstration',
    legalName: null,
    businessUrl: null,
    productDescription: null,
    serviceAgreement: 'full',
    requested: { transfers: true, card_payments: true },
    detailsSubmitted: true,
    bank: { id: 'ba_1YuzhiPlatform00', holder: 'Yuzhi demonstration', last4: '0000' },
    metadata: {},
  };
}

type CoreAccount = Stripe.V2.Core.Account;

/** What the caller asked to be included; everything else of a v2 account is left out, as Stripe does. */
export function showCoreAccount(account: Account, include: string[]): CoreAccount {
  const status = account.detailsSubmitted ? ('active' as const) : ('restricted' as const);
  const resolution = 'provide_info' as const;
  const details = account.detailsSubmitted ? [] : [{ code: 'requirements_past_due' as const, resolution }];
  const transfers = { status, status_details: details };
  const payouts = { status, status_details: details };
  const balance = account.requested.transfers ? { payouts, stripe_transfers: transfers } : {};
  const entity = account.entity ?? undefined;
  const parts: Record<string, Partial<CoreAccount>> = {
    'configuration.recipient': {
      configuration: { recipient: { applied: true, capabilities: { stripe_balance: balance } } },
    },
    defaults: { defaults: { currency: 'cny', responsibilities: { requirements_collector: 'stripe' } } },
    identity: {
      identity: {
        country: account.country.toLowerCase(),
        ...(entity && { entity_type: entity }),
        ...(account.legalName &&
          entity !== 'individual' && { business_details: { registered_name: account.legalName } }),
      },
    },
    requirements: { requirements: { entries: [] } },
  };
  return {
    id: account.id,
    object: 'v2.core.account',
    applied_configurations: ['recipient'],
    ...(account.email && { contact_email: account.email }),
    ...(account.phone && { contact_phone: account.phone }),
    created: new Date(account.created * 1000).toISOString(),
    dashboard: TYPES[account.type],
    ...(account.displayName && { display_name: account.displayName }),
    livemode: false,
    metadata: account.metadata,
    ...Object.assign({}, ...include.map((name) => parts[name] ?? {})),
  } satisfies CoreAccount;
}
