import { importing } from './draft.mjs';
import { camel, checkName, pascal, Refused, snake, spaced } from './refused.mjs';
import { domainFiles } from './service-domain.mjs';
import { serviceFiles } from './service-files.mjs';

const LIBS = ['chassis', 'database', 'messaging', 'protocol'];

function refuseTaken(draft, service, aggregate, catalogue) {
  const homes = [`services/${service}/package.json`, `libs/${service}/package.json`, `tools/${service}/package.json`];
  const taken = [...homes, `libs/protocol/src/${service}.ts`].find((path) => draft.has(path));
  if (taken || service === 'platform' || service === 'gateway') {
    throw new Refused(`名称「${service}」已被占用。`, `The name "${service}" is taken${taken ? ` by ${taken}` : ''}.`);
  }
  const route = `/v1/${service}`;
  const door = catalogue.declared.find((d) => d.route?.split(' ')[1]?.split('/:')[0] === route);
  if (door)
    throw new Refused(`地址 ${route} 已被 ${door.type} 占用。`, `The address ${route} is taken by ${door.type}.`);
  const ids = catalogue.declared.flatMap((d) => [d.answer, d.data].map((schema) => schema?.meta?.()?.id));
  if (ids.includes(pascal(aggregate))) {
    throw new Refused(
      `已有名为 ${pascal(aggregate)} 的数据结构，请用 --aggregate 另取名称。`,
      `There is a schema ${pascal(aggregate)} already: choose another by --aggregate.`,
    );
  }
}

/** Where services are listed: each place that a compiler or a document would otherwise miss it. */
function register(draft, { service, words }) {
  const quoted = service.includes('-') ? `'${service}'` : service;
  const protocol = 'libs/protocol/src';
  draft.insert(`${protocol}/service-names.ts`, /(SERVICES = \[[^\]]*?),?(\s*\] as const)/, `$1, '${service}'$2`);
  draft.insert(`${protocol}/catalogue.ts`, /(const modules = \[[^\]]*?),?(\s*\];)/, `$1, ${camel(service)}$2`);
  draft.insert(
    `${protocol}/catalogue.ts`,
    /(PARTITIONS: Record<ServiceName, number> = \{[^}]*)\}/,
    `$1  ${quoted}: 8,\n}`,
  );
  draft.insert(
    `${protocol}/catalogue.ts`,
    /^import \{ z|^import /m,
    `import * as ${camel(service)} from './${service}.ts';\n$&`,
  );
  const described = new RegExp(`^ {2}'?${service}'?: \\{ zh:`, 'm');
  if (!described.test(draft.read(`${protocol}/openapi.ts`))) {
    const line = `  ${quoted}: { zh: ${JSON.stringify(words.zh)}, en: ${JSON.stringify(words.en)} },\n`;
    draft.insert(
      `${protocol}/openapi.ts`,
      /(SERVICES_IN_WORDS: Record<string, Words> = \{\n(?: {2}.*\n)*)\}/,
      (_, lines) => `${lines}${line}}`,
    );
  }
  draft.insert('tools/tidy/file-rules.ts', /(\(\?:identity\|[a-z|-]+)\)/, `$1|${service})`);
  launch(draft, service, quoted);
  lock(draft, service);
}

function launch(draft, service, quoted) {
  const [shapes, targets] = ['deploy/local/src/shapes.ts', 'deploy/prometheus/prometheus.yaml'];
  const module = `${pascal(service)}Module`;
  const starter = `${quoted}: (env) => startService(${module}.with(readConfig(ServiceEnvironment, env))),`;
  draft.insert(shapes, /^ {2}gateway: \(env\)/m, `  ${starter}\n$&`);
  draft.edit(shapes, (text) => importing(text, [module], `@yuzhi/${service}/${service}.module`));
  draft.edit('deploy/local/package.json', (text) => {
    const parsed = JSON.parse(text);
    parsed.dependencies[`@yuzhi/${service}`] = '*';
    return JSON.stringify(parsed, null, 2);
  });
  draft.insert(
    'deploy/local/tsconfig.json',
    /^( *)\{ "path": "\.\.\/\.\.\/tools\//m,
    `$1{ "path": "../../services/${service}" },\n$&`,
  );
  if (draft.has(targets)) draft.insert(targets, /^( *- )oversight:4000\n/m, `$&$1${service}:4000\n`);
}

const sorted = (of) => Object.fromEntries(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** As npm would write it, so that the next verb links the new workspace. */
function lock(draft, service) {
  draft.edit('package-lock.json', (text) => {
    const parsed = JSON.parse(text);
    const dependencies = Object.fromEntries(LIBS.map((name) => [`@yuzhi/${name}`, '*']));
    const { '': own, ...packages } = parsed.packages;
    packages[`node_modules/@yuzhi/${service}`] = { resolved: `services/${service}`, link: true };
    packages[`services/${service}`] = { name: `@yuzhi/${service}`, version: '0.1.0', dependencies };
    const local = packages['deploy/local'];
    if (local) local.dependencies = sorted({ ...local.dependencies, [`@yuzhi/${service}`]: '*' });
    return `${JSON.stringify({ ...parsed, packages: { '': own, ...sorted(packages) } }, null, 2)}\n`;
  });
}

/** A service: its declarations, its folder, and every place that lists services. */
export function newService(draft, name, catalogue, { aggregate = name, ...given }) {
  checkName({ zh: '服务名', en: 'a service' }, name);
  checkName({ zh: '聚合名', en: 'an aggregate' }, aggregate);
  refuseTaken(draft, name, aggregate, catalogue);
  const about = {
    service: name,
    aggregate,
    libs: LIBS,
    Service: pascal(name),
    Aggregate: pascal(aggregate),
    one: camel(aggregate),
    id: `${camel(aggregate)}Id`,
    table: snake(aggregate),
    said: spaced(aggregate),
    words: { zh: `${name} 服务`, en: `The ${spaced(name)} service`, ...given },
  };
  for (const [path, text] of [...serviceFiles(about), ...domainFiles(about)]) draft.create(path, text);
  register(draft, about);
  return [
    [
      '运行 npm run docs：它先链接新的工作区，再写出文档。',
      'npm run docs links the new workspace first, then writes the documents.',
    ],
    [
      `在 libs/protocol/src/${name}.ts 中写明中英文说明与拒绝；与金钱有关的字段用 Fen。`,
      `Word libs/protocol/src/${name}.ts; what is money is Fen.`,
    ],
    [
      `在 services/${name} 中写出领域，README 与 ARCHITECTURE.md 各加一行，旅程触达每个拒绝。`,
      `Write the domain in services/${name}, a line in ARCHITECTURE.md, and a journey that reaches every refusal.`,
    ],
  ];
}
