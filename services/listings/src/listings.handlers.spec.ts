import { describe, expect, it } from '@jest/globals';
import type { HeldTables } from '@yuzhi/chassis/parts';
import type { Calendar, Rulebook } from '@yuzhi/chassis/rulebook';
import { held } from '@yuzhi/database/json';
import { Accepted, type Decision, type Sent } from '@yuzhi/messaging/decision';
import { openAuction } from '@yuzhi/protocol/bidding';
import type { Command, DataOf, Principal } from '@yuzhi/protocol/declare';
import type { concludeListing } from '@yuzhi/protocol/listings';
import { releasePatent, reservePatent } from '@yuzhi/protocol/register';
import fc from 'fast-check';
import { stuckOf } from './domain/asking.ts';
import { type Ask, changed, draft, type Listing, type ListingMove, moved } from './domain/listing.ts';
import { ListingAnswers } from './listings.answers.ts';
import { BUYER, DAY_MS, entry, NOW, offer, PATENT, SALE, SELLER } from './listings.fixture.ts';
import { ListingHandlers } from './listings.handlers.ts';

const UNTIL = NOW + 7 * DAY_MS;
const RULED: Record<string, number> = {
  'listings.result-notice-working-days': 5,
  'listings.answer-seconds': 3600,
  'listings.ask-attempts': 3,
};
const HOUR_MS = 3_600_000;
const rulebook = { int: (id: string) => RULED[id], version: () => '2026-11' } as unknown as Rulebook;
const calendar = { addWorkingDays: (at: number, n: number) => ({ at: at + (n + 2) * DAY_MS, provisional: true }) };
const INVENTOR = '0190f3c0-0000-7000-8000-00000000000a';
const tables = { of: () => new Map([[INVENTOR, { name: '沁文博' }]]) } as unknown as HeldTables;
const handlers = new ListingHandlers(rulebook, calendar as unknown as Calendar, tables);
const answers = new ListingAnswers(rulebook);

const by = (party: string): Principal => ({ party, person: party, roles: ['holder'] });
const sent = <C extends Command>(data: DataOf<C>, party = SELLER) =>
  ({ key: SALE, principal: by(party), data }) as unknown as Sent<C>;
/** A question that was put at `NOW`. */
const asking = (what: Ask, attempt = 1): Pick<Listing, 'asking' | 'deadlineAt'> => ({
  asking: { what, attempt, refusal: null, stuckAt: null },
  deadlineAt: NOW + HOUR_MS,
});
const drafted = draft(SALE, SELLER, held(offer()), NOW);
const at = (...moves: ListingMove[]): Listing => {
  const patch: Partial<Record<ListingMove, Partial<Listing>>> = {
    approve: { ...asking('reserve'), rulebookVersion: '2026-11' },
    reserved: { entry, reservation: 'held', ...asking('open') },
    opened: { asking: null, deadlineAt: null },
    sell: { result: held(sold), noticeUntil: UNTIL, deadlineAt: UNTIL },
    'notice-passed': { deadlineAt: null },
  };
  return moves.reduce((listing, move) => moved(listing, move, patch[move])!, drafted);
};
const sold: DataOf<typeof concludeListing> = {
  ...{ saleId: SALE, outcome: 'sold', winner: BUYER, paddle: 2, priceFen: '24500000', endedAt: NOW },
};
const reviewing = at('submit');
const reserving = at('submit', 'approve');
const opening = at('submit', 'approve', 'reserved');
const announced = at('submit', 'approve', 'reserved', 'opened');
const noticed = at('submit', 'approve', 'reserved', 'opened', 'sell');
const contracting = at('submit', 'approve', 'reserved', 'opened', 'sell', 'notice-passed');

const costsOf = (...amounts: string[]) => amounts.map((amountFen) => ({ what: '评估', amountFen }));
const codeOf = (decision: Decision<unknown>) => (decision instanceof Accepted ? 'done' : decision.code);
const toldBy = ({ events }: Decision<unknown>) =>
  events.map(({ event, data }) => [event.type.split('.').slice(1, 3).join('.'), data]);
const askedBy = ({ asks }: Decision<unknown>) => asks.map(({ command, key, data }) => [command.type, key, data]);
const releasing = [releasePatent.type, PATENT, { patentNumber: PATENT, saleId: SALE }];

