import { invalid } from '../failure.ts';
import { list, methodType } from '../params.ts';
import type { MethodType } from '../states.ts';
import type { Work } from '../work.ts';

/** The first API version that refuses payment_method_types and has allowed_payment_method_types instead. */
const ENDIVE = '2026-09-30';
const ALL: MethodType[] = ['alipay', 'wechat_pay', 'card'];

export const methodTypeParams = {
  payment_method_types: list(methodType).optional(),
  allowed_payment_method_types: list(methodType).optional(),
};

interface Asked {
  payment_method_types?: MethodType[] | undefined;
  allowed_payment_method_types?: MethodType[] | undefined;
}

export interface MethodTypes {
  /** As asked for. */
  allowedTypes: MethodType[] | null;
  /** What of it fits the rest of the request. */
  methodTypes: MethodType[];
}

/** Wallets cannot hold: only a card can be captured later. */
const fits = (type: MethodType, isManual: boolean): boolean => type === 'card' || !isManual;

function legacyTypes(work: Work, types: MethodType[], isManual: boolean): MethodTypes {
  if (work.scene.apiVersion.slice(0, ENDIVE.length) >= ENDIVE) {
    const message =
      'payment_method_types is no longer supported in this API version: use allowed_payment_method_types.';
    throw invalid(message, 'payment_method_types_no_longer_supported', 'payment_method_types');
  }
  const wallets = types.filter((type) => !fits(type, isManual));
  if (wallets.length === 0) return { allowedTypes: null, methodTypes: types };
  const message = `${wallets.join(', ')} cannot be captured manually: only card can.`;
  throw invalid(message, 'payment_intent_incompatible_payment_method', 'capture_method');
}

/** Which payment methods the buyer may choose: what was allowed, or all that there are, less what does not fit. */
export function methodTypesOf(work: Work, asked: Asked, isManual: boolean): MethodTypes {
  const { payment_method_types: legacy, allowed_payment_method_types: allowed } = asked;
  if (legacy) return legacyTypes(work, legacy, isManual);
  const methodTypes = (allowed ?? ALL).filter((type) => fits(type, isManual));
  if (methodTypes.length > 0) return { allowedTypes: allowed ?? null, methodTypes };
  const message = 'None of the allowed payment method types fits this payment.';
  throw invalid(message, 'payment_intent_incompatible_payment_method', 'allowed_payment_method_types');
}
