import { HeldTables } from '@yuzhi/chassis/parts';
import { Calendar, Rulebook } from '@yuzhi/chassis/rulebook';
import { held, wire } from '@yuzhi/database/json';
import { accept, follow, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import { auctionEnded } from '@yuzhi/protocol/bidding';
import { dealClosed } from '@yuzhi/protocol/contracts';
import type { DataOf } from '@yuzhi/protocol/declare';
import { people } from '@yuzhi/protocol/identity';
import {
  approveListing,
  closeListing,
  concludeListing,
  draftListing,
  listingReturned,
  listingSubmitted,
  listingUnsold,
  listingWithdrawn,
  resultAnnounced,
  resultConfirmed,
  retryListing,
  returnListing,
  reviseListing,
  saleCompleted,
  submitListing,
  wakeListing,
  withdrawListing,
} from '@yuzhi/protocol/listings';
import { Injectable } from '@nestjs/common';
import { ask, askAgain, giveBack, stuckOf } from './domain/asking.ts';
import { changed, draft, isEditable, type Listing, moved } from './domain/listing.ts';
import { ListingStore } from './listings.store.ts';

/** The holder's own listing, or why it is not. */
function owned(listing: Listing | undefined, party: string) {
  if (!listing) return refuse('listing-not-found');
  return listing.seller === party ? listing : refuse('listing-not-yours');
}
const isListing = (found: ReturnType<typeof owned>): found is Listing => 'saleId' in found;

@Injectable()
export class ListingHandlers {
  constructor(
    private readonly rulebook: Rulebook,
    private readonly calendar: Calendar,
    private readonly tables: HeldTables,
  ) {}

  @Handle(draftListing, ListingStore)
  draft(listing: Listing | undefined, { key, principal, data }: Sent<typeof draftListing>, now: number) {
    const wrong = this.#wrongIn(data);
    if (wrong) return refuse(wrong);
    // The id is derived from the request, so whoever finds it taken repeats himself after the inbox forgot.
    return accept(listing ?? draft(key, principal.party, held(data), now), { saleId: key });
  }

  @Handle(reviseListing, ListingStore)
  revise(listing: Listing | undefined, { principal, data }: Sent<typeof reviseListing>) {
    const mine = owned(listing, principal.party);
    if (!isListing(mine)) return mine;
    if (!isEditable(mine)) return refuse('listing-not-editable');
    const wrong = this.#wrongIn(data);
    return wrong ? refuse(wrong) : accept(changed(mine, held(data)), {});
  }
  #wrongIn({ reward: { inventors, costs }, terms }: DataOf<typeof reviseListing>) {
    if (inventors.some(({ party }) => !this.tables.of(people).get(party))) return 'inventor-unknown';
    return costs.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n) > BigInt(terms.startPriceFen)
      ? 'costs-above-start-price'
      : undefined;
  }

  @Handle(submitListing, ListingStore)
  submit(listing: Listing | undefined, { principal }: Sent<typeof submitListing>) {
    const mine = owned(listing, principal.party);
    if (!isListing(mine)) return mine;
    const submitted = moved(mine, 'submit', { returned: null });
    if (!submitted) return refuse('listing-not-editable');
    const { saleId, seller, patentNumber, description } = submitted;
    const title = description.zh.slice(0, 60);
    return accept(submitted, {}).tell(listingSubmitted, { saleId, seller, patentNumber, title }, saleId);
  }

  @Handle(withdrawListing, ListingStore)
  withdraw(listing: Listing | undefined, { principal }: Sent<typeof withdrawListing>) {
    const mine = owned(listing, principal.party);
    if (!isListing(mine)) return mine;
    const withdrawn = moved(mine, 'withdraw');
    if (!withdrawn) return refuse('listing-not-withdrawable');
    return accept(withdrawn, {}).tell(listingWithdrawn, { saleId: mine.saleId }, mine.saleId);
  }

  @Handle(returnListing, ListingStore)
  sendBack(listing: Listing | undefined, { data: { comment } }: Sent<typeof returnListing>) {
    if (!listing) return refuse('listing-not-found');
    const returned = moved(listing, 'return', { returned: { code: null, comment } });
    if (!returned) return refuse('listing-not-in-review');
    const { saleId } = listing;
    return accept(returned, {}).tell(listingReturned, { saleId, reason: comment }, saleId);
  }

  @Handle(approveListing, ListingStore)
  approve(listing: Listing | undefined, _: Sent<typeof approveListing>, now: number) {
    if (!listing) return refuse('listing-not-found');
    const reserving = moved(listing, 'approve');
    if (!reserving) return refuse('listing-not-in-review');
    return ask(reserving, 'reserve', this.#at(now));
  }

  @Handle(retryListing, ListingStore)
  retry(listing: Listing | undefined, _: Sent<typeof retryListing>, now: number) {
    if (!listing) return refuse('listing-not-found');
    if (!stuckOf(listing)) return refuse('listing-not-stuck');
    return ask(changed(listing, {}), listing.asking!.what, this.#at(now));
  }

  @On(auctionEnded)
  onEnded({ saleId, outcome, winner, paddle, priceFen, endedAt }: DataOf<typeof auctionEnded>) {
    return follow(concludeListing, saleId, { saleId, outcome, winner, paddle, priceFen, endedAt });
  }

  @Handle(concludeListing, ListingStore)
  conclude(listing: Listing | undefined, { data }: Sent<typeof concludeListing>, now: number) {
    if (!listing) throw new Error(`${data.saleId}: a bidding without its listing`);
    const { saleId } = listing;
    if (data.outcome !== 'sold') {
      const unsold = moved(listing, 'leave-unsold', { result: held(data) });
      if (!unsold) return accept(listing);
      return giveBack(unsold, this.#at(now)).tell(listingUnsold, { saleId, outcome: data.outcome }, saleId);
    }
    const days = this.rulebook.int('listings.result-notice-working-days', now);
    const { at: until, provisional } = this.calendar.addWorkingDays(data.endedAt, days);
    const limit = { noticeUntil: until, deadlineAt: until, rulebookVersion: this.rulebook.version() };
    const noticed = moved(listing, 'sell', { result: held(data), ...limit });
    if (!noticed) return accept(listing);
    const { priceFen, winner, paddle } = data;
    const notice = { saleId, priceFen: priceFen!, buyer: winner!, paddle: paddle!, until, provisional };
    return accept(noticed).tell(resultAnnounced, notice, saleId);
  }

  @Wakes(wakeListing, ListingStore)
  @Handle(wakeListing, ListingStore)
  wake(listing: Listing | undefined, _: Sent<typeof wakeListing>, now: number) {
    if (!listing) throw new Error('a deadline without its listing');
    if (listing.deadlineAt === null || listing.deadlineAt > now) return accept(listing);
    if (listing.asking) return askAgain(listing, this.#at(now));
    const confirmed = moved(listing, 'notice-passed', { deadlineAt: null });
    if (!confirmed) return accept(listing);
    const { saleId, patentNumber, seller, result, terms, reward, entry, rulebookVersion } = confirmed;
    const { winner, priceFen } = result!;
    const outcome = wire({
      ...{ saleId, patentNumber, seller, reward, entry: entry! },
      buyer: winner!,
      priceFen: priceFen!,
      depositFen: terms.depositFen,
      rulebookVersion: rulebookVersion!,
    });
    return accept(confirmed).tell(resultConfirmed, outcome, saleId);
  }

  @On(dealClosed)
  onClosed({ saleId }: DataOf<typeof dealClosed>) {
    return follow(closeListing, saleId, { saleId });
  }

  @Handle(closeListing, ListingStore)
  close(listing: Listing | undefined, { data: { saleId } }: Sent<typeof closeListing>, now: number) {
    if (!listing) throw new Error(`${saleId}: a deal without its listing`);
    const sold = moved(listing, 'close');
    return sold ? giveBack(sold, this.#at(now)).tell(saleCompleted, { saleId }, saleId) : accept(listing);
  }

  #at(now: number) {
    return { now, rules: this.rulebook };
  }
}
