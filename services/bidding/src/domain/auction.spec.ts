import { MAX_FEN } from '@yuzhi/money/fen';
import { admit, open, placeBid, register, wake } from './auction.ts';
import type { Auction, AuctionEvent } from './auction-state.ts';
import { nextValid } from './bid-rule.ts';
import { advance, deadlineOf, phaseOf } from './deadlines.ts';
import type { Terms } from './terms.ts';

const HOUR = 3_600_000;
const [OPENS, STARTS, CLOSES, ENDS] = [0, HOUR, 2 * HOUR, 3 * HOUR];
const CYCLE = 300_000;
const terms: Terms = {
  currency: 'CNY',
  startPriceFen: 100n,
  reserveFen: null,
  incrementFen: 10n,
  depositFen: 20n,
  rulesVersion: '2026.1',
  rulebookVersion: '2026.1',
  admissionEndsAt: CLOSES,
  freeStartsAt: STARTS,
  freeEndsAt: ENDS,
  cycleMs: CYCLE,
  unansweredMs: 86_400_000,
};

/** An auction with these terms and paddles 1 and 2 given to ann and bob. */
function opened(changes: Partial<Terms> = {}, bidders = ['ann', 'bob']): Auction {
  const opening = open({ saleId: 'lot', seller: 'seller', terms: { ...terms, ...changes }, bounds: null }, OPENS);
  if (opening.refusal) throw new Error(opening.refusal);
  return bidders.reduce((auction, party) => {
    const registered = register(auction, party, '2026.1', OPENS + 1).auction;
    return admit(registered, party, 20n, OPENS + 2).auction;
  }, opening.auction);
}

type Quote = [party: string, amountFen: bigint, at: number];
const given = (auction: Auction, ...quotes: Quote[]) =>
  quotes.reduce((state, [party, amountFen, at]) => {
    const { auction: after, refusal } = placeBid(state, party, amountFen, at);
    if (refusal) throw new Error(`${party} ${amountFen}: ${refusal}`);
    return after;
  }, auction);
const types = (events: readonly AuctionEvent[]) => events.map((event) => event.type);

describe('row "Bid rule": start 100, increment 10, high 130', () => {
  const high = given(opened(), ['ann', 100n, STARTS], ['bob', 130n, STARTS + 1]);

  it.each([
    [135n, 'bid-below-next-valid'],
    [140n, null],
    [160n, null],
    [130n, 'bid-below-next-valid'],
    [145n, 'bid-off-increment'],
  ] as const)('decides a quote of %s', (amountFen, refusal) => {
    const decision = placeBid(high, 'ann', amountFen, STARTS + 2);
    expect(decision.refusal).toBe(refusal);
    expect(decision.bid.accepted).toBe(refusal === null);
    expect(decision.auction.highestFen).toBe(refusal ? 130n : amountFen);
    expect(decision.bid.nextValidFen).toBe(refusal ? 140n : amountFen + 10n);
  });

  it('lets the first quote be any amount from the start price on: after 105 comes 115', () => {
    const first = placeBid(opened(), 'ann', 105n, STARTS);
    expect(first).toMatchObject({ refusal: null, bid: { seq: 1, nextValidFen: 115n } });
    expect(placeBid(first.auction, 'bob', 110n, STARTS).refusal).toBe('bid-below-next-valid');
    expect(placeBid(first.auction, 'bob', 115n, STARTS).refusal).toBeNull();
  });

  it('refuses a first quote below the start price and names what would do', () => {
    const { bid } = placeBid(opened(), 'ann', 99n, STARTS);
    expect(bid).toMatchObject({ seq: 1, accepted: false, refusal: 'bid-below-start-price', nextValidFen: 100n });
  });
});

