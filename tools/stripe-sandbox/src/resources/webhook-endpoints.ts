import type Stripe from 'stripe';
import { emptyable, flag, list, metadata, page, text, url } from '../params.ts';
import { listed, operation } from '../operation.ts';
import type { WebhookEndpoint } from '../states.ts';
import { mergeMetadata, newId, token } from '../wire.ts';

function showEndpoint(endpoint: WebhookEndpoint): Stripe.WebhookEndpoint {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    api_version: endpoint.apiVersion,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: false,
    metadata: endpoint.metadata,
    status: endpoint.status,
    url: endpoint.url,
  } satisfies Stripe.WebhookEndpoint;
}

const enabledEvents = list(text);

export const webhookEndpointOperations = [
  operation({
    name: 'webhookEndpoints.create',
    method: 'POST',
    path: '/v1/webhook_endpoints',
    params: {
      url,
      enabled_events: enabledEvents,
      api_version: text.optional(),
      connect: flag.optional(),
      description: emptyable(text).optional(),
      metadata: metadata.optional(),
    },
    run: (work, params) => {
      const endpoint = work.put('webhook_endpoint', {
        id: newId('we'),
        account: work.account,
        created: work.now,
        url: params.url,
        secret: `whsec_${token(32)}`,
        enabledEvents: params.enabled_events,
        connect: params.connect ?? false,
        status: 'enabled',
        apiVersion: params.api_version ?? null,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
      });
      // The only answer that ever shows the secret.
      return { ...showEndpoint(endpoint), secret: endpoint.secret };
    },
  }),
  operation({
    name: 'webhookEndpoints.retrieve',
    method: 'GET',
    path: '/v1/webhook_endpoints/:id',
    run: async (work, _, { id }) => showEndpoint(await work.need('webhook_endpoint', id!)),
  }),
  operation({
    name: 'webhookEndpoints.update',
    method: 'POST',
    path: '/v1/webhook_endpoints/:id',
    params: {
      url: url.optional(),
      enabled_events: enabledEvents.optional(),
      disabled: flag.optional(),
      description: emptyable(text).optional(),
      metadata: metadata.optional(),
    },
    run: async (work, params, { id }) => {
      const endpoint = await work.need('webhook_endpoint', id!);
      const { disabled = endpoint.status === 'disabled', description = endpoint.description } = params;
      const updated = work.put('webhook_endpoint', {
        ...endpoint,
        url: params.url ?? endpoint.url,
        enabledEvents: params.enabled_events ?? endpoint.enabledEvents,
        status: disabled ? 'disabled' : 'enabled',
        description,
        metadata: mergeMetadata(endpoint.metadata, params.metadata),
      });
      return showEndpoint(updated);
    },
  }),
  operation({
    name: 'webhookEndpoints.list',
    method: 'GET',
    path: '/v1/webhook_endpoints',
    params: page,
    run: (work, params) => listed(work, 'webhook_endpoint', '/v1/webhook_endpoints', params, {}, showEndpoint),
  }),
  operation({
    name: 'webhookEndpoints.del',
    method: 'DELETE',
    path: '/v1/webhook_endpoints/:id',
    run: async (work, _, { id }) => {
      const endpoint = await work.need('webhook_endpoint', id!);
      // What it has not acknowledged stays visible as undelivered.
      const giveUp = "update stripe_sandbox.delivery set status = 'failed' where endpoint = $1 and status = 'pending'";
      await work.query(giveUp, [endpoint.id]);
      await work.query('delete from stripe_sandbox.object where id = $1', [endpoint.id]);
      return { id: endpoint.id, object: 'webhook_endpoint', deleted: true } satisfies Stripe.DeletedWebhookEndpoint;
    },
  }),
];
