import * as fc from 'fast-check';
import { feeOf, type Release, type ShareRule, splitRelease } from './shares.ts';

const yuan = (amount: number) => BigInt(amount) * 100n;
const henan: ShareRule = { feeBps: 0, feeMinFen: 0n, feeMaxFen: null, inventorFloorBps: 7_000 };
const national: ShareRule = { ...henan, inventorFloorBps: 5_000 };
const release: Release = {
  priceFen: yuan(1_000_000),
  costsFen: 0n,
  netDeducts: ['fee', 'costs'],
  inventorBps: 0,
  inventors: [{ party: 'ann', weight: 1n }],
};
function split(changes: Partial<Release>, rule: ShareRule = henan) {
  const decision = splitRelease({ ...release, ...changes }, rule);
  if (decision.refusal !== null) throw new Error(decision.refusal);
  return decision.split;
}
const total = (amounts: readonly { amountFen: bigint }[]) =>
  amounts.reduce((sum, { amountFen }) => sum + amountFen, 0n);

describe('row "Inventor reward, net income 1,000,000"', () => {
  it('gives the inventors at least 700,000 in Henan', () => {
    expect(split({})).toEqual({
      feeFen: 0n,
      netFen: yuan(1_000_000),
      inventors: [{ party: 'ann', amountFen: yuan(700_000) }],
      sellerFen: yuan(300_000),
    });
  });

  it('gives them at least 500,000 by the national floor', () => {
    expect(split({}, national).inventors).toEqual([{ party: 'ann', amountFen: yuan(500_000) }]);
  });

  it('counts the net income after fee and documented costs', () => {
    const { feeFen, netFen, inventors, sellerFen } = split(
      { priceFen: yuan(1_100_000), costsFen: yuan(67_000) },
      { ...henan, feeBps: 300 },
    );
    expect([feeFen, netFen]).toEqual([yuan(33_000), yuan(1_000_000)]);
    expect([inventors[0]!.amountFen, sellerFen]).toEqual([yuan(700_000), yuan(367_000)]);
  });

  it.each([
    ['fee and costs', ['fee', 'costs'], 960_000],
    ['the fee alone', ['fee'], 990_000],
    ['the costs alone', ['costs'], 970_000],
    ['nothing', [], 1_000_000],
  ] as const)('takes off the price what the rulebook says: %s', (_, netDeducts, net) => {
    expect(split({ netDeducts, costsFen: yuan(30_000) }, { ...henan, feeBps: 100 }).netFen).toBe(yuan(net));
  });
});

describe('the inventors', () => {
  it('get what was agreed when it is more than the floor, and the floor when it is less', () => {
    expect(split({ inventorBps: 8_500 }).inventors[0]!.amountFen).toBe(yuan(850_000));
    expect(split({ inventorBps: 6_999 }).inventors[0]!.amountFen).toBe(yuan(700_000));
    expect(split({ inventorBps: 10_000 }).sellerFen).toBe(0n);
  });

  it('share by weight, the largest remainder first, to the fen', () => {
    const inventors = [3n, 3n, 1n].map((weight, i) => ({ party: `inventor ${i}`, weight }));
    const amounts = split({ priceFen: 101n, inventors, inventorBps: 10_000 }).inventors.map((i) => i.amountFen);
    expect(amounts).toEqual([43n, 43n, 15n]);
  });

  it('never get less than the floor for a broken fen', () => {
    expect(split({ priceFen: 1n }).inventors[0]!.amountFen).toBe(1n);
    expect(split({ priceFen: 11n }).inventors[0]!.amountFen).toBe(8n);
  });

  it('leave all but the fee to the seller where there are none', () => {
    const alone = split({ inventors: [], inventorBps: 0 }, { ...henan, feeBps: 100 });
    expect(alone).toMatchObject({ inventors: [], sellerFen: yuan(990_000) });
  });

  it('get nothing of an income that fee and costs eat up', () => {
    expect(split({ costsFen: yuan(1_000_001) })).toMatchObject({
      netFen: 0n,
      inventors: [{ amountFen: 0n }],
      sellerFen: yuan(1_000_000),
    });
  });
});

