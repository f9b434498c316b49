import { readFileSync } from 'node:fs';

export interface Score {
  passed: number;
  failed: number;
}

export const NONE: Score = { passed: 0, failed: 0 };
export const sum = (scores: readonly Score[]): Score => ({
  passed: scores.reduce((total, { passed }) => total + passed, 0),
  failed: scores.reduce((total, { failed }) => total + failed, 0),
});

/** A suite that could not even be loaded has no tests to count, and counts as one that failed. */
export function scoreOf(report: string, wentWell: boolean): Score {
  const read = JSON.parse(report) as Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites', number>;
  const score = { passed: read.numPassedTests, failed: read.numFailedTests + read.numRuntimeErrorTestSuites };
  return wentWell || score.failed > 0 ? score : { ...score, failed: 1 };
}

/** What Jest wrote; one failure when it wrote nothing that can be read. */
export function readScore(file: string, wentWell: boolean): Score {
  try {
    return scoreOf(readFileSync(file, 'utf8'), wentWell);
  } catch {
    return { passed: 0, failed: 1 };
  }
}
