import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import type { ClockState } from './domain/clock.ts';
import type { RulebookState } from './domain/rulebook.ts';

@Injectable()
export class RulebookStore extends DocumentStore<RulebookState> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'rulebook', 'id', { id: ['text', (s) => s.id] });
  }
}

@Injectable()
export class ClockStore extends DocumentStore<ClockState> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, 'platform_clock', 'id', { id: ['text', (s) => s.id] });
  }
}
