import { decisionFiles, to } from './decision-files.mjs';
import { importing } from './draft.mjs';
import { camel, checkWord, Refused, spaced } from './refused.mjs';

/** `<service>.<aggregate>.<what>[.v<n>]`, checked. */
function parse(kind, name) {
  const [service, aggregate, what, version = 'v1', ...rest] = name.split('.');
  if (what === undefined || rest.length || !/^v[1-9]\d?$/.test(version)) {
    const shape = kind === 'command' ? 'bidding.auction.pause' : 'bidding.auction.paused';
    throw new Refused(
      `「${name}」不是消息名：应形如 ${shape}（服务.聚合.${kind === 'command' ? '祈使动词' : '过去时'}）。`,
      `"${name}" is no name of a ${kind}: <service>.<aggregate>.<what>, such as ${shape}.`,
    );
  }
  checkWord({ zh: '服务名', en: 'a service' }, service);
  checkWord({ zh: '聚合名', en: 'an aggregate' }, aggregate);
  checkWord({ zh: '消息名', en: 'what happens' }, what);
  return { service, aggregate, what, version, type: `${service}.${aggregate}.${what}.${version}` };
}

/** The first command of the same aggregate, and how its declaration says what its key is. */
function sibling(draft, { service, aggregate }, catalogue) {
  const commands = catalogue.declared.filter((d) => d.kind === 'command' && d.service === service);
  const of = commands.filter(({ type }) => type.startsWith(`${service}.${aggregate}.`));
  if (!of.length) {
    const known = [...new Set(commands.map(({ type }) => type.split('.')[1]))].join(', ');
    throw new Refused(
      known
        ? `${service} 没有聚合「${aggregate}」，现有：${known}。`
        : `没有服务「${service}」；先运行 npm run new -- service ${service}。`,
      known
        ? `${service} has no aggregate "${aggregate}"; it has ${known}.`
        : `There is no service "${service}": npm run new -- service ${service} first.`,
    );
  }
  const file = draft
    .find('libs/protocol/src/*.ts')
    .find((path) => draft.read(path).includes(`command('${of[0].type}'`));
  const text = draft.read(file);
  const body = text.slice(text.indexOf(`command('${of[0].type}'`)).split('\n});')[0];
  const spread = /^ {2}\.\.\.(\w+),$/m.exec(body)?.[1];
  const place = spread ? new RegExp(`const ${spread} = \\{[^}]*\\}`).exec(text)?.[0] : body;
  const keyType = /keyType: ([^\n,}]+(?:\([^\n)]*\))?)/.exec(place ?? '')?.[1]?.trim();
  if (!keyType)
    throw new Refused(`${file} 中找不到键的声明。`, `${file} does not say what the key of ${of[0].type} is.`);
  const route = of.map((d) => d.route).find((one) => one?.includes(`/:${of[0].key}`));
  return { file, key: of[0].key, keyType, route, declared: of[0] };
}

const exported = ({ aggregate, what, version }, kind) => {
  const plain = kind === 'command' ? `${what}-${aggregate}` : `${aggregate}-${what}`;
  return camel(what.includes('-') ? what : plain) + (version === 'v1' ? '' : version.toUpperCase());
};

function refuseTaken(draft, { type }, name, file, catalogue) {
  if (catalogue.declared.some((d) => d.type === type)) {
    throw new Refused(`${type} 已经声明；新版本请写 .v2。`, `${type} is declared already; a new version is .v2.`);
  }
  if (new RegExp(`\\bexport const ${name}\\b`).test(draft.read(file))) {
    throw new Refused(`${file} 已导出 ${name}。`, `${file} exports ${name} already.`);
  }
}

