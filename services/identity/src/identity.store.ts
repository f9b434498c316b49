import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Organisation } from './domain/organisation.ts';
import type { Person } from './domain/person.ts';

@Injectable()
export class PersonStore extends DocumentStore<Person> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'person', 'person', { person: ['uuid', (p) => p.person] });
  }
}

@Injectable()
export class OrganisationStore extends DocumentStore<Organisation> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'organisation', 'uscc', {
      uscc: ['text', (o) => o.uscc],
      verified: ['bool', (o) => o.verified],
      registered_at: ['timestamptz', (o) => new Date(o.registeredAt)],
      members: ['jsonb', (o) => o.members],
    });
  }
}
