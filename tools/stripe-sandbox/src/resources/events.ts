import type Stripe from 'stripe';
import { missingObject } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { flag, list, page, text } from '../params.ts';
import type { SandboxEvent } from '../states.ts';
import { API_VERSION } from '../wire.ts';
import { PLATFORM } from '../work.ts';

/** An event as it is listed and as it is delivered. */
export function showEvent(event: SandboxEvent, pendingWebhooks: number, apiVersion = API_VERSION): Stripe.EventBase {
  return {
    id: event.id,
    object: 'event',
    ...(event.account !== PLATFORM && { account: event.account }),
    api_version: apiVersion,
    created: event.created,
    data: { object: event.object as Stripe.Event.Data.Object },
    livemode: false,
    pending_webhooks: pendingWebhooks,
    request: { id: event.requestId, idempotency_key: event.idempotencyKey },
    type: event.type as Stripe.Event.Type,
  } satisfies Stripe.EventBase;
}

/** Events are kept as long as Stripe keeps them. */
const KEPT_DAYS = 30;

const UNDELIVERED = "select from stripe_sandbox.delivery d where d.event = o.id and d.status <> 'delivered'";

const PENDING = `
select event, count(*)::int as count from stripe_sandbox.delivery
where status = 'pending' and event = any($1) group by event`;

export const eventOperations = [
  operation({
    name: 'events.list',
    method: 'GET',
    path: '/v1/events',
    connected: true,
    params: {
      ...page,
      delivery_success: flag.optional(),
      type: text.optional(),
      types: list(text).optional(),
    },
    run: async (work, { delivery_success: delivered, type, types, ...params }) => {
      const conditions = ['o.created > $1'];
      const values: unknown[] = [work.now - KEPT_DAYS * 86_400];
      if (delivered !== undefined) conditions.push(`${delivered ? 'not ' : ''}exists (${UNDELIVERED})`);
      if (types) conditions.push(`o.state->>'type' = any($${values.push(types)})`);
      const also = { sql: conditions.join(' and '), values };
      const found = await listed(
        work,
        'event',
        '/v1/events',
        params,
        { match: given({ type }), also },
        (event) => event,
      );
      const ids = found.data.map((event) => event.id);
      const counts = await work.query<{ event: string; count: number }>(PENDING, [ids]);
      const pending = new Map(counts.map(({ event, count }) => [event, count]));
      return { ...found, data: found.data.map((event) => showEvent(event, pending.get(event.id) ?? 0)) };
    },
  }),
  operation({
    name: 'events.retrieve',
    method: 'GET',
    path: '/v1/events/:id',
    connected: true,
    run: async (work, _, { id }) => {
      const event = await work.need('event', id!);
      if (event.created <= work.now - KEPT_DAYS * 86_400) throw missingObject('event', id!);
      const counts = await work.query<{ count: number }>(PENDING, [[event.id]]);
      return showEvent(event, counts[0]?.count ?? 0);
    },
  }),
];
