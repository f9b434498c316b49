import { Rulebook } from '@yuzhi/chassis/rulebook';
import { wire } from '@yuzhi/database/json';
import { accept, type AnswerTable, type Decision } from '@yuzhi/messaging/decision';
import { Answers } from '@yuzhi/messaging/handlers';
import { openAuction } from '@yuzhi/protocol/bidding';
import { listingAnnounced, listingReturned } from '@yuzhi/protocol/listings';
import { releasePatent, reservePatent } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { ANSWERED, ask, giveBack, refusedWords } from './domain/asking.ts';
import { changed, type Listing, moved } from './domain/listing.ts';
import { ListingStore } from './listings.store.ts';

/** What the holder reads: why, and what to do about it. */
function commentOf(code: string): string {
  const { zh, en, next } = refusedWords(code);
  return `${zh}${next.zh} ${en} ${next.en}`;
}

/** What becomes of a listing when another service has decided what it asked. */
@Injectable()
export class ListingAnswers {
  constructor(private readonly rules: Rulebook) {}

  /** The register or the bidding refused: back to the holder, who reads why. Again, it changes nothing. */
  readonly #comeBack = (listing: Listing, { code }: { code: string }, now: number): Decision<Listing> => {
    const comment = commentOf(code);
    const returned = moved(listing, 'refused', { returned: { code, comment }, ...ANSWERED });
    if (!returned) return accept(listing);
    const { saleId } = listing;
    const decision = listing.reservation === 'none' ? accept(returned) : giveBack(returned, this.#at(now));
    return decision.tell(listingReturned, { saleId, reason: comment }, saleId);
  };

  @Answers(reservePatent, ListingStore)
  readonly reserved: AnswerTable<Listing, typeof reservePatent> = {
    accepted: (listing, entry, now) => {
      const opening = moved(listing, 'reserved', { entry, reservation: 'held' });
      if (opening) return ask(opening, 'open', this.#at(now));
      // Taken although it had failed for us: a lock that nobody gives back would hold the patent for ever.
      return listing.reservation === 'none' ? giveBack(changed(listing, {}), this.#at(now)) : accept(listing);
    },
    refused: {
      'patent-reserved': this.#comeBack,
      'patent-unknown': this.#comeBack,
      'seller-not-owner': this.#comeBack,
      'co-owner-consent-missing': this.#comeBack,
      'patent-not-in-force': this.#comeBack,
      'annuity-unpaid': this.#comeBack,
      'patent-pledged': this.#comeBack,
      'patent-preserved': this.#comeBack,
    },
    failed: this.#comeBack,
  };

  @Answers(openAuction, ListingStore)
  readonly opened: AnswerTable<Listing, typeof openAuction> = {
    accepted(listing, _, now) {
      const announced = moved(listing, 'opened', { announcedAt: now, ...ANSWERED });
      if (!announced) return accept(listing);
      const { saleId, seller, patentNumber, entry, terms } = announced;
      const { startPriceFen, depositFen, freeStartsAt, freeEndsAt } = wire(terms);
      const lot = { saleId, seller, patentNumber, title: entry!.title.zh };
      const notice = { ...lot, startPriceFen, depositFen, freeStartsAt, freeEndsAt };
      return accept(announced).tell(listingAnnounced, notice, saleId);
    },
    refused: {
      'reserve-out-of-bounds': this.#comeBack,
      'deposit-out-of-bounds': this.#comeBack,
      'cycle-out-of-bounds': this.#comeBack,
      'periods-out-of-order': this.#comeBack,
    },
    failed: this.#comeBack,
  };

  /** An answer to a question that is no longer open changes nothing. */
  @Answers(releasePatent, ListingStore)
  readonly released: AnswerTable<Listing, typeof releasePatent> = {
    accepted: (listing) =>
      listing.asking?.what === 'release'
        ? accept(changed(listing, { reservation: 'none', ...ANSWERED }))
        : accept(listing),
    refused: {},
    failed: (listing, { code }) =>
      listing.asking?.what === 'release'
        ? accept(changed(listing, { asking: { ...listing.asking, refusal: code } }))
        : accept(listing),
  };

  #at(now: number) {
    return { now, rules: this.rules };
  }
}