/** The refusal when there is no such aggregate: the service's own, or a new one. */
function absence(draft, { service, aggregate }, file, catalogue) {
  const code = `${aggregate}-not-found`;
  const known = catalogue.declared.some((d) => d.service === service && code in (d.rejections ?? {}));
  const text = draft.read(file);
  const list = /export const (\w+Refusals) = \{\n/.exec(text);
  if (known && list && text.includes(`'${code}': refusal(`)) {
    return { code, imports: ['refusing'], rejections: `refusing(${list[1]}, '${code}')` };
  }
  const words = `['没有该${aggregate}。', 'There is no such ${spaced(aggregate)}.'], ['请核对编号。', 'Check the id.']`;
  const already = catalogue.declared.map((d) => d.service === service && d.rejections?.[code]).find(Boolean);
  if (already) return { code, imports: [], rejections: `{ '${code}': ${JSON.stringify(already)} }` };
  return { code, imports: ['refusal'], rejections: `{ '${code}': refusal(404, ${words}) }` };
}

/** Who keeps the aggregate, as the handler of a command of the same aggregate says. */
function keeper(draft, { service, aggregate }, commandName) {
  const sources = draft.find(`services/${service}/src/**/*.ts`).filter((path) => !path.includes('/generated/'));
  const uses = sources.map((path) => new RegExp(`@Handle\\(${commandName}, (\\w+)\\)`).exec(draft.read(path))?.[1]);
  const store = uses.find(Boolean);
  const file = store && sources.find((path) => draft.read(path).includes(`export class ${store} `));
  const state =
    file && new RegExp(`class ${store} (?:extends|implements) \\w*Store<(\\w+)`).exec(draft.read(file))?.[1];
  const from = state && new RegExp(`import [^;]*\\b${state}\\b[^;]* from '(\\./[^']+)'`).exec(draft.read(file))?.[1];
  if (from) return { store, storeFile: file, state, stateFile: `services/${service}/src/${from.slice(2)}` };
  throw new Refused(
    `找不到保存 ${service}.${aggregate} 的 store。`,
    `Nobody keeps ${service}.${aggregate}: a handler of one of its commands must name its store.`,
  );
}

/** Beside the doors of the same aggregate; none when it has none. */
function doorOf({ what, version }, { key, route }, catalogue) {
  if (!route) return undefined;
  const head = route.slice(0, route.indexOf(`/:${key}`) + key.length + 2);
  const door = `${head}/${what}${version === 'v1' ? '' : `-${version}`}`;
  const taken = catalogue.declared.find((d) => d.route === door);
  if (taken) throw new Refused(`地址 ${door} 已被 ${taken.type} 占用。`, `The door ${door} is taken by ${taken.type}.`);
  return door;
}

function declaration({ type }, name, { key, keyType }, { door, absent, words }) {
  return `
export const ${name} = command('${type}', {
  ${door ? `route: '${door}',` : ''}
  summary: { zh: ${JSON.stringify(words.zh)}, en: ${JSON.stringify(words.en)} },
  key: '${key}',
  keyType: ${keyType},
  data: z.object({${door ? '' : ` ${key}: ${keyType} `}}),
  answer: z.object({}),
  permission: ${door ? "['desk']" : "['service']"},
  rejections: ${absent.rejections},
});
`;
}

/** A command: declaration, decision with its spec, handler, and the handler's place in its module. */
export function newCommand(draft, name, catalogue, given) {
  const parsed = parse('command', name);
  const beside = sibling(draft, parsed, catalogue);
  const own = exported(parsed, 'command');
  refuseTaken(draft, parsed, own, beside.file, catalogue);
  const text = draft.read(beside.file);
  const siblingName = new RegExp(`export const (\\w+) = command\\('${beside.declared.type}'`).exec(text)[1];
  const door = doorOf(parsed, beside, catalogue);
  const absent = absence(draft, parsed, beside.file, catalogue);
  const words = {
    zh: `${parsed.aggregate}：${parsed.what}`,
    en: `${spaced(parsed.what)} ${spaced(parsed.aggregate)}`,
    ...given,
  };
  const home = beside.file.slice(beside.file.lastIndexOf('/') + 1, -'.ts'.length);
  const made = decisionFiles(own, keeper(draft, parsed, siblingName), parsed, absent, home);
  draft.edit(beside.file, (now) =>
    importing(
      `${now.trimEnd()}\n${declaration(parsed, own, beside, { door, absent, words })}`,
      ['command', ...absent.imports],
      './declare.ts',
    ),
  );
  for (const [path, content] of made.files) draft.create(path, content);
  const module = `services/${parsed.service}/src/${parsed.service}.module.ts`;
  draft.insert(module, /(providers(?::| =) \[)/, `$1${made.handlersName}, `);
  draft.edit(module, (now) => importing(now, [made.handlersName], to(module, made.handlers)));
  const [decision, spec] = made.files.map(([path]) => path);
  return [
    [
      `在 ${beside.file} 中写明中英文说明、岗位、数据、应答与拒绝。`,
      `Word ${own} in ${beside.file}: summary, roles, data, answer, refusals.`,
    ],
    [`在 ${decision} 中写出决定，并在 ${spec} 中证明。`, `Decide in ${decision}, prove it in ${spec}.`],
    [
      '写一段经由网关触达每个拒绝的旅程，然后运行 npm run docs 与 npm test。',
      'Reach each refusal by a journey; then npm run docs and npm test.',
    ],
  ];
}

/** An event: its declaration; the log holds what is once told for ever, so it begins with its key alone. */
export function newEvent(draft, name, catalogue, given) {
  const parsed = parse('event', name);
  const beside = sibling(draft, parsed, catalogue);
  const own = exported(parsed, 'event');
  refuseTaken(draft, parsed, own, beside.file, catalogue);
  const { key, keyType, file } = beside;
  const words = {
    zh: `${parsed.aggregate}：${parsed.what}。`,
    en: `${spaced(parsed.aggregate)} ${spaced(parsed.what)}.`,
    ...given,
  };
  const text = `
export const ${own} = event('${parsed.type}', {
  key: '${key}',
  data: z.object({ ${key}: ${keyType} }),
  sentence: { zh: ${JSON.stringify(words.zh)}, en: ${JSON.stringify(words.en)} },
  audience: 'desk',
});
`;
  draft.edit(file, (now) => importing(`${now.trimEnd()}\n${text}`, ['event'], './declare.ts'));
  return [
    [`在 ${file} 中写明中英文句子、数据与受众。`, `Word ${own} in ${file}: sentence, data, audience.`],
    [
      `在决定中以 .tell(${own}, …) 发出；监听方写 @On(${own})。`,
      `Tell it from a decision by .tell(${own}, …); whoever listens has @On(${own}).`,
    ],
    [
      '运行 npm run docs：样例一经提交，今后必须能读。',
      'npm run docs writes its sample, which must stay readable for ever.',
    ],
  ];
}
