import type Stripe from 'stripe';
import { z } from 'zod';
import { operation } from '../operation.ts';
import { text, url } from '../params.ts';
import type { Account, AccountLink } from '../states.ts';
import { token } from '../wire.ts';
import type { Work } from '../work.ts';

/** A link is for one visit, now: Stripe's own bound. */
const LIFE_S = 5 * 60;

const onboardingPage = (work: Work, link: AccountLink): string => `${work.scene.publicUrl}/onboarding/${link.id}`;

function createLink(work: Work, account: Account, refreshUrl: string, returnUrl: string): AccountLink {
  return work.put('account_link', {
    id: token(32),
    account: work.account,
    created: work.now,
    connected: account.id,
    expiresAt: work.now + LIFE_S,
    refreshUrl,
    returnUrl,
    used: false,
  });
}

const useCase = z.strictObject({
  type: z.literal('account_onboarding'),
  account_onboarding: z.strictObject({ refresh_url: url, return_url: url }),
});

export const accountLinkOperations = [
  operation({
    name: 'accountLinks.create',
    method: 'POST',
    path: '/v1/account_links',
    params: {
      account: text,
      refresh_url: url,
      return_url: url,
      type: z.enum(['account_onboarding', 'account_update']),
      collection_options: z.strictObject({ fields: z.enum(['currently_due', 'eventually_due']).optional() }).optional(),
    },
    run: async (work, params) => {
      const account = await work.need('account', params.account, 'account');
      const link = createLink(work, account, params.refresh_url, params.return_url);
      return {
        object: 'account_link',
        created: link.created,
        expires_at: link.expiresAt,
        url: onboardingPage(work, link),
      } satisfies Stripe.AccountLink;
    },
  }),
  operation({
    name: 'v2.core.accountLinks.create',
    method: 'POST',
    path: '/v2/core/account_links',
    params: { account: text, use_case: useCase },
    run: async (work, { account: id, use_case: asked }) => {
      const account = await work.need('account', id, 'account');
      const { refresh_url: refreshUrl, return_url: backUrl } = asked.account_onboarding;
      const link = createLink(work, account, refreshUrl, backUrl);
      return {
        object: 'v2.core.account_link',
        account: account.id,
        created: new Date(link.created * 1000).toISOString(),
        expires_at: new Date(link.expiresAt * 1000).toISOString(),
        livemode: false,
        url: onboardingPage(work, link),
        use_case: { type: 'account_onboarding', account_onboarding: { refresh_url: refreshUrl, return_url: backUrl } },
      } satisfies Stripe.V2.Core.AccountLink;
    },
  }),
];
