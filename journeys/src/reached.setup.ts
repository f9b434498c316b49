import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';

const { YUZHI_REHEARSAL_URL: rehearsal, YUZHI_REACHED_FILE: file } = process.env;

/** Which refusals and process moves were counted since the last look, for the table of what is reached. */
async function note(test: string | null): Promise<void> {
  if (!rehearsal || !file) return;
  const reached = (await (await fetch(`${rehearsal}/reached`)).json()) as string[];
  if (reached.length) appendFileSync(file, `${JSON.stringify({ at: Date.now(), test, reached })}\n`);
}

const spec = () => basename(expect.getState().testPath ?? '');
// What a spec prepares, and what comes of an earlier test behind its back, is no test's.
beforeEach(() => note(null));
afterEach(() => note(`${spec()}: ${expect.getState().currentTestName}`));
