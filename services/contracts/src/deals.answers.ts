import { Calendar } from '@yuzhi/chassis/rulebook';
import type { AnswerTable } from '@yuzhi/messaging/decision';
import { Answers } from '@yuzhi/messaging/handlers';
import { expectPrice, releaseSale } from '@yuzhi/protocol/escrow';
import { confirmPatent, openFiling } from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { DealStore } from './deals.store.ts';
import type { Ask, Deal } from './domain/deal.ts';
import { denied, granted } from './domain/decisions.ts';

/** What becomes of a deal when another service has decided what it asked. */
@Injectable()
export class DealAnswers {
  constructor(private readonly calendar: Calendar) {}

  @Answers(confirmPatent, DealStore)
  readonly confirmed: AnswerTable<Deal, typeof confirmPatent> = {
    accepted: (deal, entry, now) => granted(deal, 'confirm', { entry }, this.#at(now)),
    refused: {
      'seller-not-owner': this.#denied('confirm'),
      'co-owner-consent-missing': this.#denied('confirm'),
      'patent-not-in-force': this.#denied('confirm'),
      'annuity-unpaid': this.#denied('confirm'),
      'patent-pledged': this.#denied('confirm'),
      'patent-preserved': this.#denied('confirm'),
    },
    failed: this.#denied('confirm'),
  };

  @Answers(expectPrice, DealStore)
  readonly expected: AnswerTable<Deal, typeof expectPrice> = {
    accepted: (deal, { orderId }, now) => granted(deal, 'expect', { orderId }, this.#at(now)),
    refused: {},
    failed: this.#denied('expect'),
  };

  @Answers(openFiling, DealStore)
  readonly filed: AnswerTable<Deal, typeof openFiling> = {
    accepted: this.#done('file'),
    refused: {},
    failed: this.#denied('file'),
  };

  @Answers(releaseSale, DealStore)
  readonly released: AnswerTable<Deal, typeof releaseSale> = {
    accepted: this.#done('release'),
    refused: {},
    failed: this.#denied('release'),
  };

  #denied(what: Ask) {
    return (deal: Deal, { code }: { code: string }, now: number) => denied(deal, what, code, this.#at(now));
  }
  #done(what: Ask) {
    return (deal: Deal, _: unknown, now: number) => granted(deal, what, {}, this.#at(now));
  }
  #at(now: number) {
    return { now, calendar: this.calendar };
  }
}
