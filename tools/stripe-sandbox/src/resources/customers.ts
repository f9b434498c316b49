import type Stripe from 'stripe';
import { operation } from '../operation.ts';
import { emptyable, metadata, text } from '../params.ts';
import type { Customer } from '../states.ts';
import { mergeMetadata, newId } from '../wire.ts';

export function showCustomer(customer: Customer): Stripe.Customer {
  return {
    id: customer.id,
    object: 'customer',
    address: null,
    balance: 0,
    created: customer.created,
    currency: null,
    default_source: null,
    delinquent: false,
    description: customer.description,
    discount: null,
    email: customer.email,
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: customer.metadata,
    name: customer.name,
    phone: customer.phone,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  } satisfies Stripe.Customer;
}

export const customerOperations = [
  operation({
    name: 'customers.create',
    method: 'POST',
    path: '/v1/customers',
    params: {
      name: emptyable(text).optional(),
      email: emptyable(text).optional(),
      phone: emptyable(text).optional(),
      description: emptyable(text).optional(),
      metadata: metadata.optional(),
    },
    run: (work, params) => {
      const customer = work.put('customer', {
        id: newId('cus').slice(0, 18),
        account: work.account,
        created: work.now,
        name: params.name ?? null,
        email: params.email ?? null,
        phone: params.phone ?? null,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
      });
      work.tell('customer.created', showCustomer(customer));
      return showCustomer(customer);
    },
  }),
  operation({
    name: 'customers.retrieve',
    method: 'GET',
    path: '/v1/customers/:id',
    run: async (work, _, { id }) => showCustomer(await work.need('customer', id!)),
  }),
];
