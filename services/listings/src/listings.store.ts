import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import { stuckOf } from './domain/asking.ts';
import type { Listing } from './domain/listing.ts';

@Injectable()
export class ListingStore extends DocumentStore<Listing> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'listing', 'sale_id', {
      sale_id: ['uuid', (l) => l.saleId],
      seller: ['text', (l) => l.seller],
      status: ['text', (l) => l.status],
      patent_number: ['text', (l) => l.patentNumber],
      stuck: ['bool', (l) => stuckOf(l) !== null],
      words: ['text', wordsOf],
      listed_at: ['timestamptz', (l) => new Date(l.announcedAt ?? l.draftedAt)],
    });
  }
}

/** What a search for a listing looks through. */
const wordsOf = ({ patentNumber, entry, description }: Listing) =>
  [patentNumber, entry?.title.zh, entry?.title.en, ...(entry?.ipc ?? []), description.zh, description.en]
    .filter((word) => word)
    .join(' ')
    .toLowerCase();
