import type { Held } from '@yuzhi/database/json';
import { defineProcess } from '@yuzhi/chassis/process';
import type { DataOf } from '@yuzhi/protocol/declare';
import { type concludeListing, type draftListing, ListingStatus, type reviseListing } from '@yuzhi/protocol/listings';
import type { RegisterEntry } from '@yuzhi/protocol/register';
import type { z } from 'zod';

/** What a listing goes through; `reserving` and `opening` wait for the register and for the bidding: `asking`. */
export const listingProcess = defineProcess('listing', {
  states: ListingStatus.options,
  initial: 'draft',
  final: ['withdrawn', 'unsold', 'sold'],
  transitions: [
    { from: 'draft', on: 'submit', to: 'in-review' },
    { from: 'draft', on: 'withdraw', to: 'withdrawn' },
    { from: 'returned', on: 'submit', to: 'in-review' },
    { from: 'returned', on: 'withdraw', to: 'withdrawn' },
    { from: 'in-review', on: 'return', to: 'returned' },
    { from: 'in-review', on: 'withdraw', to: 'withdrawn' },
    { from: 'in-review', on: 'approve', to: 'reserving' },
    { from: 'reserving', on: 'reserved', to: 'opening' },
    { from: 'reserving', on: 'refused', to: 'returned' },
    { from: 'opening', on: 'opened', to: 'announced' },
    { from: 'opening', on: 'refused', to: 'returned' },
    { from: 'announced', on: 'sell', to: 'result-notice' },
    { from: 'announced', on: 'leave-unsold', to: 'unsold' },
    { from: 'result-notice', on: 'notice-passed', to: 'contracting' },
    { from: 'contracting', on: 'close', to: 'sold' },
  ],
});
export type ListingState = (typeof listingProcess)['states'][number];
export type ListingMove = Parameters<(typeof listingProcess)['next']>[1];

/** What a listing asks of other services: to hold its patent, to open its bidding, to let the patent go. */
export type Ask = 'reserve' | 'open' | 'release';
/** At most one question is open. It is put again at the deadline, and `stuckAt` says since when no more. */
export interface Asking {
  readonly what: Ask;
  readonly attempt: number;
  /** Code of what was answered to this attempt, if it was no. */
  readonly refusal: string | null;
  readonly stuckAt: number | null;
}

type Offer = Held<DataOf<typeof reviseListing>>;

export interface Listing extends Offer {
  readonly saleId: string;
  readonly seller: string;
  readonly patentNumber: string;
  readonly status: ListingState;
  /** What the register showed when the patent was reserved. */
  readonly entry: z.output<typeof RegisterEntry> | null;
  /** Whether the register holds the patent for this sale. */
  readonly reservation: 'none' | 'held' | 'releasing';
  /** Why it came back: a comment of the desk, or the refusal of the register or the bidding. */
  readonly returned: { code: string | null; comment: string } | null;
  readonly asking: Asking | null;
  readonly draftedAt: number;
  readonly announcedAt: number | null;
  readonly result: Held<DataOf<typeof concludeListing>> | null;
  readonly noticeUntil: number | null;
  /** Of the rulebook by which its last time limit was set. */
  readonly rulebookVersion: string | null;
  readonly version: number;
  readonly deadlineAt: number | null;
}

export function draft(
  saleId: string,
  seller: string,
  { patentNumber, ...offer }: Held<DataOf<typeof draftListing>>,
  now: number,
): Listing {
  return {
    ...offer,
    saleId,
    seller,
    patentNumber,
    status: 'draft',
    entry: null,
    reservation: 'none',
    returned: null,
    asking: null,
    draftedAt: now,
    announcedAt: null,
    result: null,
    noticeUntil: null,
    rulebookVersion: null,
    version: 1,
    deadlineAt: null,
  };
}

/** The listing after a move, with what else changes; undefined when its state does not know that move. */
export function moved(listing: Listing, move: ListingMove, change: Partial<Listing> = {}): Listing | undefined {
  const status = listingProcess.next(listing.status, move);
  return status && { ...listing, ...change, status, version: listing.version + 1 };
}

export const changed = (listing: Listing, change: Partial<Listing>): Listing => ({
  ...listing,
  ...change,
  version: listing.version + 1,
});

export const isEditable = ({ status }: Listing): boolean => status === 'draft' || status === 'returned';
/** What everybody may see: from the announcement on. */
export const PUBLIC_STATES = ['announced', 'result-notice', 'contracting', 'sold', 'unsold'] as const;
