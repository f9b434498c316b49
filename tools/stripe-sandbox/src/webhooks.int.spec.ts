import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { Receiver } from './testing/receiver.ts';
import { expectStripeMockToAccept, refusal, useSandbox } from './testing/sandbox-under-test.ts';

const DAY = 86_400;
const sandbox = useSandbox();
let receiver: Receiver;
let endpoint: Stripe.WebhookEndpoint;

const subscribe = async (extra: Partial<Stripe.WebhookEndpointCreateParams> = {}) =>
  sandbox.stripe.webhookEndpoints.create({
    url: await receiver.start(),
    enabled_events: ['customer.created'],
    ...extra,
  });
const customer = (name = '买方') => sandbox.stripe.customers.create({ name });
const nameOf = (body: string) => ((JSON.parse(body) as Stripe.Event).data.object as Stripe.Customer).name;
const verified = ({ body, headers }: Receiver['received'][number], secret = endpoint.secret!) =>
  sandbox.stripe.webhooks.constructEvent(body, headers['stripe-signature']!, secret);
const modes = (body: object) => sandbox.control('POST', '/webhooks', body);

beforeEach(async () => {
  receiver = new Receiver();
  endpoint = await subscribe();
});
afterEach(async () => {
  await modes({ mode: 'normal' });
  await sandbox.stripe.webhookEndpoints.del(endpoint.id);
  await receiver.stop();
});

describe('a delivery', () => {
  it("is signed so that the package's own check accepts it, and says what the event says", async () => {
    const made = await customer();
    const [delivered] = await receiver.until(1);
    const event = verified(delivered!);
    expect(event).toMatchObject({ type: 'customer.created', livemode: false, pending_webhooks: 1 });
    expect(event.data.object).toMatchObject({ id: made.id });
    expect(event.request!.id).toBe(made.lastResponse.requestId);
    const { pending_webhooks: _, ...listed } = await sandbox.stripe.events.retrieve(event.id);
    expect(event).toMatchObject(JSON.parse(JSON.stringify(listed)) as object);
  });

  it('is only of the kinds that the endpoint asked for, to endpoints that are enabled', async () => {
    await sandbox.stripe.paymentIntents.create({ amount: 1, currency: 'cny' });
    await sandbox.stripe.webhookEndpoints.update(endpoint.id, { enabled_events: ['payment_intent.created'] });
    await sandbox.stripe.paymentIntents.create({ amount: 2, currency: 'cny' });
    await receiver.until(1);
    await sandbox.stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    await sandbox.stripe.paymentIntents.create({ amount: 3, currency: 'cny' });
    await sandbox.stripe.webhookEndpoints.update(endpoint.id, { disabled: false, enabled_events: ['*'] });
    await customer();
    await receiver.until(2);
    expect(receiver.types()).toEqual(['payment_intent.created', 'customer.created']);
  });

  it('of a connected account goes to endpoints for those alone, and names the account', async () => {
    const other = new Receiver();
    const connect = await sandbox.stripe.webhookEndpoints.create({
      url: await other.start(),
      enabled_events: ['*'],
      connect: true,
      description: 'connected accounts',
    });
    const payee = await sandbox.payee();
    const [delivered] = await other.until(1);
    const event = verified(delivered!, connect.secret);
    expect(event).toMatchObject({ type: 'account.updated', account: payee });
    expect(receiver.types()).toEqual([]);
    await sandbox.stripe.webhookEndpoints.del(connect.id);
    await other.stop();
  });

  it('is tried again until it is acknowledged', async () => {
    receiver.answers.push(500, 404);
    await customer();
    await receiver.until(1);
    while (receiver.received.length < 3) await sandbox.advance(2);
    const events = receiver.received.map((delivered) => verified(delivered).id);
    expect(new Set(events).size).toBe(1);
    await sandbox.advance(3600);
    expect(receiver.received).toHaveLength(3);
  });

  it('is given up after three days, and then found by asking for what was not delivered', async () => {
    receiver.answers.push(...Array.from({ length: 200 }, () => 500));
    const made = await customer();
    await receiver.until(1);
    const undelivered = () =>
      sandbox.stripe.events.list({ type: 'customer.created', delivery_success: false, limit: 1 });
    const [event] = (await undelivered()).data;
    expect(event!.data.object).toMatchObject({ id: made.id });
    let tries = 0;
    while ((await sandbox.stripe.events.retrieve(event!.id)).pending_webhooks > 0) {
      await sandbox.advance(DAY / 2);
      await receiver.until(++tries);
    }
    expect((await undelivered()).data[0]!.id).toBe(event!.id);
    receiver.answers.length = 0;
    const before = receiver.received.length;
    await sandbox.control('POST', '/webhooks/redeliver', { event: event!.id });
    await receiver.until(before + 1);
  });
});

