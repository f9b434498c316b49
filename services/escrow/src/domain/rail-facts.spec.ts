import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DataOf } from '@yuzhi/protocol/declare';
import type { recordRail } from '@yuzhi/protocol/escrow';
import { keyOf } from './documents.ts';
import { hasAccount, onboard } from './payees.ts';
import { beginCheckout, depositOrderId, openOrder } from './payments.ts';
import { recorded, retry } from './rail-facts.ts';
import { giveBack } from './refunds.ts';
import { depositOf } from './accounts.ts';
import { BUYER, draftOf, PATIENCE, SALE, SELLER, T0, Till } from './till.fixture.ts';

const ID = depositOrderId(SALE, BUYER);
const SESSION = `checkout:${ID}:1`;
const BACK = 'https://back.example';

let till: Till;
beforeEach(() => {
  till = new Till();
  till.does((draft) => {
    const asked = { id: ID, saleId: SALE, payer: BUYER, purpose: 'deposit', amountFen: 1_000n, dueAt: null } as const;
    beginCheckout(draft, openOrder(draft, asked), 1_000n, BACK);
  });
});
const record = (operationId: string, part: Partial<DataOf<typeof recordRail>> = {}) =>
  till.does((draft) => {
    const { attempt } = draft.book.operation(operationId) ?? { attempt: 1 };
    const said = {
      outcome: 'done' as const,
      railId: `rail-${operationId}`,
      url: null,
      reason: null,
      isTransient: false,
    };
    recorded(draft, { book: 'main', operationId, attempt, ...said, ...part }, PATIENCE);
  });
const refusal = { outcome: 'refused' as const, railId: null };
const onboards = (party = SELLER) => till.does((draft) => onboard(draft, party, draft.book.payee(party), BACK));
const payee = (party = SELLER) => till.resident.payee(party)!;

describe('what a call brought', () => {
  it('is the address of the page on which a person pays', () => {
    record(SESSION, { url: 'https://rail/page' });
    expect(till.order(ID).checkout).toEqual({ operationId: SESSION, amountFen: 1_000n, url: 'https://rail/page' });
    expect(till.operation(SESSION)).toMatchObject({ state: 'sent', railId: `rail-${SESSION}` });
  });

  it('counts once: a repetition changes nothing', () => {
    record(SESSION, { url: 'https://rail/page' });
    const before = till.operation(SESSION);
    record(SESSION, { ...refusal, reason: 'too late' });
    expect(till.operation(SESSION)).toEqual(before);
  });

  it('of an attempt that is over says nothing', () => {
    record(SESSION, { attempt: 0, ...refusal });
    expect(till.operation(SESSION).state).toBe('intended');
  });

  it('for something that nobody asked is a mistake of ours', () => {
    expect(() => record('checkout:nobody:1')).toThrow('which nobody asked');
  });

  it('ends a session that the rail refused, so that the person may begin another', () => {
    record(SESSION, { ...refusal, reason: 'amount_too_large', isTransient: true });
    expect(till.operation(SESSION)).toMatchObject({ state: 'failed', reason: 'amount_too_large' });
    expect(till.order(ID)).toMatchObject({ state: 'open', checkout: null });
  });

  it('still gives the page its address when a webhook was faster', () => {
    till.does((draft) => onboard(draft, SELLER, undefined, BACK));
    const opening = till.operation(`payee:${SELLER}`);
    till.note(opening, { state: 'pending', rank: 1, railId: 'acct_1' });
    expect(till.operation(opening.id)).toMatchObject({ state: 'sent', railId: 'acct_1' });
    record(opening.id, { railId: 'acct_1', url: 'https://rail/onboarding' });
    expect(payee()).toMatchObject({ state: 'onboarding', account: 'acct_1', onboardingUrl: 'https://rail/onboarding' });
  });
});

