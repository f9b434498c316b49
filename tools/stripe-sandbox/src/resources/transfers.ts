import { formatExact } from '@yuzhi/money/format';
import type Stripe from 'stripe';
import { insufficientBalance, invalid, missingObject } from '../failure.ts';
import { given, listed, operation } from '../operation.ts';
import { type Page, amount, currency, metadata, page, text } from '../params.ts';
import type { Account, Charge, Reversal, Transfer } from '../states.ts';
import { mergeMetadata, newId, toWire } from '../wire.ts';
import type { Work } from '../work.ts';
import { balanceOf, post } from './balances.ts';

export function showReversal(reversal: Reversal): Stripe.TransferReversal {
  return {
    id: reversal.id,
    object: 'transfer_reversal',
    amount: toWire(reversal.amountFen),
    balance_transaction: reversal.balanceTransaction,
    created: reversal.created,
    currency: 'cny',
    destination_payment_refund: null,
    metadata: reversal.metadata,
    source_refund: null,
    transfer: reversal.transfer,
  } satisfies Stripe.TransferReversal;
}

function listReversals(work: Work, { id }: Transfer, range: Page) {
  const url = `/v1/transfers/${id}/reversals`;
  return listed(work, 'transfer_reversal', url, range, { match: { transfer: id } }, showReversal);
}

export async function showTransfer(work: Work, transfer: Transfer): Promise<Stripe.Transfer> {
  const reversals = await listReversals(work, transfer, { limit: 10 });
  return {
    id: transfer.id,
    object: 'transfer',
    amount: toWire(transfer.amountFen),
    amount_reversed: toWire(transfer.reversedFen),
    balance_transaction: transfer.balanceTransaction,
    created: transfer.created,
    currency: 'cny',
    description: transfer.description,
    destination: transfer.destination,
    destination_payment: transfer.destinationPayment,
    livemode: false,
    metadata: transfer.metadata,
    reversals,
    reversed: transfer.reversedFen === transfer.amountFen,
    source_transaction: transfer.sourceTransaction,
    source_type: 'card',
    transfer_group: transfer.transferGroup,
  } satisfies Stripe.Transfer;
}

async function destinationOf(work: Work, id: string): Promise<Account> {
  const account = await work.find('account', id);
  if (!account) throw missingObject('destination', id, 'destination');
  if (account.detailsSubmitted && account.requested.transfers) return account;
  throw invalid(
    'Your destination account needs to have at least one of the following capabilities enabled: transfers.',
    'insufficient_capabilities_for_transfer',
    'destination',
  );
}

/** The charge a transfer draws on. Throws unless it still has that much that no other transfer has taken. */
async function sourceOf(work: Work, id: string, amountFen: bigint): Promise<Charge> {
  const charge = await work.need('charge', id, 'source_transaction');
  if (!charge.captured || charge.availableOn === null) {
    throw invalid(`Charge ${id} has no funds to transfer.`, undefined, 'source_transaction');
  }
  const leftFen = charge.capturedFen - charge.transferredFen;
  if (amountFen <= leftFen) return charge;
  throw invalid(
    `The transfer of ${formatExact(amountFen)} exceeds the source amount available: ${formatExact(leftFen)} is left.`,
    'charge_exceeds_source_limit',
    'amount',
  );
}

/** The payment as the payee's account shows it. */
function destinationPayment(work: Work, transfer: Transfer, balanceTransaction: string): Charge {
  return {
    id: transfer.destinationPayment,
    account: transfer.destination,
    created: work.now,
    status: 'succeeded',
    amountFen: transfer.amountFen,
    capturedFen: transfer.amountFen,
    refundedFen: 0n,
    transferredFen: 0n,
    captured: true,
    captureBefore: null,
    bypassesPending: false,
    intent: null,
    method: null,
    balanceTransaction,
    availableOn: transfer.availableOn,
    sourceTransfer: transfer.id,
    dispute: null,
    failureCode: null,
    failureMessage: null,
    description: transfer.description,
    receiptEmail: null,
    statementDescriptor: null,
    statementDescriptorSuffix: null,
    customer: null,
    metadata: {},
    transferGroup: transfer.transferGroup,
  };
}

interface NewTransfer {
  amountFen: bigint;
  destination: Account;
  source: Charge | undefined;
  part: Pick<Transfer, 'description' | 'metadata' | 'transferGroup'>;
}

async function createTransfer(work: Work, { amountFen, destination, source, part }: NewTransfer): Promise<Transfer> {
  const availableOn = Math.max(source?.availableOn ?? 0, work.now);
  // Money of a charge that has not settled may be promised on; everything else must be there.
  if (availableOn === work.now && (await balanceOf(work)).availableFen < amountFen) {
    throw insufficientBalance(
      'You have insufficient available funds in your Stripe account. Try adding funds directly to your available ' +
        'balance by creating Charges, or wait until pending funds become available.',
    );
  }
  const id = newId('tr');
  const payment = newId('py');
  const out = { account: work.account, flow: 'transfer-out', type: 'transfer', source: id } as const;
  const into = { account: destination.id, flow: 'transfer-in', type: 'payment', source: payment } as const;
  const debit = await post(work, { ...out, amountFen: -amountFen, availableOn });
  const credit = await post(work, { ...into, amountFen, availableOn });
  if (source) work.put('charge', { ...source, transferredFen: source.transferredFen + amountFen });
  const transfer = work.put('transfer', {
    id,
    account: work.account,
    created: work.now,
    amountFen,
    reversedFen: 0n,
    destination: destination.id,
    destinationPayment: payment,
    sourceTransaction: source?.id ?? null,
    availableOn,
    balanceTransaction: debit.id,
    ...part,
  });
  work.put('charge', destinationPayment(work, transfer, credit.id));
  work.tell('transfer.created', await showTransfer(work, transfer));
  return transfer;
}

