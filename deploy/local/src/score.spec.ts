import { describe, expect, it } from '@jest/globals';
import { readScore, scoreOf, sum } from './score.ts';

const report = (numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites = 0) =>
  JSON.stringify({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites });

describe('the score of a run of tests', () => {
  it('counts a suite that could not be loaded as one failure', () => {
    expect(scoreOf(report(3, 0, 1), false)).toEqual({ passed: 3, failed: 1 });
  });

  it('counts a run that went wrong without a failed test as one failure', () => {
    expect(scoreOf(report(3, 0), false)).toEqual({ passed: 3, failed: 1 });
    expect(scoreOf(report(3, 2), false)).toEqual({ passed: 3, failed: 2 });
    expect(scoreOf(report(3, 0), true)).toEqual({ passed: 3, failed: 0 });
  });

  it('is a failure when there is no report', () => {
    expect(readScore('/nowhere/at/all.json', true)).toEqual({ passed: 0, failed: 1 });
  });

  it('adds up', () => {
    expect(
      sum([
        { passed: 1, failed: 0 },
        { passed: 2, failed: 3 },
      ]),
    ).toEqual({ passed: 3, failed: 3 });
  });
});
