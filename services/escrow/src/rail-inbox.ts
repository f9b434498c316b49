import { READER, SIDE } from '@yuzhi/chassis/service';
import { toJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import { servicePrincipal } from '@yuzhi/messaging/effects';
import { askedOf, derivedId } from '@yuzhi/messaging/ids';
import { Inject, Injectable } from '@nestjs/common';
import { BOOK } from './book.store.ts';
import { PaymentRail, type RailEvent } from './payment-rail.ts';

export const READ_EVENTS = 'read-rail-events';
const { party } = servicePrincipal('escrow');

type Waiting = Pick<RailEvent, 'id' | 'type' | 'account' | 'payload'>;

/** What the rail has told us, once each, until the book has taken it in. */
@Injectable()
export class RailInbox {
  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(SIDE) private readonly side: Reader,
    private readonly rail: PaymentRail,
  ) {}

  /** An event that is here already, or that is about nothing of ours, changes nothing. */
  async keep(events: readonly RailEvent[]): Promise<void> {
    if (!events.length) return;
    await this.side.query(
      `insert into psp_event (id, account, type, note_id, payload, processed_at)
       select u.id, u.account, u.type, u.note, u.payload::jsonb, case when u.concerns then null else now() end
       from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::bool[])
         u(id, account, type, note, payload, concerns)
       on conflict do nothing`,
      [
        events.map((e) => e.id),
        events.map((e) => e.account),
        events.map((e) => e.type),
        events.map((e) => askedOf(party, BOOK, derivedId(READ_EVENTS, e.id, '0', '0')).id),
        events.map((e) => toJson(e.payload)),
        events.map((e) => this.rail.concerns(e.type)),
      ],
    );
  }

  /** Those that the book has not decided on, the oldest first. */
  async waiting(limit: number): Promise<Waiting[]> {
    const { rows } = await this.reader.query<Waiting & { isDecided: boolean }>(
      `select e.id, e.type, e.account, e.payload,
         exists (select from inbox i where i.asked = e.note_id) as "isDecided"
       from psp_event e where e.processed_at is null order by e.received_at limit $1`,
      [limit],
    );
    const decided = rows.filter(({ isDecided }) => isDecided);
    await this.done(decided.map(({ id }) => id));
    return rows.filter(({ isDecided }) => !isDecided);
  }
  async done(ids: readonly string[]): Promise<void> {
    if (ids.length) await this.side.query('update psp_event set processed_at = now() where id = any($1)', [ids]);
  }
}
