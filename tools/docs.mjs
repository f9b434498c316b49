// npm run docs: writes what is generated from the declarations; with --check only says what is not as it should be.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { documents } from '@yuzhi/protocol/documents';

const root = fileURLToPath(new URL('..', import.meta.url));
const docs = join(root, 'docs');
const check = process.argv.includes('--check');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const written = globSync(['openapi.json', 'asyncapi.json', 'topics.md', 'refusals.md', 'events/*.json'], { cwd: docs });
const committed = new Map(written.map((path) => [path, readFileSync(join(docs, path), 'utf8')]));

async function wanted() {
  const style = await prettier.resolveConfig(join(docs, 'topics.md'));
  const files = documents(catalogue, committed, { url: '/', version });
  const pages = [...files].map(async ([path, text]) => [
    path,
    path.endsWith('.md') ? await prettier.format(text, { ...style, parser: 'markdown' }) : text,
  ]);
  return new Map(await Promise.all(pages));
}

function write(path, text) {
  const file = join(docs, path);
  if (text === undefined) return rmSync(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

try {
  const files = await wanted();
  const dirty = [...new Set([...committed.keys(), ...files.keys()])].filter((p) => committed.get(p) !== files.get(p));
  for (const path of dirty.toSorted((a, b) => (a < b ? -1 : 1))) {
    const what = !files.has(path) ? 'left over' : committed.has(path) ? 'out of date' : 'missing';
    console.log(`${relative(root, join(docs, path))}${check ? `: ${what}` : ''}`);
    if (!check) write(path, files.get(path));
  }
  if (check && dirty.length > 0) {
    console.log('The documents do not agree with libs/protocol: run `npm run docs` and commit what it writes.');
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error.message);
  if (error.cause) console.error(error.cause.message);
  process.exitCode = 1;
}
