import { beforeEach, describe, expect, it } from '@jest/globals';
import { saleReleased, saleSettled } from '@yuzhi/protocol/escrow';
import { escrowOf, payableTo } from './accounts.ts';
import type { Sale } from './documents.ts';
import { saleOf } from './payments.ts';
import { type Claims, monthsAfter, release, type ReleaseRules } from './release.ts';
import { BUYER, SALE, SELLER, T0, Till } from './till.fixture.ts';

const [ANN, BOB] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'];
const RULES: ReleaseRules = {
  feeBps: 200,
  feeMinFen: 0n,
  feeMaxFen: 50_000_000n,
  inventorFloorBps: 7_000,
  railMaxFen: 99_999_999n,
  rulebookVersion: '2026.1',
};

let till: Till;
/** A sale whose price is in escrow and whose transfer is registered for the buyer. */
function funded(priceFen: bigint): Sale {
  return till.does((draft) => {
    const legs = [['psp:stripe', priceFen] as const, [escrowOf(SALE), -priceFen] as const];
    draft.post({ id: 'in', saleId: SALE, kind: 'pay-in', ref: 'x', at: T0, legs });
    const registration = { on: '2026-11-24', owner: BUYER };
    return draft.putSale({
      ...saleOf(draft, SALE),
      ...{ buyer: BUYER, seller: SELLER, priceFen, fundedAt: T0, registration },
    });
  });
}
const CLAIMS: Claims = { inventors: [], inventorBps: 0, costsFen: 0n, netDeducts: ['fee', 'costs'], payMonths: 6 };
const released = (sale: Sale, claims: Partial<Claims> = {}, rules: Partial<ReleaseRules> = {}) =>
  till.does((draft) => release(draft, sale, { ...CLAIMS, ...claims }, { ...RULES, ...rules }));
beforeEach(() => void (till = new Till()));

describe('the guards of a release', () => {
  it('leave a price that cannot be split to be a mistake of ours, and nothing has moved', () => {
    const sale = funded(5_000n);
    const twice = [ANN, ANN].map((party) => ({ party, weight: 1n }));
    expect(() => released(sale, { inventors: twice })).toThrow('cannot be split: inventor-named-twice');
    expect(() => released(sale, { costsFen: -1n })).toThrow('cannot be split: costs-negative');
    expect(till.posted(escrowOf(SALE))).toBe(-5_000n);
    expect(till.journals('release')).toEqual([]);
  });
});

describe('a release', () => {
  it('moves the price in one journal to the fee, the inventors and the seller', () => {
    const sale = funded(1_000_000n);
    const inventors = [
      { party: ANN, weight: 2n },
      { party: BOB, weight: 1n },
    ];
    const split = released(sale, { inventors, inventorBps: 7_500, costsFen: 80_000n });
    expect(split).toMatchObject({ feeFen: 20_000n, netFen: 900_000n, sellerFen: 305_000n });
    const [journal, ...more] = till.journals('release');
    expect(more).toEqual([]);
    expect(journal!.lines).toEqual([
      { account: escrowOf(SALE), amountFen: 1_000_000n },
      { account: 'revenue:fee', amountFen: -20_000n },
      { account: payableTo(SELLER), amountFen: -305_000n },
      { account: payableTo(ANN), amountFen: -450_000n },
      { account: payableTo(BOB), amountFen: -225_000n },
    ]);
    expect(till.posted(escrowOf(SALE))).toBe(0n);
  });

  it('gives inventors the Henan floor when less was agreed (DOMAIN §6: inventor reward, net income 1,000,000)', () => {
    const sale = funded(1_000_000n);
    const split = released(sale, { inventors: [{ party: ANN, weight: 1n }], inventorBps: 5_000 }, { feeBps: 0 });
    expect(split).toMatchObject({ netFen: 1_000_000n, inventors: [{ party: ANN, amountFen: 700_000n }] });
    expect(till.told(saleReleased)[0]).toMatchObject({ inventorBps: 7_000 });
  });

  it('tells the whole split and the rules it was made by', () => {
    released(funded(1_000_000n), { costsFen: 1_000n });
    expect(till.told(saleReleased)).toEqual([
      {
        saleId: SALE,
        priceFen: '1000000',
        feeFen: '20000',
        costsFen: '1000',
        netFen: '979000',
        inventorBps: 0,
        inventors: [],
        seller: SELLER,
        sellerFen: '980000',
        rulebookVersion: '2026.1',
      },
    ]);
  });

  it('plans a payout for each payee, which waits while he has no account with the rail', () => {
    released(funded(1_000_000n), { inventors: [{ party: ANN, weight: 1n }], inventorBps: 7_000 });
    expect(till.sale().payouts).toEqual([
      { party: SELLER, part: 0, amountFen: 294_000n, state: 'waiting', reason: null },
      { party: ANN, part: 0, amountFen: 686_000n, state: 'waiting', reason: null },
    ]);
    expect(till.operations('transfer').map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  });

  it('pays a seller who is the inventor once, with both amounts', () => {
    const sale = till.does((draft) => draft.putSale({ ...funded(1_000_000n), seller: ANN }));
    released(sale, { inventors: [{ party: ANN, weight: 1n }], inventorBps: 7_000 });
    expect(till.sale().payouts.map(({ party, amountFen }) => [party, amountFen])).toEqual([[ANN, 980_000n]]);
  });

  it('of a price that the fee takes whole is settled at once', () => {
    released(funded(500n), {}, { feeMinFen: 500n });
    expect(till.told(saleSettled)).toEqual([{ saleId: SALE }]);
    expect(till.sale()).toMatchObject({ settledAt: T0, deadlineAt: null, payouts: [] });
  });

  it('gives payees the months of the rule before it is overdue', () => {
    released(funded(1_000_000n));
    expect(new Date(till.sale().deadlineAt!).toISOString()).toBe('2027-05-24T02:00:00.000Z');
  });
});

describe('a number of months later', () => {
  it.each([
    ['2026-11-24T02:00:00.000Z', 6, '2027-05-24T02:00:00.000Z'],
    // In Shanghai it is the next day already.
    ['2026-08-30T20:00:00.000Z', 6, '2027-02-27T20:00:00.000Z'],
    ['2026-01-31T00:00:00.000Z', 1, '2026-02-28T00:00:00.000Z'],
    ['2027-12-31T15:59:59.999Z', 2, '2028-02-29T15:59:59.999Z'],
    ['2026-12-31T16:00:00.000Z', 12, '2027-12-31T16:00:00.000Z'],
  ])('than %s by %i is %s', (from, months, to) => {
    expect(new Date(monthsAfter(Date.parse(from), months)).toISOString()).toBe(to);
  });
});
