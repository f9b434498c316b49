/** The fields of Stripe's error object that clients read. */
export interface StripeErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error' | 'rate_limit_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: unknown;
}

/** An answer other than 200, as Stripe words it. */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: StripeErrorBody,
    /** What was written before it was thrown stays written: a declined card leaves a failed charge. */
    readonly keepsWrites = false,
  ) {
    super(body.message);
  }
}

export const invalid = (message: string, code?: string, param?: string): StripeFailure =>
  new StripeFailure(400, { type: 'invalid_request_error', message, ...(code && { code }), ...(param && { param }) });

export const missingParam = (param: string): StripeFailure =>
  invalid(`Missing required param: ${param}.`, 'parameter_missing', param);

export const missingObject = (noun: string, id: string, param = 'id'): StripeFailure =>
  new StripeFailure(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${noun.replaceAll('_', ' ').replaceAll('.', ' ')}: '${id}'`,
    param,
  });

export const unauthorised = (message: string): StripeFailure =>
  new StripeFailure(401, { type: 'invalid_request_error', message });

export const insufficientBalance = (message: string): StripeFailure => invalid(message, 'balance_insufficient');

export const keyInUse = (key: string): StripeFailure =>
  new StripeFailure(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message:
      'There is currently another in-progress request using this Idempotent Key (that probably means you submitted ' +
      `twice, and the other request is still going through): ${key}. Please try again later.`,
  });

export const internalError = (): StripeFailure =>
  new StripeFailure(500, { type: 'api_error', message: 'An unknown error occurred.' });