describe('a refused refund', () => {
  const refund = () => till.operations('refund')[0]!;
  beforeEach(() => {
    till.note(till.operation(SESSION));
    till.does((draft) => giveBack(draft, draft.book.order(ID)!, depositOf(SALE, BUYER), null));
  });

  it('that time may mend is tried again with the money set aside anew', () => {
    record(refund().id, { ...refusal, reason: 'balance_insufficient', isTransient: true });
    expect(refund()).toMatchObject({ state: 'intended', attempt: 2, reason: 'balance_insufficient' });
    expect(till.available(depositOf(SALE, BUYER))).toBe(0n);
    till.note(refund());
    expect(till.order(ID).state).toBe('returned');
  });

  it('for good is blocked, and its money is no longer set aside', () => {
    record(refund().id, { ...refusal, reason: 'charge_not_refundable' });
    expect(refund()).toMatchObject({ state: 'blocked', attempt: 1, reason: 'charge_not_refundable' });
    expect(till.available(depositOf(SALE, BUYER))).toBe(1_000n);
    const stuck = { reason: 'charge_not_refundable', since: T0 };
    expect(till.order(ID)).toMatchObject({ state: 'returning', stuck });
    till.does((draft) => retry(draft, draft.book.operation(refund().id)!));
    expect(till.order(ID)).toMatchObject({ state: 'returning', stuck: null });
  });

  it('that time does not mend in two weeks is blocked too, and has two weeks more when it is tried again', () => {
    const lacks = { ...refusal, reason: 'balance_insufficient', isTransient: true };
    const days = (count: number) => (till.now += count * 86_400_000);
    record(refund().id, lacks);
    days(13);
    record(refund().id, lacks);
    expect(refund()).toMatchObject({ state: 'intended', attempt: 3 });
    days(1);
    record(refund().id, lacks);
    expect(refund()).toMatchObject({ state: 'blocked', attempt: 3, reason: 'balance_insufficient' });
    expect(till.order(ID).stuck).toEqual({ reason: 'balance_insufficient', since: till.now });
    till.does((draft) => retry(draft, refund()));
    record(refund().id, lacks);
    days(13);
    record(refund().id, lacks);
    expect(refund()).toMatchObject({ state: 'intended', attempt: 6 });
    till.note(refund());
    expect(till.order(ID)).toMatchObject({ state: 'returned', stuck: null });
  });

  it('leaves its order stuck while another of it is blocked', () => {
    till = new Till();
    till.does((draft) => {
      const asked = { id: ID, saleId: SALE, payer: BUYER, purpose: 'deposit', amountFen: 900n, dueAt: null } as const;
      beginCheckout(draft, openOrder(draft, asked), 500n, BACK);
    });
    till.note(till.operation(SESSION));
    till.does((draft) => beginCheckout(draft, draft.book.order(ID)!, 400n, BACK));
    till.note(till.operation(`checkout:${ID}:2`));
    till.does((draft) => giveBack(draft, draft.book.order(ID)!, depositOf(SALE, BUYER), null));
    const [first, second] = till.operations('refund');
    record(first!.id, { ...refusal, reason: 'one' });
    record(second!.id, { ...refusal, reason: 'two' });
    for (const [{ id }, reason] of [
      [first!, 'two'],
      [second!, undefined],
    ] as const) {
      till.does((draft) => retry(draft, draft.book.operation(id)!));
      expect(till.order(ID).stuck?.reason).toBe(reason);
    }
  });
});

describe('a payee', () => {
  it('is opening, then onboarding with a link, and ready when the rail says so', () => {
    onboards();
    expect(payee()).toMatchObject({ state: 'opening', account: null });
    record(`payee:${SELLER}`, { railId: 'acct_1', url: 'https://rail/1' });
    expect(payee()).toMatchObject({ state: 'onboarding', account: 'acct_1', onboardingUrl: 'https://rail/1' });
    till.note(till.operation(`payee:${SELLER}`), { railId: 'acct_1' });
    expect(payee()).toMatchObject({ state: 'ready', onboardingUrl: null });
    expect(till.operation(`payee:${SELLER}`).state).toBe('done');
  });

  it('is ready even when the rail’s word came before its own answer', () => {
    onboards();
    till.note(till.operation(`payee:${SELLER}`), { railId: 'acct_1' });
    expect(payee()).toMatchObject({ state: 'ready', account: 'acct_1' });
    record(`payee:${SELLER}`, { railId: 'acct_1', url: 'https://rail/1' });
    expect(payee()).toMatchObject({ state: 'ready', onboardingUrl: null });
  });

  it('gets a fresh link when the old one has run out', () => {
    onboards();
    record(`payee:${SELLER}`, { railId: 'acct_1', url: 'https://rail/1' });
    onboards();
    expect(payee().onboardingUrl).toBeNull();
    expect(till.operation(`link:${SELLER}:1`)).toMatchObject({ kind: 'link', payeeAccount: 'acct_1', returnUrl: BACK });
    record(`link:${SELLER}:1`, { railId: 'acct_1', url: 'https://rail/2' });
    expect(payee()).toMatchObject({ account: 'acct_1', onboardingUrl: 'https://rail/2' });
    expect(till.operation(`link:${SELLER}:1`).state).toBe('done');
  });

  it('whose account cannot be opened now is tried again; for good, or too often, it is blocked', () => {
    const opening = () => till.operation(`payee:${SELLER}`);
    const errs = { ...refusal, reason: 'rail-error', isTransient: true };
    onboards();
    record(opening().id, errs);
    expect(opening()).toMatchObject({ state: 'intended', attempt: 2 });
    record(opening().id, { ...refusal, reason: 'country_unsupported' });
    expect(opening()).toMatchObject({ state: 'blocked', attempt: 2, reason: 'country_unsupported' });
    onboards();
    expect(opening()).toMatchObject({ state: 'intended', attempt: 3, reason: null });
    record(opening().id, errs);
    expect(opening()).toMatchObject({ state: 'blocked', attempt: 3, reason: 'rail-error' });
  });

  it('may ask again when it was blocked, for an account or for a link, and not before', () => {
    const mayAsk = () => !hasAccount(draftOf(till), payee());
    const other = 'https://other.example';
    const asks = () => till.does((draft) => onboard(draft, SELLER, payee(), other));
    onboards();
    expect(mayAsk()).toBe(false);
    record(`payee:${SELLER}`, { ...refusal, reason: 'country_unsupported' });
    expect(mayAsk()).toBe(true);
    asks();
    expect(till.operation(`payee:${SELLER}`)).toMatchObject({ state: 'intended', attempt: 2, returnUrl: other });
    expect(mayAsk()).toBe(false);
    record(`payee:${SELLER}`, { railId: 'acct_1', url: 'https://rail/1' });
    asks();
    record(`link:${SELLER}:1`, { ...refusal, reason: 'account_invalid' });
    asks();
    expect(till.operations('link')).toMatchObject([{ state: 'intended', attempt: 2 }]);
    expect(mayAsk()).toBe(true);
    till.note(till.operation(`payee:${SELLER}`), { railId: 'acct_1' });
    expect(mayAsk()).toBe(false);
  });
});

