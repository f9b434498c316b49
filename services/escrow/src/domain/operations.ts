import type { Draft } from './draft.ts';
import { moveOperation, type Operation, type OperationKind } from './documents.ts';
import { operationProcess } from './processes.ts';

/** How long what the rail does not do is tried again by itself, before a person must look. */
export interface Patience {
  /** Days, of what it refuses for now. */
  days: number;
  /** Attempts in all, of what it took and then gave back. */
  attempts: number;
}
const DAY_MS = 86_400_000;

type Intention = Pick<Operation, 'id' | 'kind' | 'saleId' | 'party' | 'amountFen'> &
  Partial<Pick<Operation, 'orderId' | 'payeeAccount' | 'paymentId' | 'bookAccount' | 'returnUrl'>>;

const drawn = (draft: Draft, intention: Intention): Operation => ({
  madeAt: draft.now,
  orderId: null,
  attempt: 1,
  state: operationProcess.initial,
  railId: null,
  rank: 0,
  payeeAccount: null,
  paymentId: null,
  bookAccount: null,
  returnUrl: null,
  reason: null,
  refusedSince: null,
  version: 0,
  ...intention,
});

/** Records what the rail is to do; the call is made after the commit. */
export function intend(draft: Draft, intention: Intention): Operation {
  const operation = draft.putOperation(moveOperation(drawn(draft, intention), 'intended'));
  draft.begin(operation);
  if (operation.bookAccount) draft.hold(operation, operation.bookAccount);
  return operation;
}

/** Records what the rail is to do once its payee has an account there. */
export const intendLater = (draft: Draft, intention: Intention): Operation =>
  draft.putOperation(drawn(draft, intention));

export function intendNow(draft: Draft, operation: Operation, payeeAccount: string): Operation {
  const next = draft.putOperation({ ...moveOperation(operation, 'intended'), payeeAccount });
  draft.begin(next);
  return next;
}

/** Records a payment that we did not ask for. */
export const stray = (draft: Draft, operation: Intention & { rank: number }): Operation =>
  draft.putOperation({ ...drawn(draft, operation), state: 'done', rank: operation.rank });

/** The rail has it: what it says of something shows that it took it, whether or not the call has come back. */
export const taken = (operation: Operation): Operation =>
  operation.state === 'intended'
    ? { ...moveOperation(operation, 'taken'), reason: null, refusedSince: null }
    : operation;

/** A new attempt under a new key; the money of a refund is set aside for it again. */
export function again(draft: Draft, operation: Operation, reason: string | null): Operation {
  const { attempt } = operation;
  const next = { ...moveOperation(operation, 'repeated'), attempt: attempt + 1, railId: null, rank: 0, reason };
  draft.begin(next);
  if (next.bookAccount) draft.hold(next, next.bookAccount);
  return draft.putOperation(next);
}

/** The rail gave it back. */
export const retried = (draft: Draft, operation: Operation, reason: string, { attempts }: Patience): Operation =>
  operation.attempt < attempts ? again(draft, operation, reason) : block(draft, operation, reason);

/** The rail refuses it for now. */
export function putOff(draft: Draft, operation: Operation, reason: string, { days }: Patience): Operation {
  const refusedSince = operation.refusedSince ?? draft.now;
  const isPatient = draft.now < refusedSince + days * DAY_MS;
  return isPatient ? again(draft, { ...operation, refusedSince }, reason) : block(draft, operation, reason);
}

/** A person has it tried again, with all the patience of a first attempt. */
export const anew = (draft: Draft, operation: Operation): Operation =>
  again(draft, { ...operation, refusedSince: null }, null);

export const block = (draft: Draft, operation: Operation, reason: string): Operation =>
  draft.putOperation({ ...moveOperation(operation, 'blocked'), reason });

export const isKind = (operation: Operation | undefined, kind: OperationKind): operation is Operation =>
  operation?.kind === kind;