describe('a quote', () => {
  it('is numbered without gaps, refused or not, and kept with its paddle', () => {
    const first = placeBid(opened(), 'bob', 1n, STARTS);
    const second = placeBid(first.auction, 'bob', 100n, STARTS + 1);
    expect([first.bid.seq, second.bid.seq, second.auction.seq]).toEqual([1, 2, 2]);
    expect(second.bid).toEqual({
      saleId: 'lot',
      seq: 2,
      at: STARTS + 1,
      bidder: 'bob',
      paddle: 2,
      amountFen: 100n,
      accepted: true,
      refusal: null,
      nextValidFen: 110n,
    });
    expect(first.events).toMatchObject([
      { type: 'period-changed', at: STARTS, period: 'free' },
      { type: 'bid-refused', bid: first.bid },
    ]);
    expect(second.events).toEqual([{ type: 'bid-accepted', at: STARTS + 1, bid: second.bid }]);
  });

  it('counts from the very instant the free period starts, not one millisecond earlier', () => {
    expect(placeBid(opened(), 'ann', 100n, STARTS - 1).refusal).toBe('bidding-not-open');
    expect(placeBid(opened(), 'ann', 100n, STARTS).refusal).toBeNull();
  });

  it('is refused from strangers, even one called like a built-in property, and from those without a deposit', () => {
    const waiting = register(opened(), 'cid', '2026.1', OPENS + 3).auction;
    expect(placeBid(waiting, 'constructor', 100n, STARTS).refusal).toBe('bidder-not-registered');
    expect(placeBid(waiting, 'cid', 100n, STARTS)).toMatchObject({
      refusal: 'bidder-not-admitted',
      bid: { paddle: null },
    });
  });

  it('is refused from the leader, whose next slip of the finger would cost only himself', () => {
    const led = given(opened(), ['ann', 100n, STARTS]);
    expect(placeBid(led, 'ann', 110n, STARTS + 1).refusal).toBe('bidder-already-leading');
  });

  it('at the largest amount that the platform handles leaves no next one', () => {
    const top = placeBid(opened(), 'ann', MAX_FEN, STARTS);
    expect(top).toMatchObject({ refusal: null, bid: { nextValidFen: null } });
  });

  it('is refused by the first violated rule of the ordered list', () => {
    const ended = wake(opened(), ENDS + CYCLE).auction;
    expect(placeBid(ended, 'stranger', 0n, ENDS + CYCLE).refusal).toBe('auction-ended');
    expect(placeBid(opened(), 'stranger', 0n, STARTS - 1).refusal).toBe('bidding-not-open');
    expect(placeBid(opened(), 'stranger', 0n, STARTS).refusal).toBe('bidder-not-registered');
    expect(placeBid(given(opened(), ['ann', 100n, STARTS]), 'ann', 0n, STARTS).refusal).toBe('bidder-already-leading');
    expect(placeBid(opened(), 'ann', 0n, STARTS).refusal).toBe('bid-below-start-price');
  });

  it('shares the bidders with the state before it: nothing that grows is copied', () => {
    const before = opened();
    expect(placeBid(before, 'ann', 100n, STARTS).auction.bidders).toBe(before.bidders);
    expect(before).toMatchObject({ seq: 0, highestFen: null, period: 'scheduled' });
  });
});

