import { readOptions } from './options.ts';

describe('the options of the bench', () => {
  it('measures everything five times, ten seconds each, on a warm broker, unless told otherwise', () => {
    expect(readOptions([])).toEqual({ only: undefined, rounds: 5, seconds: 10, primeSeconds: 25, rough: false });
  });

  it('takes figures in any case, and a commit to compare with', () => {
    const options = readOptions(['--only', 'g1, G6', '--rounds', '3', '--seconds', '4', '--against', 'HEAD~1']);
    expect(options).toMatchObject({ only: ['G1', 'G6'], rounds: 3, seconds: 4, against: 'HEAD~1' });
  });

  it('takes a group of figures by its name', () => {
    expect(readOptions(['--only', 'overload,G1']).only).toEqual(['O1', 'O2', 'O3', 'O4', 'O5', 'G1']);
  });

  it.each([
    [['--only', 'G99'], /no figure G99/],
    [['--only', ''], /no figure ""/],
    [['--only', 'G13,G1'], /G13 is measured alone/],
    [['--rounds', '0'], /--rounds 0: a whole number from 1 to 50/],
    [['--rounds', '2.5'], /--rounds 2.5/],
    [['--seconds', 'ten'], /--seconds ten/],
    [['--against', '--output=x'], /./],
    [['--against', 'a b'], /names no commit/],
    [['--faster'], /faster/],
  ])('refuses %j and says why', (args, says) => {
    expect(() => readOptions(args)).toThrow(says);
  });

  it('never measures a cold broker for figures that count, and may for rough ones', () => {
    expect(() => readOptions(['--prime', '5'])).toThrow(/--prime 5: a whole number from 20/);
    expect(readOptions(['--prime', '0', '--rough']).primeSeconds).toBe(0);
  });
});
