import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const sandbox = useSandbox();

const press = (url: string, form: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
const links = { refresh_url: 'https://yuzhi.example/again', return_url: 'https://yuzhi.example/ready' };

const inventor = () =>
  sandbox.stripe.accounts.create({
    controller: {
      stripe_dashboard: { type: 'express' },
      losses: { payments: 'application' },
      fees: { payer: 'application' },
    },
    country: 'CN',
    business_type: 'individual',
    email: 'inventor@yuzhi.example',
    individual: { last_name: '李', first_name: '明' },
    capabilities: { transfers: { requested: true } },
    metadata: { party: 'p-1' },
  });

describe('a payee', () => {
  it('is onboarded on its page, once for each link', async () => {
    const account = await inventor();
    expect(account).toMatchObject({ details_submitted: false, payouts_enabled: false, business_type: 'individual' });
    expect(account.capabilities).toEqual({ transfers: 'inactive' });
    const link = await sandbox.stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      ...links,
    });
    expect(await (await fetch(link.url)).text()).toContain('李明');
    const refused = await press(link.url, { holder: '李明"', last4: '12' });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toMatch(/value="李明&quot;"[^]*value="12"/);
    const pressed = await press(link.url, { holder: '李明', last4: '1234', action: 'complete' });
    expect([pressed.status, pressed.headers.get('location')]).toEqual([303, links.return_url]);
    const ready = await sandbox.stripe.accounts.retrieve(account.id);
    expect(ready).toMatchObject({
      details_submitted: true,
      payouts_enabled: true,
      capabilities: { transfers: 'active' },
    });
    expect(ready.external_accounts!.data[0]).toMatchObject({ last4: '1234', account_holder_name: '李明' });
    const again = await fetch(link.url, { redirect: 'manual' });
    expect(again.headers.get('location')).toBe(links.refresh_url);
  });

  it('may leave the page undone, and finds the link dead after five minutes', async () => {
    const account = await inventor();
    const link = await sandbox.stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      ...links,
    });
    expect((await press(link.url, { action: 'later' })).headers.get('location')).toBe(links.return_url);
    expect((await sandbox.stripe.accounts.retrieve(account.id)).details_submitted).toBe(false);
    await sandbox.advance(301);
    expect((await press(link.url, { holder: '李明', last4: '1234' })).headers.get('location')).toBe(links.refresh_url);
  });

  it('is onboarded by the time its page says so', async () => {
    for (let visit = 0; visit < 20; visit++) {
      const account = await inventor();
      const asked = { account: account.id, type: 'account_onboarding', ...links } as const;
      const { url } = await sandbox.stripe.accountLinks.create(asked);
      expect((await press(url, { holder: '李明', last4: '1234' })).status).toBe(303);
      expect((await sandbox.stripe.accounts.retrieve(account.id)).details_submitted).toBe(true);
    }
  });

  it('is the same account for version 2 of the interface, as a recipient', async () => {
    const include = ['configuration.recipient', 'identity', 'requirements'] as const;
    const created = await sandbox.stripe.v2.core.accounts.create({
      contact_email: 'office@yuzhi.example',
      display_name: '郑州某研究院',
      dashboard: 'express',
      identity: { country: 'cn', entity_type: 'company', business_details: { registered_name: '郑州某研究院' } },
      configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
      include: [...include],
    });
    expect(created.configuration!.recipient!.capabilities!.stripe_balance!.stripe_transfers!.status).toBe('restricted');
    const link = await sandbox.stripe.v2.core.accountLinks.create({
      account: created.id,
      use_case: { type: 'account_onboarding', account_onboarding: links },
    });
    await press(link.url, { holder: '郑州某研究院', last4: '4321' });
    const ready = await sandbox.stripe.v2.core.accounts.retrieve(created.id, { include: [...include] });
    expect(ready.configuration!.recipient!.capabilities!.stripe_balance!.stripe_transfers!.status).toBe('active');
    expect(ready.identity).toMatchObject({ country: 'cn', entity_type: 'company' });
    expect((await sandbox.stripe.accounts.retrieve(created.id)).company).toEqual({ name: '郑州某研究院' });
    const bare = await sandbox.stripe.v2.core.accounts.retrieve(created.id);
    expect(bare.configuration).toBeUndefined();
  });

  it('keeps what an update does not name', async () => {
    const account = await inventor();
    const updated = await sandbox.stripe.accounts.update(account.id, {
      business_profile: { name: '李明工作室' },
      settings: { payouts: { schedule: { interval: 'manual' } } },
      metadata: { desk: 'ok' },
    });
    expect(updated).toMatchObject({ email: 'inventor@yuzhi.example', metadata: { party: 'p-1', desk: 'ok' } });
    const automatic = sandbox.stripe.accounts.update(account.id, {
      settings: { payouts: { schedule: { interval: 'daily' } } },
    });
    expect((await refusal(automatic)).param).toBe('settings[payouts][schedule][interval]');
  });
});

