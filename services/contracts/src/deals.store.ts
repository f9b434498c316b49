import { Calendar } from '@yuzhi/chassis/rulebook';
import { READER } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import type { Pending } from '@yuzhi/messaging/errands';
import { Inject, Injectable } from '@nestjs/common';
import { type Deal, SIDES } from './domain/deal.ts';
import { woken } from './domain/decisions.ts';

/** Work outside a decision that a deal waits for. */
export type DealErrand = 'draft' | 'sign' | 'seal';

function errandOf({ state, signing }: Deal): DealErrand | null {
  if (state === 'drafting') return 'draft';
  if (state === 'sealing') return 'seal';
  const unsigned = SIDES.some((side) => signing[side] && !signing[side].signature);
  return state === 'signing' && unsigned ? 'sign' : null;
}

@Injectable()
export class DealStore extends DocumentStore<Deal> {
  constructor(
    @Inject(READER) reader: Reader,
    private readonly calendar: Calendar,
  ) {
    super(reader, 'deal', 'sale_id', {
      sale_id: ['uuid', (d) => d.saleId],
      seller: ['text', (d) => d.seller],
      buyer: ['text', (d) => d.buyer],
      status: ['text', (d) => d.state],
      stuck: ['bool', (d) => d.stuck !== null],
      errand: ['text', errandOf],
      sealed_hash: ['text', (d) => d.sealedHash],
      opened_at: ['timestamptz', (d) => new Date(d.openedAt)],
    });
  }

  advance(deal: Deal, now: number) {
    return woken(deal, { now, calendar: this.calendar });
  }
}

/** The deals that wait for this, oldest first. */
export async function dealsWaitingFor(reader: Reader, errand: DealErrand, limit: number): Promise<Deal[]> {
  const { rows } = await reader.query<{ state: unknown }>(
    'select state from deal where errand = $1 order by opened_at limit $2',
    [errand, limit],
  );
  return rows.map(({ state }) => fromJson<Deal>(state));
}
/** The same by their ids alone: many may wait for a document, and each is read when its turn comes. */
export async function documentsWaitingFor(
  reader: Reader,
  errand: DealErrand,
  limit: number,
): Promise<Pending<string>[]> {
  const { rows } = await reader.query<{ id: string }>(
    'select sale_id::text as id from deal where errand = $1 order by opened_at limit $2',
    [errand, limit],
  );
  return rows.map(({ id }) => ({ id, attempt: 1, task: id }));
}
export async function readDeal(reader: Reader, saleId: string): Promise<Deal> {
  const { rows } = await reader.query<{ state: unknown }>('select state from deal where sale_id = $1', [saleId]);
  return fromJson<Deal>(rows[0]!.state);
}
