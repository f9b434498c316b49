import { describe, expect, it } from '@jest/globals';
import { MAX_FEN } from '@yuzhi/money/fen';
import * as fc from 'fast-check';
import { placeBid, wake } from './auction.ts';
import { hallItems, shownItems } from './hall.ts';
import { apply, begin, CYCLE, history, reserve, terms, unfold } from './naive.fixture.ts';

const bid = { seq: 7, at: 1_210, paddle: 2, amountFen: 130n, cycle: 0, head: 5 };

describe('what the hall sees', () => {
  it('is a valid quote by its paddle with what is valid next', () => {
    expect(shownItems(bid, terms)).toEqual([
      {
        seq: 5,
        item: { kind: 'bid', at: 1_210, bidSeq: 7, paddle: 2, amountFen: '130', nextValidFen: '140' },
      },
    ]);
  });

  it('is, in the timed period, the cycle that the quote opened too', () => {
    const [shown, opened] = shownItems({ ...bid, cycle: 3 }, terms);
    expect([shown!.seq, opened!.seq]).toEqual([4, 5]);
    expect(opened!.item).toEqual({ kind: 'cycle', at: 1_210, cycle: 3, endsAt: 1_210 + CYCLE });
  });

  it('names nothing as valid next above the largest amount', () => {
    expect(shownItems({ ...bid, amountFen: MAX_FEN }, terms)[0]!.item).toMatchObject({ nextValidFen: null });
  });

  it('is never a refused quote, a registration or who a bidder is', () => {
    const joined = apply(begin(null), { at: 990, party: 'ann', does: 'join' });
    const refused = placeBid(joined.auction, 'ann', 5n, 1_000);
    const valid = placeBid(refused.auction, 'ann', 100n, 1_001);
    const end = wake(valid.auction, 2_000);
    const items = hallItems([...joined.events, ...refused.events, ...valid.events, ...end.events]);
    expect(items.map(({ kind }) => kind)).toEqual(['period', 'bid', 'period', 'cycle', 'ended']);
    expect(JSON.stringify(items)).not.toContain('ann');
    expect(items.at(-1)).toEqual({ kind: 'ended', at: 1_250, outcome: 'sold', paddle: 1, priceFen: '100' });
  });

  it('is told of any quote by its row alone as it was shown live', () => {
    fc.assert(
      fc.property(history, reserve, (steps, reserveFen) => {
        let auction = begin(reserveFen);
        let head = 0;
        for (const happening of unfold(steps, reserveFen)) {
          auction = wake(auction, happening.at).auction;
          const { auction: after, bid: placed, events } = apply(auction, happening);
          auction = after;
          if (!placed?.accepted) continue;
          const items = hallItems(events);
          head += items.length;
          const row = { ...placed, paddle: placed.paddle!, cycle: auction.cycle, head };
          expect(shownItems(row, auction.terms).map(({ item }) => item)).toEqual(items);
          expect(shownItems(row, auction.terms).at(-1)!.seq).toBe(head);
        }
      }),
    );
  });
});