describe("the platform's fee", () => {
  const rule: ShareRule = { ...henan, feeBps: 250, feeMinFen: 500n, feeMaxFen: 10_000n };
  it.each([
    ['the rate between the limits', 100_000n, 2_500n],
    ['half a fen up', 100_020n, 2_501n],
    ['less than half a fen down', 100_019n, 2_500n],
    ['the minimum for small prices', 600n, 500n],
    ['the maximum for large ones', 100_000_000n, 10_000n],
    ['no more than the price', 499n, 499n],
  ])('is %s', (_, priceFen, feeFen) => {
    expect(feeOf(priceFen, rule)).toBe(feeFen);
  });
});

describe('a split', () => {
  it.each<[string, Partial<Release>]>([
    ['price-not-positive', { priceFen: 0n, costsFen: -1n }],
    ['costs-negative', { costsFen: -1n, inventorBps: -1 }],
    ['inventor-share-out-of-bounds', { inventorBps: 10_001 }],
    ['inventor-share-out-of-bounds', { inventorBps: 70.5 }],
    ['inventor-weight-not-positive', { inventors: [{ party: 'ann', weight: 0n }] }],
    ['inventor-named-twice', { inventors: [1n, 2n].map((weight) => ({ party: 'ann', weight })) }],
  ])('is refused: %s', (refusal, changes) => {
    expect(splitRelease({ ...release, ...changes }, henan)).toEqual({ refusal, split: null });
  });

  it.each<[string, Partial<ShareRule>]>([
    ['a minimum above the maximum', { feeMinFen: 2n, feeMaxFen: 1n }],
    ['a negative minimum', { feeMinFen: -1n }],
    ['a fee above the whole', { feeBps: 10_001 }],
    ['a broken floor', { inventorFloorBps: 0.7 }],
  ])('throws on a rulebook with %s', (_, changes) => {
    expect(() => splitRelease(release, { ...henan, ...changes })).toThrow(RangeError);
  });

  it('is exact to the fen, keeps the floor and gives each inventor his proportion within one fen', () => {
    const fen = fc.bigInt({ min: 1n, max: 9_000_000_000_000_000n });
    const bps = fc.integer({ min: 0, max: 10_000 });
    const weights = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { maxLength: 6 });
    const given = fc.record({ priceFen: fen, costsFen: fen, inventorBps: bps, weights });
    const rules = fc.record({ feeBps: bps, feeMinFen: fen, spread: fen, capped: fc.boolean(), inventorFloorBps: bps });
    const law = fc.property(given, rules, ({ weights: parts, ...terms }, { spread, capped, ...rates }) => {
      const rule = { ...rates, feeMaxFen: capped ? rates.feeMinFen + spread : null };
      const inventors = parts.map((weight, i) => ({ party: String(i), weight }));
      const { feeFen, netFen, inventors: paid, sellerFen } = split({ ...terms, inventors }, rule);
      const sharedFen = total(paid);
      expect(feeFen + sharedFen + sellerFen).toBe(terms.priceFen);
      expect([feeFen, netFen, sellerFen].every((amount) => amount >= 0n)).toBe(true);
      expect(sharedFen * 10_000n >= netFen * BigInt(rule.inventorFloorBps) || parts.length === 0).toBe(true);
      expect(sharedFen <= netFen).toBe(true);
      const weight = parts.reduce((sum, part) => sum + part, 0n);
      const apart = paid.map(({ amountFen }, i) => amountFen * weight - sharedFen * parts[i]!);
      expect(apart.every((rest) => -weight < rest && rest < weight)).toBe(true);
    });
    fc.assert(law, { numRuns: 1_000 });
  });
});
