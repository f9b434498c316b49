import type { AnswerTable, Decision } from '@yuzhi/messaging/decision';
import { accept } from '@yuzhi/messaging/decision';
import { Answers } from '@yuzhi/messaging/handlers';
import { biddingRefusals, openAuction } from '@yuzhi/protocol/bidding';
import { platformRefusals } from '@yuzhi/protocol/platform';
import type { Refusal } from '@yuzhi/protocol/declare';
import { listingAnnounced, listingReturned } from '@yuzhi/protocol/listings';
import { registerRefusals, releasePatent, reservePatent } from '@yuzhi/protocol/register';
import { wire } from '@yuzhi/database/json';
import { Injectable } from '@nestjs/common';
import { changed, type Listing, moved } from './domain/listing.ts';
import { ListingStore } from './listings.store.ts';

const words: Record<string, Refusal> = { ...registerRefusals, ...biddingRefusals, ...platformRefusals };

/** What the holder reads: why, and what to do about it. A code that a newer service may know is our own fault. */
function commentOf(code: string): string {
  const { zh, en, next } = words[code] ?? platformRefusals['internal-fault'];
  return `${zh}${next.zh} ${en} ${next.en}`;
}

/** The register or the bidding refused: back to the holder, who reads why. Again, it changes nothing. */
function comeBack(listing: Listing, { code }: { code: string }): Decision<Listing> {
  const comment = commentOf(code);
  const returned = moved(listing, 'refused', { returned: { code, comment } });
  if (!returned) return accept(listing);
  const { saleId } = listing;
  const decision = listing.reservation === 'held' ? giveBack(returned) : accept(returned);
  return decision.tell(listingReturned, { saleId, reason: comment }, saleId);
}
function giveBack(listing: Listing) {
  const { saleId, patentNumber } = listing;
  return accept<Listing>({ ...listing, reservation: 'releasing' }).ask(releasePatent, patentNumber, {
    patentNumber,
    saleId,
  });
}
const unchanged = (listing: Listing) => accept(listing);

/** What becomes of a listing when another service has decided what it asked. */
@Injectable()
export class ListingAnswers {
  @Answers(reservePatent, ListingStore)
  readonly reserved: AnswerTable<Listing, typeof reservePatent> = {
    accepted(listing, entry) {
      const opening = moved(listing, 'reserved', { entry, reservation: 'held' });
      // Taken although it had failed for us: a lock that nobody gives back would hold the patent for ever.
      if (!opening) return listing.reservation === 'none' ? giveBack(changed(listing, {})) : accept(listing);
      const { saleId, seller, terms } = opening;
      return accept(opening).ask(openAuction, saleId, { saleId, seller, terms: wire(terms) });
    },
    refused: {
      'patent-reserved': comeBack,
      'patent-unknown': comeBack,
      'seller-not-owner': comeBack,
      'co-owner-consent-missing': comeBack,
      'patent-not-in-force': comeBack,
      'annuity-unpaid': comeBack,
      'patent-pledged': comeBack,
      'patent-preserved': comeBack,
    },
    failed: comeBack,
  };

  @Answers(openAuction, ListingStore)
  readonly opened: AnswerTable<Listing, typeof openAuction> = {
    accepted(listing, _, now) {
      const announced = moved(listing, 'opened', { announcedAt: now });
      if (!announced) return accept(listing);
      const { saleId, seller, patentNumber, entry, terms } = announced;
      const { startPriceFen, depositFen, freeStartsAt, freeEndsAt } = wire(terms);
      const lot = { saleId, seller, patentNumber, title: entry!.title.zh };
      const notice = { ...lot, startPriceFen, depositFen, freeStartsAt, freeEndsAt };
      return accept(announced).tell(listingAnnounced, notice, saleId);
    },
    refused: {
      'reserve-out-of-bounds': comeBack,
      'deposit-out-of-bounds': comeBack,
      'periods-out-of-order': comeBack,
    },
    failed: comeBack,
  };

  @Answers(releasePatent, ListingStore)
  readonly released: AnswerTable<Listing, typeof releasePatent> = {
    accepted: (listing) =>
      listing.reservation === 'releasing' ? accept(changed(listing, { reservation: 'none' })) : accept(listing),
    refused: {},
    failed: unchanged,
  };
}