const RULES = { rulesVersion: '2026-11' };
type Refusing = (
  state: Listing,
  answer: { code: string; body: Record<string, unknown> },
  now: number,
  asked: unknown,
) => Decision<Listing>;
const refusing = (table: object, code: string) => (table as Record<string, Refusing>)[code]!;

describe('the holder', () => {
  it('drafts, and finds his draft when he asks again', () => {
    const data = offer();
    expect(handlers.draft(undefined, sent(data), NOW)).toMatchObject({ state: drafted, body: { saleId: SALE } });
    expect(handlers.draft(reviewing, sent(data), NOW)).toMatchObject({ state: reviewing, body: { saleId: SALE } });
  });

  it('revises what is his and still open', () => {
    const { patentNumber: _, ...data } = offer({ description: { zh: '新', en: 'new' } });
    expect(handlers.revise(drafted, sent(data)).state).toMatchObject({ description: { zh: '新' }, version: 2 });
    expect(codeOf(handlers.revise(undefined, sent(data)))).toBe('listing-not-found');
    expect(codeOf(handlers.revise(drafted, sent(data, BUYER)))).toBe('listing-not-yours');
    expect(codeOf(handlers.revise(reviewing, sent(data)))).toBe('listing-not-editable');
  });

  it.each([
    ['inventors whom nobody knows', { inventors: [{ party: SALE, weight: 1 }], noneBecause: null }, 'inventor-unknown'],
    ['inventors who are known', { inventors: [{ party: INVENTOR, weight: 1 }], noneBecause: null }, 'done'],
    ['costs as high as the start price', { costs: costsOf('19999999', '1') }, 'done'],
    ['costs above it', { costs: costsOf('19999999', '2') }, 'costs-above-start-price'],
  ])('may name %s: %s', (_, change, code) => {
    const data = offer({ reward: { ...offer().reward, ...change } });
    expect([handlers.draft(undefined, sent(data), NOW), handlers.revise(drafted, sent(data))].map(codeOf)).toEqual([
      code,
      code,
    ]);
  });

  it('submits it, with whatever it was returned for forgotten', () => {
    const returned = moved(reviewing, 'return', { returned: { code: null, comment: '请补充' } })!;
    const decision = handlers.submit(returned, sent({}));
    expect(decision.state).toMatchObject({ status: 'in-review', returned: null, version: 4 });
    const title = '演示数据：一种超硬刀具';
    expect(toldBy(decision)).toEqual([
      ['listing.submitted', { saleId: SALE, seller: SELLER, patentNumber: PATENT, title }],
    ]);
    expect(codeOf(handlers.submit(undefined, sent({})))).toBe('listing-not-found');
    expect(codeOf(handlers.submit(drafted, sent({}, BUYER)))).toBe('listing-not-yours');
    expect(codeOf(handlers.submit(reviewing, sent({})))).toBe('listing-not-editable');
  });

  it('withdraws it until the desk has approved', () => {
    for (const listing of [drafted, reviewing, moved(reviewing, 'return')!]) {
      expect(toldBy(handlers.withdraw(listing, sent({})))).toEqual([['listing.withdrawn', { saleId: SALE }]]);
    }
    expect(codeOf(handlers.withdraw(undefined, sent({})))).toBe('listing-not-found');
    expect(codeOf(handlers.withdraw(drafted, sent({}, BUYER)))).toBe('listing-not-yours');
    for (const listing of [reserving, opening, announced, noticed]) {
      expect(codeOf(handlers.withdraw(listing, sent({})))).toBe('listing-not-withdrawable');
    }
  });
});

describe('the desk', () => {
  it('returns a listing in review with its comment', () => {
    const decision = handlers.sendBack(reviewing, sent({ comment: '请补充说明' }));
    expect(decision.state).toMatchObject({ status: 'returned', returned: { code: null, comment: '请补充说明' } });
    expect(toldBy(decision)).toEqual([['listing.returned', { saleId: SALE, reason: '请补充说明' }]]);
    expect(codeOf(handlers.sendBack(undefined, sent({ comment: 'x' })))).toBe('listing-not-found');
    expect(codeOf(handlers.sendBack(drafted, sent({ comment: 'x' })))).toBe('listing-not-in-review');
  });

  it('approves it, which only asks the register: nothing is announced yet', () => {
    const decision = handlers.approve(reviewing, sent({}), NOW);
    expect([decision.state, toldBy(decision)]).toEqual([reserving, []]);
    const question = { patentNumber: PATENT, saleId: SALE, seller: SELLER, purpose: 'transfer' };
    expect(askedBy(decision)).toEqual([[reservePatent.type, PATENT, question]]);
    expect(codeOf(handlers.approve(undefined, sent({}), NOW))).toBe('listing-not-found');
    expect(codeOf(handlers.approve(announced, sent({}), NOW))).toBe('listing-not-in-review');
  });
});

