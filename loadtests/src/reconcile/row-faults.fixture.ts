import { JOURNALS, LOT, OTHER_LOT, P2, type World } from './world.fixture.ts';

export interface Fault {
  what: string;
  plant: () => unknown;
  /** The checks that must find it; no other may find anything. */
  by: string[];
  /** The row that the first of them must name. */
  row: string;
}

/** Quotes and other rows that are not as they were written. */
export const rowFaults = (here: () => World): Fault[] => [
  {
    what: 'a quote that was removed',
    plant: () => here().run('bidding', 'delete from bid where sale_id = $1 and seq = 5', LOT),
    by: ['acknowledged-bids-kept'],
    row: `bidding.bid ${LOT} 5`,
  },
  {
    what: 'a gap in the numbers',
    plant: () => here().run('bidding', 'delete from bid where sale_id = $1 and seq = 2', LOT),
    by: ['bid-numbers-gapless'],
    row: `bidding.bid ${LOT} 2`,
  },
  {
    what: 'two quotes in swapped order',
    plant: () =>
      here().run(
        'bidding',
        `update bid one set amount_fen = other.amount_fen, bidder = other.bidder, paddle = other.paddle from bid other
         where one.sale_id = $1 and other.sale_id = $1 and (one.seq, other.seq) in ((3, 5), (5, 3))`,
        OTHER_LOT,
      ),
    by: ['bid-prices-rise'],
    row: `bidding.bid ${OTHER_LOT} 5`,
  },
  {
    what: 'a quote that counts wrongly what came before it',
    plant: () => here().run('bidding', 'update bid set bids = 4 where sale_id = $1 and seq = 5', LOT),
    by: ['bid-chain'],
    row: `bidding.bid ${LOT} 5`,
  },
  {
    what: 'a lot that went to somebody else',
    plant: () =>
      here().run(
        'bidding',
        `update auction set period = 'ended', result = $2 where sale_id = $1`,
        ...[LOT, JSON.stringify({ outcome: 'sold', winner: P2, priceFen: '210' })],
      ),
    by: ['auction-results'],
    row: `bidding.auction ${LOT}`,
  },
  {
    what: 'a bidder whose auction is gone',
    plant: () =>
      here().run(
        'bidding',
        `insert into bidder (sale_id, party, rules_version, registered_at, deposit, version)
         values ($1, 'p', '1', now(), 'due', 1)`,
        JOURNALS[0],
      ),
    by: ['auction-rows-whole'],
    row: `bidding.bidder ${JOURNALS[0]} p`,
  },
  {
    what: 'a quote that counts, of somebody who was not admitted',
    plant: () => here().run('bidding', 'update bid set paddle = 7 where sale_id = $1 and seq = 5', OTHER_LOT),
    by: ['auction-rows-whole'],
    row: `bidding.bid ${OTHER_LOT} 5`,
  },
  {
    what: 'an attempt at an operation that nobody wanted',
    plant: () => here().run('escrow', `insert into rail_attempt (operation_id, attempt) values ('payout:x', 1)`),
    by: ['book-rows-whole'],
    row: 'escrow.rail_attempt payout:x 1',
  },
];
