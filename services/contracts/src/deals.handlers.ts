import { HeldTables } from '@yuzhi/chassis/parts';
import { Calendar, Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, type Accepted, follow, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import {
  noteProgress,
  openDeal,
  recordDocument,
  recordSeal,
  recordSignature,
  signContract,
  wakeDeal,
} from '@yuzhi/protocol/contracts';
import type { DataOf } from '@yuzhi/protocol/declare';
import { organisations } from '@yuzhi/protocol/identity';
import { saleFunded, saleRegistered, saleSettled } from '@yuzhi/protocol/escrow';
import { resultConfirmed } from '@yuzhi/protocol/listings';
import { filingRefused } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { DealStore } from './deals.store.ts';
import type { Deal } from './domain/deal.ts';
import { documented, noted, opened, sealed, signed, willing } from './domain/decisions.ts';
import { termsOf } from './domain/terms.ts';

/** Characters of what the office says that a deal keeps. */
const REASON_MAX = 300;

/** Of a message that only a deal of ours can have led to. */
function known(deal: Deal | undefined, key: string): Deal {
  if (!deal) throw new Error(`${key}: told of a deal that was never opened`);
  return deal;
}

@Injectable()
export class DealHandlers {
  constructor(
    private readonly rulebook: Rulebook,
    private readonly calendar: Calendar,
    private readonly tables: HeldTables,
  ) {}

  @On(resultConfirmed)
  onConfirmed(result: DataOf<typeof resultConfirmed>) {
    return follow(openDeal, result.saleId, result);
  }

  @Handle(openDeal, DealStore)
  open(deal: Deal | undefined, { data }: Sent<typeof openDeal>, now: number): Accepted<Deal> {
    return deal ? accept(deal, {}) : opened(data, this.#terms(data.seller, now), this.#at(now));
  }

  #terms(seller: string, now: number) {
    return termsOf(this.rulebook, this.tables.of(organisations).get(seller)?.region, now);
  }

  @Handle(recordDocument, DealStore)
  document(deal: Deal | undefined, { key, data }: Sent<typeof recordDocument>, now: number): Accepted<Deal> {
    return documented(known(deal, key), data, this.#at(now));
  }

  @Handle(signContract, DealStore)
  sign(deal: Deal | undefined, sent: Sent<typeof signContract>, now: number) {
    return willing(deal, sent, this.#at(now));
  }

  @Handle(recordSignature, DealStore)
  signature(deal: Deal | undefined, { key, data }: Sent<typeof recordSignature>, now: number): Accepted<Deal> {
    return signed(known(deal, key), data, this.#at(now));
  }

  @Handle(recordSeal, DealStore)
  seal(deal: Deal | undefined, { key, data }: Sent<typeof recordSeal>, now: number): Accepted<Deal> {
    return sealed(known(deal, key), data, this.#at(now));
  }

  @On(saleFunded)
  onFunded({ saleId }: DataOf<typeof saleFunded>) {
    return follow(noteProgress, saleId, { saleId, what: 'funded', registeredOn: null, reason: null });
  }
  @On(saleRegistered)
  onRegistered({ saleId, registeredOn, shows }: DataOf<typeof saleRegistered>) {
    const what = shows === 'buyer' ? 'registered' : 'registered-to-another';
    return follow(noteProgress, saleId, { saleId, what, registeredOn, reason: null });
  }
  @On(filingRefused)
  onRefused({ saleId, reason }: DataOf<typeof filingRefused>) {
    const short = reason.slice(0, REASON_MAX).toWellFormed();
    return follow(noteProgress, saleId, { saleId, what: 'filing-refused', registeredOn: null, reason: short });
  }
  @On(saleSettled)
  onSettled({ saleId }: DataOf<typeof saleSettled>) {
    return follow(noteProgress, saleId, { saleId, what: 'settled', registeredOn: null, reason: null });
  }

  @Handle(noteProgress, DealStore)
  note(deal: Deal | undefined, { key, data }: Sent<typeof noteProgress>, now: number): Accepted<Deal> {
    return noted(known(deal, key), data, this.#at(now));
  }

  /** The store has applied whatever was due before this. */
  @Wakes(wakeDeal, DealStore)
  @Handle(wakeDeal, DealStore)
  wake(deal: Deal | undefined, { key }: Sent<typeof wakeDeal>): Accepted<Deal> {
    return accept(known(deal, key), {});
  }

  #at(now: number) {
    return { now, calendar: this.calendar };
  }
}