describe('the timed period', () => {
  const free = given(opened(), ['ann', 100n, ENDS - 1]);

  it('begins by itself at the end of the free period with one full cycle', () => {
    const { auction, events } = wake(free, ENDS);
    expect(events).toEqual([
      { type: 'period-changed', at: ENDS, period: 'timed' },
      { type: 'cycle-started', at: ENDS, cycle: 1, endsAt: ENDS + CYCLE },
    ]);
    expect(auction).toMatchObject({ period: 'timed', cycle: 1, cycleStartedAt: ENDS, cycleEndsAt: ENDS + CYCLE });
  });

  it('lets the highest free quote win when the first cycle brings none', () => {
    expect(wake(free, ENDS + CYCLE - 1).auction.result).toBeNull();
    const { auction, events } = wake(free, ENDS + CYCLE);
    const result = { outcome: 'sold', endedAt: ENDS + CYCLE, winner: 'ann', paddle: 1, priceFen: 100n };
    expect(auction.result).toEqual(result);
    expect(events.at(-1)).toEqual({ type: 'ended', at: ENDS + CYCLE, result });
  });

  it('takes a quote at the very end of the free period as the first of the timed period', () => {
    const { auction, events } = placeBid(free, 'bob', 110n, ENDS);
    expect(types(events)).toEqual(['period-changed', 'cycle-started', 'bid-accepted', 'cycle-started']);
    expect(auction).toMatchObject({ cycle: 2, cycleEndsAt: ENDS + CYCLE });
  });

  it('opens a new full cycle with each valid quote and none with a refused one', () => {
    const at = ENDS + CYCLE - 1;
    const raised = placeBid(free, 'bob', 110n, at);
    expect(raised.events.at(-1)).toEqual({ type: 'cycle-started', at, cycle: 2, endsAt: at + CYCLE });
    const refused = placeBid(raised.auction, 'ann', 111n, at + 5);
    expect(refused.auction).toMatchObject({ cycle: 2, cycleEndsAt: at + CYCLE, seq: 3 });
  });

  it('is over exactly when a whole cycle passed: a quote at that instant is late', () => {
    const raised = given(free, ['bob', 110n, ENDS + 7]);
    expect(placeBid(raised, 'ann', 120n, ENDS + 7 + CYCLE - 1).refusal).toBeNull();
    const late = placeBid(raised, 'ann', 120n, ENDS + 7 + CYCLE);
    expect(late).toMatchObject({ refusal: 'auction-ended', bid: { accepted: false, seq: 3, nextValidFen: null } });
    expect(late.auction.result).toMatchObject({ winner: 'bob', priceFen: 110n, endedAt: ENDS + 7 + CYCLE });
    expect(types(late.events)).toEqual(['ended', 'bid-refused']);
  });

  it('gives an auction without any quote one first cycle, then ends it unsold', () => {
    expect(phaseOf(opened(), ENDS)).toBe('timed');
    expect(placeBid(opened(), 'ann', 100n, ENDS + CYCLE - 1).refusal).toBeNull();
    expect(wake(opened(), ENDS + CYCLE).auction.result).toMatchObject({ outcome: 'unsold-no-bid', winner: null });
  });

  it('catches up with every deadline at its own instant, however late it is woken', () => {
    const { auction, events } = wake(opened(), ENDS + 100 * CYCLE);
    expect(events.map(({ type, at }) => [type, at])).toEqual([
      ['period-changed', STARTS],
      ['period-changed', ENDS],
      ['cycle-started', ENDS],
      ['ended', ENDS + CYCLE],
    ]);
    expect(advance(auction, ENDS + 200 * CYCLE)).toEqual({ auction, events: [] });
  });

  it('names the next instant at which something happens by itself', () => {
    const seen = [OPENS, STARTS, ENDS, ENDS + CYCLE].map((at) => deadlineOf(wake(opened(), at).auction));
    expect(seen).toEqual([STARTS, ENDS, ENDS + CYCLE, null]);
  });
});

describe('a result', () => {
  const end = ENDS + CYCLE;
  it('sells to a single admitted bidder at the start price', () => {
    const alone = given(opened({}, ['ann']), ['ann', 100n, STARTS]);
    expect(wake(alone, end).auction.result).toMatchObject({ outcome: 'sold', winner: 'ann', priceFen: 100n });
  });

  it('sells at the reserve and not one fen below it', () => {
    const [reached, missed] = [120n, 121n].map((reserveFen) => given(opened({ reserveFen }), ['ann', 120n, STARTS]));
    expect(wake(reached!, end).auction.result).toMatchObject({ outcome: 'sold', priceFen: 120n });
    expect(wake(missed!, end).auction.result).toEqual({
      outcome: 'unsold-below-reserve',
      endedAt: end,
      winner: null,
      paddle: null,
      priceFen: null,
    });
  });

  it('never tells the reserve in an event or in a refusal', () => {
    const changed = { ...terms, reserveFen: 987_654n };
    const opening = open({ saleId: 'lot', seller: 'seller', terms: changed, bounds: null }, OPENS);
    const { events } = wake(given(opened({ reserveFen: 987_654n }), ['ann', 100n, STARTS]), end);
    const told = JSON.stringify([opening.events, events], (_, v) => (typeof v === 'bigint' ? String(v) : v));
    expect(told).not.toContain('987654');
    expect(told).toContain('unsold-below-reserve');
  });
});