describe('a transfer', () => {
  const transfer = (destination: string, amount: number, extra: Partial<Stripe.TransferCreateParams> = {}) =>
    sandbox.stripe.transfers.create({ amount, currency: 'cny', destination, ...extra });

  it('needs available funds, unless it names the charge they come from', async () => {
    const payee = await sandbox.payee();
    const { available } = await sandbox.stripe.balance.retrieve();
    const intent = await sandbox.paid(10_000n, 'pm_card_visa', { transfer_group: 'deal-1' });
    const error = await refusal(transfer(payee, available[0]!.amount + 1));
    expect(error).toMatchObject({ code: 'balance_insufficient', statusCode: 400 });

    const source = { source_transaction: intent.latest_charge as string };
    const sent = await transfer(payee, 9_000, source);
    expect(sent).toMatchObject({
      amount: 9_000,
      source_transaction: source.source_transaction,
      transfer_group: 'deal-1',
    });
    const promised = await sandbox.stripe.balance.retrieve({}, { stripeAccount: payee });
    expect([promised.pending[0]!.amount, promised.available[0]!.amount]).toEqual([9_000, 0]);
    expect((await refusal(transfer(payee, 1_001, source))).code).toBe('charge_exceeds_source_limit');
    await sandbox.advance(2 * DAY);
    const settled = await sandbox.stripe.balance.retrieve({}, { stripeAccount: payee });
    expect([settled.pending[0]!.amount, settled.available[0]!.amount]).toEqual([0, 9_000]);
  });

  it('goes only to a payee that may receive it', async () => {
    const account = await inventor();
    expect((await refusal(transfer(account.id, 1))).code).toBe('insufficient_capabilities_for_transfer');
    expect((await refusal(transfer('acct_nobody', 1))).code).toBe('resource_missing');
  });

  it('is found again by its group', async () => {
    const [first, second] = [await sandbox.payee(), await sandbox.payee('company')];
    await sandbox.paid(5_000n);
    const sent = [
      await transfer(first, 2_000, { transfer_group: 'deal-9', metadata: { key: 'release:9:1' }, description: '款项' }),
      await transfer(second, 3_000, { transfer_group: 'deal-9' }),
    ];
    const { data } = await sandbox.stripe.transfers.list({ transfer_group: 'deal-9' });
    expect(data.map(({ id }) => id).toReversed()).toEqual(sent.map(({ id }) => id));
    expect((await sandbox.stripe.transfers.list({ destination: second })).data).toHaveLength(1);
    expect((await sandbox.stripe.transfers.retrieve(sent[0]!.id)).metadata).toEqual({ key: 'release:9:1' });
  });

  it('is reversed in parts while the payee still has the money', async () => {
    const payee = await sandbox.payee();
    await sandbox.paid(5_000n);
    const sent = await transfer(payee, 5_000);
    const part = await sandbox.stripe.transfers.createReversal(sent.id, { amount: 2_000, metadata: { why: 'refund' } });
    await sandbox.stripe.payouts.create({ amount: 2_000, currency: 'cny' }, { stripeAccount: payee });
    expect((await refusal(sandbox.stripe.transfers.createReversal(sent.id))).code).toBe('balance_insufficient');
    await sandbox.stripe.transfers.createReversal(sent.id, { amount: 1_000 });
    const after = await sandbox.stripe.transfers.retrieve(sent.id);
    expect(after).toMatchObject({ amount_reversed: 3_000, reversed: false });
    expect(after.reversals.data.map(({ amount }) => amount)).toEqual([1_000, 2_000]);
    expect((await sandbox.stripe.transfers.listReversals(sent.id)).data).toHaveLength(2);
    expect(await sandbox.stripe.transfers.retrieveReversal(sent.id, part.id)).toMatchObject({
      metadata: { why: 'refund' },
    });
    const tooMuch = sandbox.stripe.transfers.createReversal(sent.id, { amount: 2_001 });
    expect((await refusal(tooMuch)).param).toBe('amount');
  });
});