async function reverse(work: Work, transfer: Transfer, part: Pick<Reversal, 'metadata'>, asked?: bigint) {
  const leftFen = transfer.amountFen - transfer.reversedFen;
  const amountFen = asked ?? leftFen;
  if (leftFen === 0n) throw invalid(`Transfer ${transfer.id} is already fully reversed.`, 'transfer_already_reversed');
  if (amountFen > leftFen) {
    throw invalid(`The reversal exceeds what is left of the transfer: ${formatExact(leftFen)}.`, undefined, 'amount');
  }
  const settled = transfer.availableOn <= work.now;
  if (settled && (await balanceOf(work, transfer.destination)).availableFen < amountFen) {
    throw insufficientBalance(`Account ${transfer.destination} has too little available balance for this reversal.`);
  }
  const id = newId('trr');
  const availableOn = Math.max(transfer.availableOn, work.now);
  const back = { type: 'transfer_refund', flow: 'reversal-in', account: work.account, source: id } as const;
  const from = { type: 'payment_refund', flow: 'reversal-out', account: transfer.destination, source: id } as const;
  await post(work, { ...from, amountFen: -amountFen, availableOn });
  const credit = await post(work, { ...back, amountFen, availableOn });
  const reversal = work.put('transfer_reversal', {
    id,
    account: work.account,
    created: work.now,
    amountFen,
    transfer: transfer.id,
    balanceTransaction: credit.id,
    ...part,
  });
  const after = work.put('transfer', { ...transfer, reversedFen: transfer.reversedFen + amountFen });
  const payment = await work.trace('charge', transfer.destinationPayment);
  work.put('charge', { ...payment, refundedFen: after.reversedFen });
  if (transfer.sourceTransaction) {
    const source = await work.trace('charge', transfer.sourceTransaction);
    work.put('charge', { ...source, transferredFen: source.transferredFen - amountFen });
  }
  work.tell('transfer.reversed', await showTransfer(work, after));
  return reversal;
}

const transferring = [
  operation({
    name: 'transfers.create',
    method: 'POST',
    path: '/v1/transfers',
    params: {
      amount,
      currency,
      destination: text,
      description: text.optional(),
      metadata: metadata.optional(),
      source_transaction: text.optional(),
      transfer_group: text.optional(),
    },
    run: async (work, params) => {
      const { amount: amountFen, source_transaction: sourceId } = params;
      const destination = await destinationOf(work, params.destination);
      const source = sourceId ? await sourceOf(work, sourceId, amountFen) : undefined;
      const part = {
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
        transferGroup: params.transfer_group ?? source?.transferGroup ?? null,
      };
      return showTransfer(work, await createTransfer(work, { amountFen, destination, source, part }));
    },
  }),
  operation({
    name: 'transfers.retrieve',
    method: 'GET',
    path: '/v1/transfers/:id',
    run: async (work, _, { id }) => showTransfer(work, await work.need('transfer', id!)),
  }),
  operation({
    name: 'transfers.list',
    method: 'GET',
    path: '/v1/transfers',
    params: { ...page, destination: text.optional(), transfer_group: text.optional() },
    run: (work, { destination, transfer_group: transferGroup, ...params }) => {
      const filter = { match: given({ destination, transferGroup }) };
      return listed(work, 'transfer', '/v1/transfers', params, filter, (transfer) => showTransfer(work, transfer));
    },
  }),
];

const reversing = [
  operation({
    name: 'transfers.createReversal',
    method: 'POST',
    path: '/v1/transfers/:id/reversals',
    params: { amount: amount.optional(), description: text.optional(), metadata: metadata.optional() },
    run: async (work, params, { id }) => {
      const part = { metadata: mergeMetadata({}, params.metadata) };
      return showReversal(await reverse(work, await work.need('transfer', id!), part, params.amount));
    },
  }),
  operation({
    name: 'transfers.retrieveReversal',
    method: 'GET',
    path: '/v1/transfers/:transfer/reversals/:id',
    run: async (work, _, { transfer, id }) => {
      const reversal = await work.need('transfer_reversal', id!);
      if (reversal.transfer !== transfer) throw missingObject('transfer reversal', id!);
      return showReversal(reversal);
    },
  }),
  operation({
    name: 'transfers.listReversals',
    method: 'GET',
    path: '/v1/transfers/:id/reversals',
    params: page,
    run: async (work, params, { id }) => listReversals(work, await work.need('transfer', id!), params),
  }),
];

export const transferOperations = [...transferring, ...reversing];