describe('what the register answers', () => {
  const { accepted, refused, failed } = answers.reserved;
  const question = { patentNumber: PATENT, saleId: SALE, seller: SELLER, purpose: 'transfer' as const };
  const answer = (listing: Listing) => accepted(listing, entry, NOW, question);

  it('opens the bidding on the terms of the offer', () => {
    const decision = answer(reserving);
    expect(decision.state).toEqual(opening);
    expect(askedBy(decision)).toEqual([
      [openAuction.type, SALE, { saleId: SALE, seller: SELLER, terms: offer().terms }],
    ]);
  });

  it.each(Object.keys(reservePatent.rejections))('with %s brings it back, saying why and what to do', (code) => {
    const decision = refusing(refused, code)(reserving, { code, body: {} }, NOW, question);
    const { zh, en, next } = reservePatent.rejections[code as keyof typeof refused];
    expect(decision.state).toMatchObject({ status: 'returned', reservation: 'none', returned: { code } });
    const [[, said] = []] = toldBy(decision);
    for (const words of [zh, en, next.zh, next.en]) expect((said as { reason: string }).reason).toContain(words);
    expect(askedBy(decision)).toEqual([]);
  });

  it('by failing brings it back too, even with a code of tomorrow', () => {
    for (const code of ['internal-fault', 'patent-on-the-moon']) {
      const decision = failed(reserving, { code }, NOW, question);
      expect(decision.state).toMatchObject({
        status: 'returned',
        returned: { code, comment: expect.stringContaining('平台内部错误') },
      });
    }
  });

  it('a second time changes nothing', () => {
    for (const listing of [opening, announced, contracting]) {
      expect(answer(listing)).toMatchObject({ state: listing, asks: [], events: [] });
      expect(
        failed(listing.status === 'opening' ? announced : listing, { code: 'internal-fault' }, NOW, question).asks,
      ).toEqual([]);
    }
  });

  it('after it had failed for us gives the lock back', () => {
    const returned = failed(reserving, { code: 'internal-fault' }, NOW, question).state as Listing;
    const decision = answer(returned);
    expect(decision.state).toMatchObject({
      status: 'returned',
      reservation: 'releasing',
      version: returned.version + 1,
    });
    expect(askedBy(decision)).toEqual([releasing]);
  });
});

describe('what the bidding answers', () => {
  const { accepted, refused, failed } = answers.opened;
  const question = { saleId: SALE, seller: SELLER, terms: offer().terms };

  it('announces the listing, with its reservation held', () => {
    const decision = accepted(opening, RULES, NOW, question);
    expect(decision.state).toEqual({ ...announced, announcedAt: NOW });
    const { startPriceFen, depositFen, freeStartsAt, freeEndsAt } = offer().terms;
    const lot = { saleId: SALE, seller: SELLER, patentNumber: PATENT, title: entry.title.zh };
    expect(toldBy(decision)).toEqual([
      ['listing.announced', { ...lot, startPriceFen, depositFen, freeStartsAt, freeEndsAt }],
    ]);
  });

  it.each(Object.keys(openAuction.rejections))('with %s brings it back and gives the patent back', (code) => {
    const decision = refusing(refused, code)(opening, { code, body: {} }, NOW, question);
    expect(decision.state).toMatchObject({
      status: 'returned',
      reservation: 'releasing',
      returned: { code },
      version: opening.version + 1,
    });
    expect(askedBy(decision)).toEqual([releasing]);
  });

  it('a second time, or late, changes nothing', () => {
    const later = [
      accepted(announced, RULES, NOW, question),
      failed(announced, { code: 'internal-fault' }, NOW, question),
    ];
    for (const decision of later) expect(decision).toMatchObject({ state: announced, asks: [], events: [] });
  });

  it('about the release is remembered once', () => {
    const { accepted: released, failed: lost } = answers.released;
    const waiting = changed(announced, { reservation: 'releasing', ...asking('release') });
    const back = { patentNumber: PATENT, saleId: SALE };
    const free = { reservation: 'none', asking: null, deadlineAt: null };
    expect(released(waiting, {}, NOW, back).state).toMatchObject(free);
    const still = { reservation: 'releasing', deadlineAt: NOW + HOUR_MS };
    const { state } = lost(waiting, { code: 'internal-fault' }, NOW, back);
    expect(state).toMatchObject({ ...still, asking: { what: 'release', refusal: 'internal-fault', stuckAt: null } });
    for (const listing of [announced, { ...reserving, reservation: 'releasing' as const }]) {
      expect(released(listing, {}, NOW, back).state).toBe(listing);
      expect(lost(listing, { code: 'internal-fault' }, NOW, back).state).toBe(listing);
    }
  });
});

