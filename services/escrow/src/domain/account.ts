/** Chart of the book: what the first word of an account's code says about it. */
const CHART = {
  psp: { normalSide: 'debit', guarded: false },
  bank: { normalSide: 'debit', guarded: false },
  receivable: { normalSide: 'debit', guarded: false },
  expense: { normalSide: 'debit', guarded: false },
  deposit: { normalSide: 'credit', guarded: true },
  escrow: { normalSide: 'credit', guarded: true },
  wallet: { normalSide: 'credit', guarded: true },
  payable: { normalSide: 'credit', guarded: false },
  royalty: { normalSide: 'credit', guarded: false },
  revenue: { normalSide: 'credit', guarded: false },
  suspense: { normalSide: 'credit', guarded: false },
} as const satisfies Record<string, Pick<Account, 'normalSide' | 'guarded'>>;

/** An account as of its last posting. Amounts in minor units: fen for CNY. */
export interface Account {
  /** `<class>:<whose>`, as in `deposit:<party>:<saleId>`; the class is a word of the chart. */
  readonly code: string;
  readonly currency: string;
  readonly normalSide: 'debit' | 'credit';
  /** Other people's money: what is not held never falls below zero. */
  readonly guarded: boolean;
  /** Nothing may leave it. Money may still arrive, since what has been paid cannot be refused. */
  readonly frozen: boolean;
  /** Sum of all entries, debit positive. */
  readonly postedFen: bigint;
  /** Sum of the pending holds, never negative. */
  readonly heldFen: bigint;
  /** Number of entries so far; entry n left the account at version n. */
  readonly version: number;
  readonly saleId: string | null;
}

/** What the chart says about this code; undefined when it has no such class. */
export function classOf(code: string): Pick<Account, 'normalSide' | 'guarded'> | undefined {
  const [name = '', whose = ''] = code.split(':');
  return whose && Object.hasOwn(CHART, name) ? CHART[name as keyof typeof CHART] : undefined;
}

/** `fen` (debit positive) as the account's owner counts it: positive on the account's normal side. */
export const onNormalSide = ({ normalSide }: Pick<Account, 'normalSide'>, fen: bigint): bigint =>
  normalSide === 'debit' ? fen : -fen;

/** What may leave the account, in minor units. */
export const availableFen = (account: Account): bigint => onNormalSide(account, account.postedFen) - account.heldFen;
