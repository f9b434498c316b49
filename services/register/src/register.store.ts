import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Filing } from './domain/filing.ts';
import type { Patent } from './domain/patent.ts';

@Injectable()
export class PatentStore extends DocumentStore<Patent> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'patent', 'patent_number', {
      patent_number: ['text', (p) => p.patentNumber],
      mirror_state: ['text', (p) => p.state],
      stale: ['bool', (p) => p.stale],
      owners: ['jsonb', (p) => (p.entry?.owners ?? []).flatMap(({ party }) => party ?? [])],
      words: ['text', wordsOf],
      office_version: ['int', (p) => p.entry?.officeVersion ?? -1],
      requested_at: ['timestamptz', (p) => new Date(p.requestedAt)],
    });
  }
}

/** What a search for a patent looks through. */
const wordsOf = ({ patentNumber, entry }: Patent) =>
  [patentNumber, entry?.title.zh, entry?.title.en, entry?.abstract, ...(entry?.ipc ?? [])]
    .concat(entry?.owners.map(({ name }) => name) ?? [])
    .filter((word) => word)
    .join(' ')
    .toLowerCase();

@Injectable()
export class FilingStore extends DocumentStore<Filing> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'filing', 'sale_id', {
      sale_id: ['uuid', (f) => f.saleId],
      status: ['text', (f) => f.state],
      checking: ['bool', (f) => f.checking],
      opened_at: ['timestamptz', (f) => new Date(f.openedAt)],
    });
  }
}