describe('the end of the bidding', () => {
  const conclude = (listing: Listing | undefined, data: Partial<typeof sold> = {}) =>
    handlers.conclude(listing, sent({ ...sold, ...data }), NOW);

  it('with a winner opens the objection window of the rule, counted from the end', () => {
    const decision = conclude(announced);
    expect(decision.state).toEqual({ ...noticed, version: 6 });
    const notice = { saleId: SALE, priceFen: '24500000', buyer: BUYER, paddle: 2, until: UNTIL, provisional: true };
    expect(toldBy(decision)).toEqual([['result.announced', notice]]);
    expect(handlers.onEnded({ ...sold, bids: 4 })).toMatchObject({ key: SALE, data: sold });
  });

  it.each(['unsold-no-bid', 'unsold-below-reserve'] as const)('%s gives the patent back', (outcome) => {
    const decision = conclude(announced, { outcome, winner: null, paddle: null, priceFen: null });
    expect(decision.state).toMatchObject({ status: 'unsold', reservation: 'releasing', result: { outcome } });
    expect([toldBy(decision), askedBy(decision)]).toEqual([
      [['listing.unsold', { saleId: SALE, outcome }]],
      [releasing],
    ]);
  });

  it('told again changes nothing, and without a listing is a mistake', () => {
    for (const outcome of ['sold', 'unsold-no-bid'] as const) {
      expect(conclude(noticed, { outcome })).toMatchObject({ state: noticed, asks: [], events: [] });
    }
    expect(() => conclude(undefined)).toThrow('a bidding without its listing');
  });
});

describe('the objection window', () => {
  const wake = (listing: Listing | undefined, now: number) => handlers.wake(listing, sent({}), now);

  it('passed, the result stands with everything that the contract needs', () => {
    const decision = wake(noticed, UNTIL);
    expect(decision.state).toEqual(contracting);
    const amounts = { priceFen: '24500000', depositFen: '2000000' };
    const parties = { saleId: SALE, patentNumber: PATENT, seller: SELLER, buyer: BUYER };
    const rest = { reward: offer().reward, entry, rulebookVersion: '2026-11' };
    expect(toldBy(decision)).toEqual([['result.confirmed', { ...parties, ...amounts, ...rest }]]);
  });

  it('is not over before its end, nor twice', () => {
    expect(wake(noticed, UNTIL - 1)).toMatchObject({ state: noticed, events: [] });
    expect(wake(contracting, UNTIL)).toMatchObject({ state: contracting, events: [] });
    expect(() => wake(undefined, UNTIL)).toThrow('a deadline without its listing');
  });
});

