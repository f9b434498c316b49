import { appendFileSync } from 'node:fs';
import { afterEach, expect } from '@jest/globals';

/** After each test: which refusals and process moves were counted during it, for the table of what is reached. */
const { YUZHI_REHEARSAL_URL: rehearsal, YUZHI_REACHED_FILE: file } = process.env;
let before: Record<string, number> = {};

afterEach(async () => {
  if (!rehearsal || !file) return;
  const counts = (await (await fetch(`${rehearsal}/reached`)).json()) as Record<string, number>;
  const reached = Object.keys(counts).filter((key) => counts[key] !== before[key]);
  before = counts;
  appendFileSync(file, `${JSON.stringify({ test: expect.getState().currentTestName, reached })}\n`);
});
