import { Fenced } from '@yuzhi/database/journal';
import { UnknownVersion } from './judge.ts';

/**
 * Only what fails the same way every time is poison: SQLSTATE 22, 23, 42 and 54, a stale row, a mistake in our own
 * code. Everything else is tried again for ever, because a lost connection has many faces.
 */
function isPoison(e: unknown): boolean {
  if (e instanceof TypeError || e instanceof RangeError || e instanceof SyntaxError) return true;
  const code = (e as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (/^(22|23|42|54)...$/.test(code) || code === 'YZ003');
}

/** Why a commit failed, as far as that says what to do next. */
export function reasonOf(e: unknown): 'fenced' | 'unknown-version' | 'poison' | 'unavailable' {
  if (e instanceof Fenced) return 'fenced';
  if (e instanceof UnknownVersion) return 'unknown-version';
  return isPoison(e) ? 'poison' : 'unavailable';
}