describe('a question that nobody answers', () => {
  const wake = (listing: Listing, now: number) => handlers.wake(listing, sent({}), now);
  const retry = (listing: Listing | undefined, now = NOW) => handlers.retry(listing, sent({}), now);
  const unsold = { ...sold, outcome: 'unsold-no-bid', winner: null, paddle: null, priceFen: null } as const;
  const freeing = handlers.conclude(announced, sent(unsold), NOW).state;
  const late = (n: number) => NOW + n * HOUR_MS;
  /** Woken at each of its deadlines until the attempts of the rule are over. */
  const given = (listing: Listing): Listing => [1, 2, 3].reduce((l, n) => wake(l, late(n)).state, listing);
  const QUESTIONS: [Ask, Listing, string][] = [
    ['reserve', reserving, reservePatent.type],
    ['open', opening, openAuction.type],
    ['release', freeing, releasePatent.type],
  ];

  it.each(QUESTIONS)('%s is put again at each deadline, as often as the rule says', (what, listing, type) => {
    expect(wake(listing, late(1) - 1)).toMatchObject({ state: listing, asks: [] });
    const second = wake(listing, late(1));
    const { version } = listing;
    expect(second.state).toMatchObject({ asking: { what, attempt: 2 }, deadlineAt: late(2), version: version + 1 });
    expect([askedBy(second).map(([of]) => of), toldBy(second)]).toEqual([[type], []]);
    expect(wake(second.state, late(2)).state).toMatchObject({ asking: { attempt: 3 }, deadlineAt: late(3) });
  });

  it.each(QUESTIONS)('%s is stuck after the last of them, and says so once', (what, listing) => {
    const third = [1, 2].reduce((l, n) => wake(l, late(n)).state, listing);
    const decision = wake(third, late(3) + 5);
    const stuck = decision.state;
    const reason = `${what}-unanswered`;
    const { zh: reasonZh, en: reasonEn } = stuckOf(stuck)!;
    expect(toldBy(decision)).toEqual([['listing.stuck', { saleId: SALE, at: what, reason, reasonZh, reasonEn }]]);
    expect([askedBy(decision), stuckOf(stuck)]).toMatchObject([[], { reason, since: late(3) }]);
    expect(stuck).toMatchObject({ status: listing.status, deadlineAt: null });
    expect(wake(stuck, late(9))).toMatchObject({ state: stuck, events: [], asks: [] });
  });

  it('names the last refusal where there was one, and a code of tomorrow as our fault', () => {
    const { failed } = answers.released;
    const asked = { patentNumber: PATENT, saleId: SALE };
    const saying = (code: string) => stuckOf(failed(given(freeing), { code }, NOW, asked).state as Listing);
    for (const code of ['internal-fault', 'patent-on-the-moon']) {
      expect(saying(code)).toMatchObject({ reason: code, zh: expect.stringContaining('平台内部错误') });
    }
    const once = failed(freeing, { code: 'internal-fault' }, NOW, asked).state as Listing;
    expect(wake(once, late(1)).state).toMatchObject({ asking: { attempt: 2, refusal: null } });
  });

  it.each(QUESTIONS)('%s is put afresh by an operator, who can only do so when it is stuck', (what, listing, type) => {
    const stuck = given(listing);
    const decision = retry(stuck, late(8)) as Accepted<Listing>;
    expect(askedBy(decision).map(([of]) => of)).toEqual([type]);
    const asked = { what, attempt: 1, refusal: null, stuckAt: null };
    expect(decision).toMatchObject({ body: {}, state: { asking: asked, deadlineAt: late(9) } });
    expect(decision.state.version).toBe(stuck.version + 1);
    expect(stuckOf(decision.state)).toBeNull();
    expect([retry(undefined), retry(listing), retry(announced)].map(codeOf)).toEqual([
      ...['listing-not-found', 'listing-not-stuck', 'listing-not-stuck'],
    ]);
  });

  it('goes on by itself when it is answered after all', () => {
    const question = { patentNumber: PATENT, saleId: SALE, seller: SELLER, purpose: 'transfer' as const };
    const reserved = answers.reserved.accepted(given(reserving), entry, late(9), question).state as Listing;
    expect(reserved).toMatchObject({ status: 'opening', reservation: 'held', asking: { what: 'open', attempt: 1 } });
    const asked = { saleId: SALE, seller: SELLER, terms: offer().terms };
    const opened = answers.opened.accepted(given(opening), RULES, late(9), asked).state as Listing;
    expect(opened).toMatchObject({ status: 'announced', asking: null, deadlineAt: null });
    const freed = answers.released.accepted(given(freeing), {}, late(9), { patentNumber: PATENT, saleId: SALE });
    expect(freed.state).toMatchObject({ status: 'unsold', reservation: 'none', asking: null });
  });

  it('about the release gives way to a new reservation, whose refusal lets the patent go once more', () => {
    const back = answers.opened.failed(opening, { code: 'internal-fault' }, NOW, {
      saleId: SALE,
      seller: SELLER,
      terms: offer().terms,
    });
    const stuck = given(back.state as Listing);
    const again = handlers.approve(handlers.submit(stuck, sent({})).state as Listing, sent({}), late(4))
      .state as Listing;
    expect(again).toMatchObject({ status: 'reserving', reservation: 'releasing', asking: { what: 'reserve' } });
    const question = { patentNumber: PATENT, saleId: SALE, seller: SELLER, purpose: 'transfer' as const };
    const taken = answers.reserved.accepted(again, entry, NOW, question).state;
    expect(taken).toMatchObject({ status: 'opening', reservation: 'held' });
    const refused = refusing(answers.reserved.refused, 'patent-pledged')(
      again,
      { code: 'patent-pledged', body: {} },
      NOW,
      question,
    );
    expect([refused.state, askedBy(refused)]).toMatchObject([
      { status: 'returned', reservation: 'releasing' },
      [releasing],
    ]);
  });
});

