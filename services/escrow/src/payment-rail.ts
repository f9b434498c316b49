import type { OperationKind } from './domain/documents.ts';

/** What one attempt asks of the rail. */
export interface RailOrder {
  kind: OperationKind;
  /** The idempotency key of the attempt, and by what the object it makes is known again. */
  key: string;
  saleId: string | null;
  party: string;
  amountFen: bigint;
  payeeAccount: string | null;
  paymentId: string | null;
  returnUrl: string | null;
}

/** An object of the rail as it is now. */
export interface RailObject {
  kind: 'payment' | 'refund' | 'transfer' | 'payout' | 'account';
  railId: string;
  /** The key of the attempt that made it; empty when it was none of ours. */
  reference: string;
  state: 'pending' | 'succeeded' | 'failed' | 'expired';
  /** Rises with each state that an object of its kind can reach. */
  rank: number;
  amountFen: bigint;
  /** What the rail kept of it. */
  feeFen: bigint;
  at: number;
}
/** What a call made. A page for a person has an address; what moves money by itself has a state at once. */
export interface RailMade {
  railId: string;
  url: string | null;
  object: RailObject | null;
}

/** Something that changed on the rail: whose account it is in, and what to fetch. */
export interface RailEvent {
  id: string;
  type: string;
  account: string | null;
  /** Epoch ms, on the rail's clock. */
  at: number;
  payload: unknown;
}

/** A part of what happened, the newest first. */
export interface RailEvents {
  events: RailEvent[];
  /** Where the next part begins; null: that was all. */
  next: string | null;
}

/** The rail said no and nothing was done. Every other failure of a call means that nobody knows. */
export class RailRefused extends Error {
  constructor(
    readonly reason: string,
    /** It may well say yes a little later. */
    readonly isTransient: boolean,
  ) {
    super(reason);
  }
}
/** The rail failed, and said so. It may have done what it was asked, and say nothing else under that key. */
export class RailFaulted extends Error {}
/** The webhook was not sent by the rail. */
export class SignatureInvalid extends Error {}

/** Who moves the money for us. Every call may be repeated under its key. */
export abstract class PaymentRail {
  abstract readonly name: string;
  /** No real money. */
  abstract readonly isDemo: boolean;

  /** Throws RailRefused, and RailFaulted. Where no answer came, the same key is answered with what it has made. */
  abstract make(order: RailOrder): Promise<RailMade>;
  /**
   * What a call with an unknown outcome has made, found without its key, not before `since` (epoch ms). A search that
   * fails on its way goes on from there when it is made again.
   */
  abstract find(order: RailOrder, since: number): Promise<RailMade | undefined>;
  /** The object that an event is about, as it is now; undefined when it tells us nothing. */
  abstract fetch(event: Pick<RailEvent, 'type' | 'account' | 'payload'>): Promise<RailObject | undefined>;
  /** The same for what an operation of ours made, whose events may not reach us. */
  abstract look(kind: OperationKind, railId: string, payeeAccount: string | null): Promise<RailObject | undefined>;
  /** Whether an event of this type is about an object that `fetch` knows. */
  abstract concerns(type: string): boolean;
  /** What happened in our account from `since` on, epoch ms; `after` is where the part before it ended. */
  abstract events(since: number, after: string | null): Promise<RailEvents>;
  /** Throws SignatureInvalid. */
  abstract read(body: Buffer, signature: string | undefined): RailEvent;
  /** What it holds for us, settled or not. */
  abstract balanceFen(): Promise<bigint>;
}
