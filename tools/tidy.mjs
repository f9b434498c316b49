// Style as a test: node tools/tidy.mjs [--advice]. Each line names the place, the rule and what mends it.
import { fileURLToPath } from 'node:url';
import { coverageAdvice, docstringAdvice } from './tidy/advice.ts';
import { readSources } from './tidy/source-file.ts';
import { findings, printed } from './tidy/tidy.ts';

const files = readSources(fileURLToPath(new URL('..', import.meta.url)));
const found = findings(files);
for (const finding of found) console.log(printed(finding));
if (process.argv.includes('--advice')) {
  for (const advice of [...coverageAdvice(files), ...docstringAdvice(files)]) console.log(`advice: ${printed(advice)}`);
}
process.exitCode = found.length > 0 ? 1 : 0;
