/// <reference types="nzh" />
import cn from 'nzh/cn';
import { MAX_FEN } from './fen.ts';

/**
 * An amount in capital characters, the form that binds in contracts and on vouchers: 126800050n is
 * 壹佰贰拾陆万捌仟元伍角, 10000n is 壹佰元整 (整 only where the amount ends in yuan; the rules for filling in vouchers of
 * the Payment and Settlement Measures leave it open after 角). Throws RangeError unless 0 <= fen <= MAX_FEN.
 */
export function toCapital(fen: bigint): string {
  if (fen < 0n || fen > MAX_FEN) throw new RangeError('amount in fen out of bounds');
  const cents = fen % 100n;
  // An exact decimal string: a number would lose fen above 2^53. Empty decimals would cost the 整.
  const yuan = cents === 0n ? String(fen / 100n) : `${fen / 100n}.${String(cents).padStart(2, '0')}`;
  return cn.toMoney(yuan, { outSymbol: false });
}

/** The same after its currency, as it stands on a voucher: 人民币壹佰元整. */
export const toRmbCapital = (fen: bigint): string => `人民币${toCapital(fen)}`;
