// npm run new -- command|event|service <name>: writes the files that a new one needs, and says what is left to do.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { Draft } from './new/draft.mjs';
import { newCommand, newEvent } from './new/message.mjs';
import { Refused } from './new/refused.mjs';
import { newService } from './new/service.mjs';

const KINDS = { command: newCommand, event: newEvent, service: newService };
const USAGE = new Refused(
  '用法：npm run new -- command|event <服务.聚合.名称> [--zh 说明 --en words]，或 npm run new -- service <名称> [--aggregate 名称]',
  'usage: npm run new -- command|event <service.aggregate.what> [--zh 说明 --en words], ' +
    'or npm run new -- service <name> [--aggregate <name>]',
);
const text = { type: 'string' };

function asked(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { zh: text, en: text, aggregate: text },
    });
    const [kind, name, ...rest] = positionals;
    if (!Object.hasOwn(KINDS, kind ?? '') || !name || rest.length || (values.aggregate && kind !== 'service'))
      throw USAGE;
    return { kind, name, values };
  } catch (error) {
    throw error instanceof Refused ? error : USAGE;
  }
}

async function main(args) {
  const { kind, name, values } = asked(args);
  const draft = new Draft(fileURLToPath(new URL('..', import.meta.url)));
  const next = KINDS[kind](draft, name, catalogue, values);
  const { created, changed } = await draft.write();
  for (const path of created) console.log(`+ ${path}`);
  for (const path of changed) console.log(`~ ${path}`);
  console.log(`\n接下来 · Next`);
  for (const [n, [zh, en]] of next.entries()) console.log(`${n + 1}. ${zh}\n   ${en}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
