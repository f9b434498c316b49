import * as fc from 'fast-check';
import { fromJson, held, toJson, wire } from './json.ts';

describe('the JSON of a state', () => {
  it('holds amounts as digit strings, beyond what a number can', () => {
    expect(toJson({ priceFen: 9_007_199_254_740_993n })).toBe('{"priceFen":"9007199254740993"}');
    expect(fromJson('{"priceFen":"9007199254740993"}')).toEqual({ priceFen: 9_007_199_254_740_993n });
  });

  it('revives every field that is named as an amount, at any depth and in lists', () => {
    const state = {
      title: '12',
      reserveFen: null,
      lines: [{ amountFen: 5n, note: '7' }, { amountFen: -5n }],
      sharesFen: [1n, 2n],
      terms: { depositFen: 0n, limits: { minFen: 1n } },
    };
    expect(fromJson(toJson(state))).toEqual(state);
  });

  it('leaves what is no amount as it was', () => {
    const state = {
      count: 3,
      at: 1_700_000_000_000,
      open: true,
      nothing: null,
      tags: ['1', '2'],
      fen: '1',
      fenced: '2',
    };
    expect(fromJson(toJson(state))).toEqual(state);
  });

  it('reads what Postgres has parsed already', () => {
    expect(fromJson({ a: [{ bFen: '3' }] })).toEqual({ a: [{ bFen: 3n }] });
  });

  it('refuses an amount that is none', () => {
    expect(() => fromJson('{"priceFen":"dear"}')).toThrow(SyntaxError);
  });

  it('is read back to an equal state', () => {
    const states = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.record({ amountFen: fc.bigInt() }),
        fc.array(fc.record({ atFen: fc.bigInt() })),
      ),
    );
    fc.assert(fc.property(states, (state) => expect(fromJson(toJson(state))).toEqual(state)));
  });
});

describe('a value on its way', () => {
  const state = { priceFen: 5n, terms: { depositFen: null, parts: [{ shareFen: 2n, to: 'a' }] }, open: true };
  const sent = { priceFen: '5', terms: { depositFen: null, parts: [{ shareFen: '2', to: 'a' }] }, open: true };

  it('has digit strings for amounts, and is held with bigints again', () => {
    expect(wire(state)).toEqual(sent);
    expect(held(sent)).toEqual(state);
    expect(held(wire(state))).toEqual(state);
  });

  it('is another object than the one it was made from', () => {
    const copy = wire(state);
    copy.terms.parts[0]!.to = 'b';
    expect(state.terms.parts[0]!.to).toBe('a');
  });
});