describe('what the rail says of an object', () => {
  const refund = () => till.operations('refund')[0]!;
  beforeEach(() => {
    till.note(till.operation(SESSION));
    till.does((draft) => giveBack(draft, draft.book.order(ID)!, depositOf(SALE, BUYER), null));
  });

  it('never goes back behind what is known', () => {
    till.note(refund());
    till.note(refund(), { state: 'pending', rank: 1 });
    expect(refund()).toMatchObject({ state: 'done', rank: 2 });
  });

  it('is refused when two objects claim one attempt, for that would be twice the money', () => {
    till.note(refund(), { state: 'pending', rank: 1, railId: 're_1' });
    expect(() => till.note(refund(), { railId: 're_2' })).toThrow('two objects of the rail for one attempt');
    expect(refund().state).toBe('sent');
  });

  it('is refused when it moves another amount than was intended', () => {
    expect(() => till.note(refund(), { amountFen: '999' })).toThrow('moves 999 fen');
    expect(till.journals('refund')).toEqual([]);
  });

  it('is nothing to us when no operation of ours made it', () => {
    till.note(refund(), { reference: '' });
    till.note(refund(), { reference: 'refund:somebody-else:1#1' });
    till.note(refund(), { reference: `${refund().id}#7` });
    expect(refund().state).toBe('intended');
  });

  it('ends a session that has run out, and leaves one that was paid', () => {
    const other = depositOrderId(SALE, SELLER);
    till.does((draft) => {
      const asked = { id: other, saleId: SALE, payer: SELLER, purpose: 'deposit', amountFen: 9n, dueAt: null } as const;
      beginCheckout(draft, openOrder(draft, asked), 9n, BACK);
    });
    const session = till.operation(`checkout:${other}:1`);
    till.note(session, { state: 'pending', rank: 1, amountFen: '0' });
    till.note(session, { state: 'expired', rank: 2, amountFen: '0' });
    expect(till.operation(session.id)).toMatchObject({ state: 'failed', reason: 'expired', rank: 2 });
    expect(till.order(other).checkout).toBeNull();
    till.note(till.operation(SESSION), { state: 'expired', rank: 2, amountFen: '0' });
    expect(till.operation(SESSION).state).toBe('done');
  });

  it('of a payment counts for any attempt of its session', () => {
    const other = depositOrderId(SALE, SELLER);
    till.does((draft) => {
      const asked = { id: other, saleId: SALE, payer: SELLER, purpose: 'deposit', amountFen: 9n, dueAt: null } as const;
      beginCheckout(draft, openOrder(draft, asked), 9n, BACK);
    });
    till.note(till.operation(`checkout:${other}:1`), { reference: `checkout:${other}:1#4` });
    expect(till.order(other).state).toBe('paid');
    expect(keyOf(till.operation(`checkout:${other}:1`))).toBe(`checkout:${other}:1#1`);
  });
});