describe('the end of the deal', () => {
  const close = (listing: Listing | undefined) => handlers.close(listing, sent({ saleId: SALE }), NOW);

  it('completes the sale and gives the patent back, once', () => {
    const decision = close(contracting);
    expect(decision.state).toMatchObject({ status: 'sold', reservation: 'releasing' });
    expect([toldBy(decision), askedBy(decision)]).toEqual([[['listing.completed', { saleId: SALE }]], [releasing]]);
    const ended = decision.state;
    expect(close(ended)).toMatchObject({ state: ended, asks: [], events: [] });
    expect(() => close(undefined)).toThrow('a deal without its listing');
    const closed = { seller: SELLER, buyer: BUYER, patentNumber: PATENT, priceFen: '24500000' };
    expect(handlers.onClosed({ saleId: SALE, ...closed })).toMatchObject({ key: SALE, data: { saleId: SALE } });
  });
});

describe('whatever comes, in whatever order', () => {
  const question = { patentNumber: PATENT, saleId: SALE, seller: SELLER, purpose: 'transfer' as const };
  const opened = { saleId: SALE, seller: SELLER, terms: offer().terms };
  const steps: Record<string, (listing: Listing) => Decision<Listing>> = {
    submit: (listing) => handlers.submit(listing, sent({})),
    withdraw: (listing) => handlers.withdraw(listing, sent({})),
    return: (listing) => handlers.sendBack(listing, sent({ comment: 'x' })),
    approve: (listing) => handlers.approve(listing, sent({}), NOW),
    reserved: (listing) => answers.reserved.accepted(listing, entry, NOW, question),
    refused: (listing) =>
      answers.reserved.refused['patent-pledged'](listing, { code: 'patent-pledged', body: {} }, NOW, question),
    failed: (listing) => answers.reserved.failed(listing, { code: 'internal-fault' }, NOW, question),
    opened: (listing) => answers.opened.accepted(listing, RULES, NOW, opened),
    turnedDown: (listing) =>
      answers.opened.refused['periods-out-of-order'](listing, { code: 'periods-out-of-order', body: {} }, NOW, opened),
    released: (listing) => answers.released.accepted(listing, {}, NOW, { patentNumber: PATENT, saleId: SALE }),
    sold: (listing) => handlers.conclude(listing, sent(sold), NOW),
    unsold: (listing) => handlers.conclude(listing, sent({ ...sold, outcome: 'unsold-no-bid' }), NOW),
    lost: (listing) =>
      answers.released.failed(listing, { code: 'internal-fault' }, NOW, { patentNumber: PATENT, saleId: SALE }),
    wake: (listing) => handlers.wake(listing, sent({}), UNTIL),
    retry: (listing) => handlers.retry(listing, sent({}), NOW),
    close: (listing) => handlers.close(listing, sent({ saleId: SALE }), NOW),
  };

  it('a listing is announced only while the register holds its patent, and ends only by giving it back', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 80 }), (names) => {
        let listing = drafted;
        for (const name of names) {
          const before = listing;
          const decision = steps[name]!(listing);
          if (!(decision instanceof Accepted)) continue;
          listing = decision.state;
          expect(listing.version).toBe(before.version + (listing === before ? 0 : 1));
          const told = decision.events.map(({ event }) => event.type);
          const holds = ['announced', 'result-notice', 'contracting'].includes(listing.status);
          const gaveBack = before.reservation === 'held' && listing.reservation !== 'held';
          const hasEnded = ['withdrawn', 'unsold', 'sold'].includes(listing.status);
          expect(told.includes('listings.listing.announced.v1') && before.reservation !== 'held').toBe(false);
          expect(holds && listing.reservation !== 'held').toBe(false);
          expect(gaveBack && !decision.asks.some(({ command }) => command === releasePatent)).toBe(false);
          expect(hasEnded && listing.reservation === 'held').toBe(false);
          const waits = listing.reservation === 'releasing' || ['reserving', 'opening'].includes(listing.status);
          expect(waits).toBe(listing.asking !== null);
          expect(waits && listing.deadlineAt === null && stuckOf(listing) === null).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});