describe('a payout', () => {
  async function funded(amount: number): Promise<Stripe.RequestOptions> {
    const payee = await sandbox.payee();
    await sandbox.paid(BigInt(amount));
    await sandbox.stripe.transfers.create({ amount, currency: 'cny', destination: payee });
    return { stripeAccount: payee };
  }
  const pay = (amount: number, options: Stripe.RequestOptions) =>
    sandbox.stripe.payouts.create(
      { amount, currency: 'cny', metadata: { deal: '9' }, statement_descriptor: 'YUZHI' },
      options,
    );

  it('leaves the balance at once and arrives within the time that was set', async () => {
    const options = await funded(8_000);
    const payout = await pay(8_000, options);
    expect(payout).toMatchObject({ status: 'pending', automatic: false, metadata: { deal: '9' } });
    expect((await refusal(pay(1, options))).code).toBe('balance_insufficient');
    await sandbox.advance(DAY / 2);
    expect((await sandbox.stripe.payouts.retrieve(payout.id, {}, options)).status).toBe('in_transit');
    await sandbox.advance(DAY / 2);
    expect((await sandbox.stripe.payouts.list({ status: 'paid' }, options)).data.map(({ id }) => id)).toEqual([
      payout.id,
    ]);
    const { data } = await sandbox.stripe.events.list({ limit: 3 }, options);
    expect(data.map(({ type }) => type)).toEqual(['payout.paid', 'payout.updated', 'payout.created']);
  });

  it('may fail even after it was called paid, and its money is back', async () => {
    const options = await funded(8_000);
    const payout = await pay(5_000, options);
    await sandbox.advance(DAY);
    await sandbox.control('POST', `/payouts/${payout.id}/fail`, { failure_code: 'account_closed' });
    const failed = await sandbox.stripe.payouts.retrieve(
      payout.id,
      { expand: ['failure_balance_transaction'] },
      options,
    );
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' });
    expect(failed.failure_balance_transaction).toMatchObject({ amount: 5_000, type: 'payout_failure' });
    expect((await sandbox.stripe.balance.retrieve({}, options)).available[0]!.amount).toBe(8_000);
    expect((await sandbox.summary()).difference_fen).toBe('0');
  });

  it('is canceled only before it is sent', async () => {
    const options = await funded(8_000);
    const [first, second] = [await pay(3_000, options), await pay(5_000, options)];
    expect((await sandbox.stripe.payouts.cancel(first.id, {}, options)).status).toBe('canceled');
    await sandbox.advance(DAY / 2);
    expect((await refusal(sandbox.stripe.payouts.cancel(second.id, {}, options))).message).toContain('in_transit');
    expect((await sandbox.stripe.balance.retrieve({}, options)).available[0]!.amount).toBe(3_000);
  });

  it('is not made before onboarding, nor of an account by another', async () => {
    const account = await inventor();
    expect((await refusal(pay(1, { stripeAccount: account.id }))).code).toBe('payouts_not_allowed');
    const options = await funded(1_000);
    const payout = await pay(1_000, options);
    expect((await refusal(sandbox.stripe.payouts.retrieve(payout.id))).code).toBe('resource_missing');
  });

  it('is manual: no schedule pays out by itself', async () => {
    const options = await funded(1_000);
    const manual = {
      payments: { payouts: { schedule: { interval: 'manual' }, statement_descriptor: 'YUZHI' } },
    } as const;
    expect(await sandbox.stripe.balanceSettings.update(manual, options)).toMatchObject(manual);
    const daily = { payments: { payouts: { schedule: { interval: 'daily' } } } } as const;
    expect((await refusal(sandbox.stripe.balanceSettings.update(daily, options))).message).toContain(
      'no automatic payouts',
    );
    await sandbox.advance(30 * DAY);
    expect((await sandbox.stripe.payouts.list({}, options)).data).toEqual([]);
    expect((await sandbox.stripe.balanceSettings.retrieve({}, options)).payments.payouts!.statement_descriptor).toBe(
      'YUZHI',
    );
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