describe('admission', () => {
  it('opens the auction with the terms a bidder may see', () => {
    const opening = open({ saleId: 'lot', seller: 'seller', terms, bounds: null }, OPENS);
    expect(opening.events).toMatchObject([{ type: 'opened', at: OPENS, saleId: 'lot', terms: { reserved: false } }]);
    const poor = open({ saleId: 'lot', seller: 'seller', terms: { ...terms, depositFen: -1n }, bounds: null }, OPENS);
    expect(poor).toEqual({ auction: null, events: [], refusal: 'deposit-out-of-bounds' });
  });

  it('gives paddles in the order of admission, not of registration', () => {
    const both = ['ann', 'bob'].reduce((a, party) => register(a, party, '2026.1', 1).auction, opened({}, []));
    const first = admit(both, 'bob', 20n, 5);
    expect(first.events).toEqual([{ type: 'bidder-admitted', at: 5, bidder: 'bob', paddle: 1 }]);
    const { auction } = admit(first.auction, 'ann', 25n, 6);
    const paid = { deposit: 'held', askedAt: null, stuck: null };
    expect(auction.bidders).toEqual({
      ann: { rulesVersion: '2026.1', registeredAt: 1, paddle: 2, admittedAt: 6, ...paid },
      bob: { rulesVersion: '2026.1', registeredAt: 1, paddle: 1, admittedAt: 5, ...paid },
    });
    expect(both.bidders['bob']!.paddle).toBeNull();
  });

  it('needs the rules of this auction accepted, once, by somebody other than the seller', () => {
    const { auction, events } = register(opened({}, []), 'ann', '2026.1', 9);
    expect(events).toEqual([{ type: 'bidder-registered', at: 9, bidder: 'ann', rulesVersion: '2026.1' }]);
    expect(register(auction, 'ann', '2026.1', 10).refusal).toBe('bidder-already-registered');
    expect(register(auction, 'bob', '2025.9', 10).refusal).toBe('rules-version-differs');
    expect(register(auction, 'seller', '2026.1', 10).refusal).toBe('bidder-is-seller');
  });

  it('needs a registration and the whole deposit, once', () => {
    const waiting = register(opened(), 'cid', '2026.1', 9).auction;
    expect(() => admit(waiting, 'dan', 20n, 10)).toThrow('owes no such deposit');
    expect(() => admit(waiting, 'cid', 19n, 10)).toThrow('owes no such deposit');
    expect(admit(waiting, 'ann', 20n, 10)).toEqual({ auction: waiting, events: [], refusal: null });
    expect(admit(waiting, 'cid', 20n, 10).auction.bidders['cid']!.paddle).toBe(3);
  });

  it('is closed from its deadline on, and what was due before is applied all the same', () => {
    const waiting = register(opened(), 'cid', '2026.1', CLOSES - 2).auction;
    expect(admit(waiting, 'cid', 20n, CLOSES - 1).refusal).toBeNull();
    expect(admit(waiting, 'cid', 20n, CLOSES)).toMatchObject({ refusal: 'admission-closed' });
    const late = register(opened(), 'cid', '2026.1', CLOSES);
    expect(late).toMatchObject({ refusal: 'admission-closed', auction: { period: 'free' } });
    expect(types(late.events)).toEqual(['period-changed']);
  });

  it('is refused once the auction has ended', () => {
    const waiting = register(opened(), 'cid', '2026.1', 9).auction;
    const { auction } = wake(waiting, ENDS + CYCLE);
    expect(register(auction, 'dan', '2026.1', ENDS + CYCLE).refusal).toBe('auction-ended');
    expect(admit(auction, 'cid', 20n, ENDS + CYCLE).refusal).toBe('admission-closed');
    expect(nextValid(auction)).toBeNull();
  });
});
