import type { Held } from '@yuzhi/database/json';
import type { Versioned } from '@yuzhi/database/store';
import type { DealState as State, openDeal, recordSignature } from '@yuzhi/protocol/contracts';
import type { DataOf, Words } from '@yuzhi/protocol/declare';
import type { z } from 'zod';
import type { DealTerms } from './terms.ts';

export type DealState = z.output<typeof State>;
export type Side = 'seller' | 'buyer';
type Opening = Held<DataOf<typeof openDeal>>;

/** That a person wants to sign this very content for a party. The signature is made of it, outside the decision. */
export interface Will {
  person: string;
  at: number;
  /** Id of the command by which he said so. */
  evidence: string;
}
export type Signature = DataOf<typeof recordSignature>['signature'];
export interface Signing {
  will: Will;
  signature: Signature | null;
}

export interface Due {
  at: number;
  /** The calendar of that time is not announced yet. */
  provisional: boolean;
}

/** What a deal asks of other services. */
export type Ask = 'confirm' | 'expect' | 'file' | 'release';
/** At most one question is open. `retryAt`: it was refused and is asked again then, as a new attempt. */
export interface Asking {
  what: Ask;
  attempt: number;
  retryAt: number | null;
}

/** Why a deal does not go on by itself, for everyone to see. */
export interface Stuck extends Words {
  /** The code of a refusal, `<state>-overdue`, `filing-refused` or `registered-to-another`. */
  reason: string;
  since: number;
}

/** What others told of the deal, remembered until its state has come so far. */
export interface Notes {
  funded: boolean;
  registeredOn: string | null;
  registeredToAnother: boolean;
  refusedReason: string | null;
  settled: boolean;
}

/** One sale from its confirmed result to its last payment. Instants in epoch ms of the platform's clock. */
export interface Deal extends Opening, Versioned {
  state: DealState;
  version: number;
  deadlineAt: number | null;
  /** What the rulebook said when the deal was opened; the contract is made of it. */
  terms: DealTerms;
  openedAt: number;
  confirmedAt: number | null;
  contract: { contentHash: string; fileHash: string; templateVersion: number } | null;
  signBy: number | null;
  signing: Record<Side, Signing | null>;
  /** When the last party had signed. */
  effectiveAt: number | null;
  sealedHash: string | null;
  payBy: Due | null;
  /** Of the payment order; null where the deposit covers the price. */
  orderId: string | null;
  /** When the present state is overdue; null once that was said. */
  due: Due | null;
  /** The question to another service that is open. */
  asking: Asking | null;
  notes: Notes;
  stuck: Stuck | null;
}

export const SIDES = ['seller', 'buyer'] as const;

export const sideOf = ({ seller, buyer }: Pick<Deal, Side>, party: string): Side | undefined =>
  SIDES.find((side) => ({ seller, buyer })[side] === party);

export function newDeal(data: Opening, terms: DealTerms, now: number): Deal {
  return {
    ...data,
    state: 'confirming',
    version: 0,
    deadlineAt: null,
    terms,
    openedAt: now,
    confirmedAt: null,
    contract: null,
    signBy: null,
    signing: { seller: null, buyer: null },
    effectiveAt: null,
    sealedHash: null,
    payBy: null,
    orderId: null,
    due: null,
    asking: null,
    notes: { funded: false, registeredOn: null, registeredToAnother: false, refusedReason: null, settled: false },
    stuck: null,
  };
}
