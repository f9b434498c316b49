import { describe, expect, it } from '@jest/globals';
import { held } from '@yuzhi/database/json';
import fc from 'fast-check';
import { NOW, offer, PATENT, SALE, SELLER } from '../listings.fixture.ts';
import {
  changed,
  draft,
  isEditable,
  type Listing,
  type ListingMove,
  listingProcess,
  moved,
  PUBLIC_STATES,
} from './listing.ts';

const drafted = draft(SALE, SELLER, held(offer()), NOW);
const MOVES = [...new Set(listingProcess.transitions.map(({ on }) => on))] as ListingMove[];
/** Goes the given way. Throws where the table knows no such move. */
const gone = (...moves: ListingMove[]): Listing =>
  moves.reduce((listing, move) => {
    const next = moved(listing, move);
    if (!next) throw new Error(`${move} from ${listing.status}`);
    return next;
  }, drafted);

describe('a draft', () => {
  it('is the offer of a seller for a patent, amounts as whole fen, nothing reserved and nothing announced', () => {
    expect(drafted).toMatchObject({ saleId: SALE, seller: SELLER, patentNumber: PATENT, status: 'draft', version: 1 });
    expect(drafted.terms).toMatchObject({ startPriceFen: 20_000_000n, reserveFen: 22_000_000n });
    expect(drafted.reward.costs).toMatchObject([{ amountFen: 800_000n }]);
    const empty = { entry: null, reservation: 'none', returned: null, asking: null, announcedAt: null, result: null };
    expect(drafted).toMatchObject({ ...empty, noticeUntil: null, deadlineAt: null, draftedAt: NOW });
  });

  it('may be changed, and so may what came back, but nothing that others look at', () => {
    const description = { zh: '新', en: 'new' };
    const editable = listingProcess.states.filter((status) => isEditable({ ...drafted, status }));
    expect(editable).toEqual(['draft', 'returned']);
    expect(changed(drafted, { description })).toEqual({ ...drafted, description, version: 2 });
  });
});

describe('the way of a listing', () => {
  it('leads over review, reservation and bidding to the contract and the end', () => {
    const way = ['submit', 'approve', 'reserved', 'opened', 'sell', 'notice-passed', 'close'] as const;
    const states = way.map((_, n) => gone(...way.slice(0, n + 1)).status);
    expect(states).toEqual(['in-review', 'reserving', 'opening', 'announced', 'result-notice', 'contracting', 'sold']);
    expect(gone(...way).version).toBe(way.length + 1);
  });

  it('ends where nothing was sold, and where the holder withdrew in time', () => {
    expect(gone('submit', 'approve', 'reserved', 'opened', 'leave-unsold').status).toBe('unsold');
    for (const before of [[], ['submit'], ['submit', 'return']] as ListingMove[][]) {
      expect(gone(...before, 'withdraw').status).toBe('withdrawn');
    }
  });

  it('leads back to the holder from the desk, the register and the bidding, and from there to another review', () => {
    for (const before of [['return'], ['approve', 'refused'], ['approve', 'reserved', 'refused']] as ListingMove[][]) {
      expect(gone('submit', ...before, 'submit').status).toBe('in-review');
    }
  });

  it('has no other moves: what does not fit changes nothing', () => {
    const known = new Set(listingProcess.transitions.map(({ from, on }) => `${from} ${on}`));
    for (const status of listingProcess.states) {
      for (const move of MOVES.filter((one) => !known.has(`${status} ${one}`))) {
        expect(moved({ ...drafted, status }, move, { announcedAt: 1 })).toBeUndefined();
      }
    }
  });

  it('takes what else changes with it', () => {
    const returned = { code: null, comment: '请补充说明' };
    expect(moved(gone('submit'), 'return', { returned })).toMatchObject({ status: 'returned', returned, version: 3 });
  });

  it('never reaches the public without having been reviewed, reserved and opened since it was last changed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...MOVES), { maxLength: 60 }), (moves) => {
        let listing = drafted;
        let since: ListingMove[] = [];
        for (const move of moves) {
          const before = listing;
          listing = moved(listing, move) ?? listing;
          if (listing === before) continue;
          expect(listing.version).toBe(before.version + 1);
          since = isEditable(listing) ? [] : [...since, move];
          const isPublic = (PUBLIC_STATES as readonly string[]).includes(listing.status);
          expect(isPublic && since.slice(0, 4).join() !== 'submit,approve,reserved,opened').toBe(false);
        }
      }),
    );
  });

  it('is public from the announcement on, to its end, and at no point before', () => {
    const reached = new Set<Listing['status']>(['announced']);
    for (const from of reached) {
      for (const move of listingProcess.transitions.filter((one) => one.from === from)) reached.add(move.to);
    }
    expect([...reached].toSorted()).toEqual([...PUBLIC_STATES].toSorted());
  });

  it('never leads on from an end', () => {
    for (const status of listingProcess.states.filter((one) => listingProcess.isFinal(one))) {
      for (const move of MOVES) expect(moved({ ...drafted, status }, move)).toBeUndefined();
    }
  });
});
