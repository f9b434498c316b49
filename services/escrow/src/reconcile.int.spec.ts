import { afterEach, describe, expect, it } from '@jest/globals';
import { READER } from '@yuzhi/chassis/service';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { depositReturned, payOrder, returnDeposit } from '@yuzhi/protocol/escrow';
import { BUYER, by, House, type HouseOptions, service } from './escrow.fixture.ts';
import { PaymentRail } from './payment-rail.ts';
import { RailInbox } from './rail-inbox.ts';
import { ReconcileRail } from './rail.errands.ts';

const DAY_S = 86_400;
let house: House;
let saleId: string;
afterEach(() => house.close());

/** A deposit with its page of the rail open, whose webhooks will never come. */
async function unheard(options: HouseOptions = {}): Promise<string> {
  house = await House.open(options);
  saleId = uuidv7();
  const orderId = await house.bidder(saleId, BUYER, 500_000n);
  await house.send(payOrder, { orderId, returnUrl: 'https://yuzhi.example/back' }, by(BUYER));
  await house.until(async () => (await house.order(orderId)).checkoutUrl);
  await house.control('/webhooks', { mode: 'drop' });
  return orderId;
}
/** What the rail keeps no longer. */
async function forget(): Promise<void> {
  await house.rows(`delete from stripe_sandbox.delivery`);
  await house.rows(`delete from stripe_sandbox.object where kind = 'event'`);
}

describe('the list of what happened on the rail', () => {
  /** Reads page by page, besides the one that the service has. */
  const reader = () => {
    const { app } = house.running;
    const parts = [app.get<never>(READER), app.get(RailInbox), app.get(PaymentRail)] as const;
    const reconcile = new ReconcileRail(...parts, { reconcileMs: 60_000 });
    const read = async (signal = new AbortController().signal) => {
      const [pending] = await reconcile.pending();
      return reconcile.run(pending!.task, { key: 'x', signal });
    };
    return { reconcile, read };
  };
  /** What was told, and heard, after the rest. */
  const later = async (count: number) => {
    await house.rows(
      `insert into stripe_sandbox.object (id, kind, account, created, state)
       select 'evt_' || n, 'event', account, created, state || jsonb_build_object('id', 'evt_' || n)
       from stripe_sandbox.object, generate_series(1, ${count}) n
       where kind = 'event' and state->>'type' = 'payment_intent.succeeded'`,
    );
    await house.rows(
      `insert into psp_event (id, type, note_id, payload, processed_at)
       select id, 'payment_intent.succeeded', gen_random_uuid(), '{}', now() from stripe_sandbox.object
       where id ~ '^evt_[0-9]+$'`,
    );
  };
  const aged = (days: number) =>
    house.rows(
      `update stripe_sandbox.object set created = created - ${days * DAY_S},
         state = jsonb_set(state, '{created}', to_jsonb(created - ${days * DAY_S}))
       where kind = 'event' and id !~ '^evt_[0-9]+$'`,
    );
  const unread = () =>
    house.rows(
      `select o.id from stripe_sandbox.object o
       where kind = 'event' and state->>'type' = 'payment_intent.succeeded'
         and not exists (select from psp_event e where e.id = o.id)`,
    );

  it('is read to its end, from the oldest that is kept, and after a failure from where it was', async () => {
    const orderId = await unheard();
    await house.pay(orderId);
    await later(2_100);
    await aged(29);
    const { reconcile, read } = reader();
    for (let page = 1; page <= 20; page++) await read();
    expect(await unread()).toHaveLength(1);
    await house.control('/faults', { operation: 'events.list', mode: 'rate-limit-429', count: 1 });
    await expect(read()).rejects.toThrow('Too many requests.');
    await read();
    await read();
    expect(await unread()).toEqual([]);
    expect(await reconcile.pending()).toEqual([]);
    await house.until(async () => (await house.order(orderId)).state === 'paid');
  });

  it('leaves its place to the call that is made instead of one that was given up', async () => {
    const orderId = await unheard();
    await house.pay(orderId);
    const { reconcile, read } = reader();
    await expect(read(AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
    expect(await reconcile.pending()).toHaveLength(1);
  });

  it('ends where the rail has forgotten what came before', async () => {
    await unheard();
    const rail = house.running.app.get(PaymentRail);
    expect(await rail.events(0, 'evt_gone')).toEqual({ events: [], next: null });
  });
});

describe('what no list has any more is looked at itself', () => {
  it('a payment', async () => {
    const orderId = await unheard();
    await house.pay(orderId);
    await forget();
    await house.reboot();
    const paid = await house.until(async () => {
      const order = await house.order(orderId);
      return order.state === 'paid' && order;
    });
    expect(paid.paidFen).toBe('500000');
  });

  it('a page that has run out', async () => {
    const orderId = await unheard();
    await house.control('/clock/advance', { seconds: DAY_S + 1 });
    await forget();
    await house.reboot();
    await house.until(async () => (await house.order(orderId)).checkoutUrl === null);
    expect((await house.operations('?state=failed')).items).toMatchObject([{ reason: 'expired' }]);
  });

  it('a refund', async () => {
    const orderId = await unheard({ refund_seconds: 60, reconcileMs: 200 });
    await house.pay(orderId);
    await house.until(async () => (await house.order(orderId)).state === 'paid');
    await house.send(returnDeposit, { saleId, party: BUYER }, service('bidding'));
    await house.until(async () => (await house.operations('?state=sent')).items.some(({ kind }) => kind === 'refund'));
    await house.rows(`update psp_event set processed_at = now()`);
    await house.control('/clock/advance', { seconds: 61 });
    await forget();
    await house.until(async () => (await house.told(depositReturned, saleId)).length);
    expect((await house.order(orderId)).state).toBe('returned');
  });
});
