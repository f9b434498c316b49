import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import type { ReplayState } from './domain/replay.ts';

@Injectable()
export class ReplayStore extends DocumentStore<ReplayState> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'replay', 'replay', {
      replay: ['uuid', (s) => s.replay],
      asked_at: ['timestamptz', (s) => new Date(s.askedAt)],
      approved: ['bool', (s) => s.state === 'approved'],
    });
  }
}
