import { dirname, relative } from 'node:path/posix';
import { camel, pascal, spaced } from './refused.mjs';

/** How one file names another in an import. */
export const to = (from, file) => {
  const path = relative(dirname(from), file);
  return path.startsWith('.') ? path : `./${path}`;
};

/** The pure decision of a command, what proves it, and the handler by which it is found. */
export function decisionFiles(name, { state, stateFile, store, storeFile }, { service, aggregate }, { code }, home) {
  const file = name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
  const folder = `services/${service}/src/`;
  const decision = `${folder}${stateFile.startsWith(`${folder}domain/`) ? 'domain/' : ''}${file}.ts`;
  const handlers = `${folder}${file}.handlers.ts`;
  const about = { name, state, store, code, home, file, decide: `decide${pascal(file)}`, one: camel(aggregate) };
  const files = [
    [decision, decisionFile({ ...about, stateFile: to(decision, stateFile) })],
    [decision.replace(/\.ts$/, '.spec.ts'), specFile({ ...about, stateFile: to(decision, stateFile) })],
    [handlers, handlersFile({ ...about, from: (path) => to(handlers, path), decision, stateFile, storeFile })],
  ];
  return { handlers, handlersName: `${pascal(file)}Handlers`, files };
}

const decisionFile = ({ state, stateFile, decide, one, code }) => `
import { accept, type Decision, refuse } from '@yuzhi/messaging/decision';
import type { ${state} } from '${stateFile}';

/** Pure and synchronous: what else it needs arrives as arguments, the time as \`now\`. */
export function ${decide}(${one}: ${state} | undefined): Decision<${state}, '${code}'> {
  if (!${one}) return refuse('${code}');
  return accept(${one}, {});
}
`;

const specFile = ({ state, stateFile, decide, one, code, file }) => `
import { describe, expect, it } from '@jest/globals';
import type { ${state} } from '${stateFile}';
import { ${decide} } from './${file}.ts';

describe('${spaced(file)}', () => {
  it('is refused when there is none', () => {
    expect(${decide}(undefined)).toMatchObject({ code: '${code}' });
  });

  it('leaves what it does not change as it is, and tells nothing', () => {
    const ${one} = {} as ${state};
    expect(${decide}(${one})).toMatchObject({ state: ${one}, body: {}, events: [], asks: [] });
  });
});
`;

const handlersFile = ({ name, state, store, decide, one, home, file, from, decision, stateFile, storeFile }) => `
import { Handle } from '@yuzhi/messaging/handlers';
import { ${name} } from '@yuzhi/protocol/${home}';
import { Injectable } from '@nestjs/common';
import { ${decide} } from '${from(decision)}';
import type { ${state} } from '${from(stateFile)}';
import { ${store} } from '${from(storeFile)}';

@Injectable()
export class ${pascal(file)}Handlers {
  @Handle(${name}, ${store})
  decide(${one}: ${state} | undefined) {
    return ${decide}(${one});
  }
}
`;
