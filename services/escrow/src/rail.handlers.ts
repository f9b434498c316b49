import { Rulebook } from '@yuzhi/chassis/rulebook';
import { refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle } from '@yuzhi/messaging/handlers';
import { noteRail, onboardPayee, recordRail, retryOperation } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { BookStore } from './book.store.ts';
import { type Book } from './domain/draft.ts';
import type { Patience } from './domain/operations.ts';
import { hasAccount, onboard } from './domain/payees.ts';
import { noted, recorded, retry } from './domain/rail-facts.ts';
import { isWebAddress } from './web-address.ts';

@Injectable()
export class RailHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(onboardPayee, BookStore)
  onboard(book: Book | undefined, { data: { returnUrl }, principal }: Sent<typeof onboardPayee>, now: number) {
    if (!isWebAddress(returnUrl)) return refuse('return-address-invalid');
    const draft = book!.draft(now, principal.party);
    const payee = draft.book.payee(principal.party);
    if (payee && hasAccount(draft, payee)) return refuse('payee-exists');
    onboard(draft, principal.party, payee, returnUrl);
    return book!.after(draft);
  }

  @Handle(recordRail, BookStore)
  record(book: Book | undefined, { data, principal }: Sent<typeof recordRail>, now: number) {
    const draft = book!.draft(now, principal.party);
    recorded(draft, data, this.#patience(now));
    return book!.after(draft);
  }

  @Handle(noteRail, BookStore)
  note(book: Book | undefined, { data, principal }: Sent<typeof noteRail>, now: number) {
    const draft = book!.draft(now, principal.party);
    noted(draft, data, this.#patience(now));
    return book!.after(draft);
  }

  @Handle(retryOperation, BookStore)
  retry(book: Book | undefined, { data: { operationId }, principal }: Sent<typeof retryOperation>, now: number) {
    const draft = book!.draft(now, principal.party);
    const operation = draft.book.operation(operationId);
    if (!operation) return refuse('operation-not-found');
    if (operation.state !== 'blocked') return refuse('operation-not-blocked');
    return book!.after(draft, { attempt: retry(draft, operation).attempt });
  }

  #patience(now: number): Patience {
    const { rulebook } = this;
    return { days: rulebook.int('escrow.rail-retry-days', now), attempts: rulebook.int('escrow.rail-attempts', now) };
  }
}
