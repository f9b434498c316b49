import type { Reader } from '@yuzhi/database/store';
import type { Log } from '@yuzhi/messaging/log';
import type { ServiceName } from '@yuzhi/protocol/catalogue';
import type { Acknowledged } from './acknowledged.ts';

/** An object of the payment rail that moved money. Amounts in fen. */
export interface RailItem {
  id: string;
  amountFen: bigint;
  /** The idempotency key of the attempt that made it; empty when it was none of ours. */
  reference: string;
}
/** What the rail says of itself at one moment: only what has succeeded. */
export interface RailStatement {
  /** What it holds for us, settled or not. */
  balanceFen: bigint;
  payments: RailItem[];
  refunds: RailItem[];
  transfers: RailItem[];
  /** Out of the accounts that were named. */
  payouts: RailItem[];
}
/** The payment rail as its bank statements show it. */
export interface RailBooks {
  read(payeeAccounts: readonly string[]): Promise<RailStatement>;
}

/** The patent office as everybody may ask it. */
export interface OfficeBooks {
  /** The state of a filing and what it is about; undefined where the office knows none of that reference. */
  filing(reference: string): Promise<{ state: string; number: string; to: string[] } | undefined>;
}

/** All that a verdict rests on. What is absent cannot be compared, and the checks that need it say so. */
export interface Evidence {
  /** As each service's reader role sees its own. */
  databases: Record<ServiceName, Reader>;
  /** What the client was told, in no particular order. */
  acknowledged: readonly Acknowledged[];
  log?: Pick<Log, 'replay' | 'ends'>;
  rail?: RailBooks;
  office?: OfficeBooks;
}