describe('a delivery that goes wrong on purpose', () => {
  it('comes twice', async () => {
    await modes({ mode: 'duplicate', count: 1 });
    await customer();
    const [first, second] = await receiver.until(2);
    expect(verified(second!).id).toBe(verified(first!).id);
  });

  it('comes in another order', async () => {
    await modes({ mode: 'reorder', count: 3 });
    for (const name of ['甲', '乙', '丙']) await customer(name);
    await receiver.until(3);
    expect(receiver.received.map(({ body }) => nameOf(body))).toEqual(['丙', '乙', '甲']);
  });

  it('never comes, and is found among the undelivered', async () => {
    await modes({ mode: 'drop', count: 1 });
    const lost = await customer('失');
    await customer('到');
    await receiver.until(1);
    expect(receiver.received.map(({ body }) => nameOf(body))).toEqual(['到']);
    const { data } = await sandbox.stripe.events.list({ type: 'customer.created', delivery_success: false, limit: 1 });
    expect(data[0]!.data.object).toMatchObject({ id: lost.id });
    await sandbox.control('POST', '/webhooks/redeliver');
    await receiver.until(2);
    expect(nameOf(receiver.received[1]!.body)).toBe('失');
  });

  it('comes five times in any order, or never, in a storm', async () => {
    const sums = () => sandbox.control<{ posts: number; drops: number }>('GET', '/webhooks');
    const before = await sums();
    await modes({ mode: 'storm', copies: 5, drop_share: 0.5, seed: 7 });
    const names = Array.from({ length: 12 }, (_, i) => `客${i}`);
    for (const name of names) await customer(name);
    let dropped = 0;
    for (const until = Date.now() + 10_000; Date.now() < until; await sleep(50)) {
      const now = await sums();
      dropped = now.drops - before.drops;
      if (now.posts - before.posts === (names.length - dropped) * 5) break;
    }
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(names.length);
    await modes({ mode: 'normal' });
    await receiver.until((names.length - dropped) * 5);
    const came = receiver.received.map(({ body }) => names.indexOf(nameOf(body)!));
    expect(came).toHaveLength((names.length - dropped) * 5);
    expect(new Set(came).size).toBe(names.length - dropped);
    expect(came).not.toEqual(came.toSorted((a, b) => a - b));
  });

  it('comes late', async () => {
    await modes({ mode: 'delay', count: 1, seconds: 600 });
    await customer('迟');
    await customer('早');
    await receiver.until(1);
    await sandbox.advance(600);
    await receiver.until(2);
    expect(receiver.received.map(({ body }) => nameOf(body))).toEqual(['早', '迟']);
  });

  it.each(['wrong-secret', 'stale', 'edited-body', 'unsigned'])(
    "is forged (%s) and fails the package's check",
    async (kind) => {
      await customer();
      await receiver.until(1);
      const forged = await sandbox.control<{ sent: object[] }>('POST', '/webhooks/forge', { kind });
      expect(forged.sent).toEqual([{ endpoint: endpoint.id, status: 200 }]);
      const [genuine, fake] = await receiver.until(2);
      expect(verified(genuine!).type).toBe('customer.created');
      expect(() => verified(fake!)).toThrow(Stripe.errors.StripeSignatureVerificationError);
    },
  );

  it('waits while the sandbox is paused', async () => {
    await sandbox.control('POST', '/pause');
    expect(await refusal(customer())).toMatchObject({ statusCode: 503 });
    await sandbox.control('POST', '/webhooks/redeliver');
    await sandbox.control('POST', '/resume');
    await customer('后');
    await receiver.until(1);
    expect(nameOf(receiver.received.at(-1)!.body)).toBe('后');
  });
});

describe('an endpoint', () => {
  it('shows its secret once, and is listed, changed and removed', async () => {
    expect(endpoint.secret).toMatch(/^whsec_/);
    expect((await sandbox.stripe.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined();
    const changed = await sandbox.stripe.webhookEndpoints.update(endpoint.id, {
      description: '对账',
      metadata: { a: '1' },
    });
    expect(changed).toMatchObject({ description: '对账', metadata: { a: '1' }, status: 'enabled' });
    const second = await sandbox.stripe.webhookEndpoints.create({ url: endpoint.url, enabled_events: ['*'] });
    expect((await sandbox.stripe.webhookEndpoints.list()).data.map(({ id }) => id)).toEqual([second.id, endpoint.id]);
    expect(await sandbox.stripe.webhookEndpoints.del(second.id)).toMatchObject({ deleted: true });
    expect((await refusal(sandbox.stripe.webhookEndpoints.retrieve(second.id))).code).toBe('resource_missing');
  });

  it('that was away gets what it missed, in a new life of the sandbox too', async () => {
    await receiver.stop();
    await customer('候');
    await sandbox.restart();
    const port = Number(new URL(endpoint.url).port);
    receiver = new Receiver();
    await receiver.start(port);
    await sandbox.advance(60);
    await receiver.until(1);
    expect(nameOf(receiver.received[0]!.body)).toBe('候');
  });
});

it('makes only requests that the official stripe-mock accepts', () => expectStripeMockToAccept(sandbox), 120_000);
