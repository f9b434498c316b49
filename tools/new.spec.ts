import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'yuzhi-new-')));
const LEFT = /(?:^|\/)(?:node_modules|dist|\.git|\.nx|\.yuzhi)$/;
const FROM_SOURCES = '--conditions=@yuzhi/source';

/** A checkout beside the real one: its own sources, the same packages, its own workspaces. */
function copyCheckout(): void {
  cpSync(root, folder, { recursive: true, filter: (path) => !LEFT.test(path.replace(/\/$/, '')) });
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@yuzhi'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@yuzhi') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const name of readdirSync(join(root, 'node_modules/@yuzhi'))) {
    link(name, relative(root, realpathSync(join(root, 'node_modules/@yuzhi', name))));
  }
}
/** What npm does for a workspace. */
const link = (name: string, home: string) => symlinkSync(join(folder, home), join(folder, 'node_modules/@yuzhi', name));

function run(program: string, args: string[], cwd = folder) {
  const env = {
    ...process.env,
    PATH: `${join(folder, 'node_modules/.bin')}:${process.env['PATH']}`,
    PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status, said: `${stdout}${stderr}` };
}
const make = (...args: string[]) => run(process.execPath, [FROM_SOURCES, 'tools/new.mjs', ...args]);
const written = (said: string, mark: '+' | '~') =>
  said.split('\n').flatMap((line) => (line.startsWith(`${mark} `) ? [line.slice(2)] : []));
const at = (path: string) => readFileSync(join(folder, path), 'utf8');

const made: Record<'service' | 'command' | 'ofService' | 'event', ReturnType<typeof make>> = {} as never;
const all = (mark: '+' | '~') => [...new Set(Object.values(made).flatMap(({ said }) => written(said, mark)))];

beforeAll(() => {
  copyCheckout();
  made.service = make(
    'service',
    'patent-insurance',
    '--aggregate',
    'policy',
    '--zh',
    '专利保险',
    '--en',
    'Patent insurance',
  );
  link('patent-insurance', 'services/patent-insurance');
  made.command = make('command', 'bidding.auction.pause', '--zh', '暂停竞价', '--en', 'Pause the bidding');
  made.ofService = make('command', 'patent-insurance.policy.extend');
  made.event = make('event', 'bidding.auction.paused');
  run('prisma', ['generate'], join(folder, 'services/patent-insurance'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run new', () => {
  it('writes a service whole, and into every place that lists services', () => {
    expect(made.service.status).toBe(0);
    const home = 'services/patent-insurance';
    expect(written(made.service.said, '+')).toEqual(
      expect.arrayContaining([
        'libs/protocol/src/patent-insurance.ts',
        ...['README.md', 'package.json', 'prisma.config.ts', 'prisma/schema.prisma', 'tsconfig.json'].map(
          (name) => `${home}/${name}`,
        ),
        `${home}/prisma/migrations/1_policy/migration.sql`,
        ...['main', 'patent-insurance.module', 'patent-insurance.handlers', 'domain/policy', 'domain/policy.spec'].map(
          (name) => `${home}/src/${name}.ts`,
        ),
      ]),
    );
    for (const path of [
      'libs/protocol/src/service-names.ts',
      'libs/protocol/src/catalogue.ts',
      'libs/protocol/src/openapi.ts',
      'deploy/local/src/shapes.ts',
      'deploy/local/package.json',
      'deploy/local/tsconfig.json',
      'package-lock.json',
    ]) {
      expect(written(made.service.said, '~')).toContain(path);
      expect(at(path)).toContain('patent-insurance');
    }
  });

  it('writes a command: declaration, decision, spec and handler, known to its module', () => {
    expect(made.command.status).toBe(0);
    expect(written(made.command.said, '+')).toEqual([
      'services/bidding/src/domain/pause-auction.spec.ts',
      'services/bidding/src/domain/pause-auction.ts',
      'services/bidding/src/pause-auction.handlers.ts',
    ]);
    expect(at('libs/protocol/src/bidding.ts')).toContain(
      [
        "export const pauseAuction = command('bidding.auction.pause.v1', {",
        "  route: 'POST /v1/auctions/:saleId/pause',",
        "  summary: { zh: '暂停竞价', en: 'Pause the bidding' },",
        "  key: 'saleId',",
        '  keyType: SaleId,',
      ].join('\n'),
    );
    expect(at('services/bidding/src/bidding.module.ts')).toContain('PauseAuctionHandlers');
    expect(made.ofService.status).toBe(0);
    expect(at('services/patent-insurance/src/patent-insurance.module.ts')).toContain('ExtendPolicyHandlers');
  });

  it('writes an event that begins with its key', () => {
    expect(made.event.status).toBe(0);
    expect(written(made.event.said, '+')).toEqual([]);
    expect(at('libs/protocol/src/bidding.ts')).toContain(
      [
        "export const auctionPaused = event('bidding.auction.paused.v1', {",
        "  key: 'saleId',",
        '  data: z.object({ saleId: SaleId }),',
      ].join('\n'),
    );
  });

  it('says in both languages what is left to do', () => {
    for (const { said } of Object.values(made)) {
      expect(said).toMatch(/接下来 · Next\n1\. .*[\u4e00-\u9fff].*\n {3}\S.*[a-z]/);
    }
  });
});

describe('what was written', () => {
  const sources = () => [...all('+'), ...all('~')].filter((path) => !/\.(?:prisma|sql)$|-lock\.json$/.test(path));
  const typed = () => sources().filter((path) => path.endsWith('.ts'));

  it('compiles, and what it was written into', () => {
    writeFileSync(join(folder, 'new.json'), JSON.stringify({ extends: './tsconfig.spec.json', include: typed() }));
    const args = ['-p', 'new.json', '--incremental', 'false', '--checkers', '1'];
    expect(run('tsc', args)).toEqual({ status: 0, said: '' });
    rmSync(join(folder, 'new.json'));
  }, 300_000);

  it('is formatted, tidy, and imports only what it may', () => {
    expect(run('prettier', ['--check', ...sources()])).toMatchObject({ status: 0 });
    const ofThese = (said: string) =>
      said
        .split('\n')
        .filter((line) => sources().some((path) => line.startsWith(`${path}:`) || line.includes(` ${path} `)));
    expect(ofThese(run(process.execPath, ['tools/tidy.mjs']).said)).toEqual([]);
    const folders = ['services/bidding', 'services/patent-insurance'];
    expect(ofThese(run('depcruise', ['--output-type', 'err', ...folders]).said)).toEqual([]);
    expect(run('oxlint', typed())).toMatchObject({ status: 0 });
  }, 300_000);

  it('proves its own decisions', () => {
    const args = [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      'domain/(policy|extend-policy|pause-auction)',
    ];
    const { status, said } = run(process.execPath, args);
    expect(said).toContain('3 passed, 3 total');
    expect(status).toBe(0);
  }, 300_000);

  it('stands in the documents, which agree with it', () => {
    expect(run('tsc', ['-b', '--checkers', '1', 'libs/protocol'])).toEqual({ status: 0, said: '' });
    expect(run(process.execPath, ['tools/docs.mjs'])).toMatchObject({ status: 0 });
    for (const path of ['docs/openapi.json', 'docs/asyncapi.json', 'docs/topics.md']) {
      expect(at(path)).toContain('patent-insurance.policy.extend.v1');
      expect(at(path)).toContain('bidding.auction.pause.v1');
    }
    expect(existsSync(join(folder, 'docs/events/bidding.auction.paused.v1.sample.json'))).toBe(true);
  }, 120_000);
});

describe('what is refused, with nothing written:', () => {
  const before = () => at('libs/protocol/src/bidding.ts') + at('libs/protocol/src/catalogue.ts');

  it.each([
    ['a kind that is none', ['aggregate', 'x'], '用法', 'usage: npm run new'],
    ['a missing name', ['command'], '用法', 'usage: npm run new'],
    ['a name without its aggregate', ['command', 'bidding.pause'], '不是消息名', 'is no name of a command'],
    ['a service that is not there', ['event', 'nowhere.thing.done'], '没有服务', 'There is no service "nowhere"'],
    ['an aggregate that is not there', ['command', 'bidding.lot.pause'], '没有聚合', 'it has auction'],
    ['a name with capitals', ['command', 'bidding.auction.placeBid'], '不能作为消息名', 'cannot be what happens'],
    ['a command that is declared', ['command', 'bidding.auction.place-bid'], '已经声明', 'is declared already'],
    [
      'a name that the code uses',
      ['event', 'bidding.auction.auction-ended'],
      '已导出 auctionEnded',
      'exports auctionEnded already',
    ],
    ['a version that is none', ['event', 'bidding.auction.ended.next'], '不是消息名', 'is no name of a event'],
    ['a service that is there', ['service', 'escrow'], '已被占用', 'is taken by services/escrow/package.json'],
    ['the name of a library', ['service', 'money'], '已被占用', 'is taken by libs/money/package.json'],
    ['a word of SQL', ['service', 'order'], '保留字', 'is a reserved word'],
    ['a path for a name', ['service', '../escape'], '不能作为服务名', 'cannot be a service'],
  ])('%s', (_, args, zh, en) => {
    const was = before();
    const { status, said } = make(...args);
    expect(status).toBe(1);
    expect(said).toContain(zh);
    expect(said).toContain(en);
    expect(before()).toBe(was);
  });

  it('a file that is there already', () => {
    const path = 'services/listings/src/domain/freeze-listing.ts';
    writeFileSync(join(folder, path), 'export const mine = true;\n');
    const { status, said } = make('command', 'listings.listing.freeze');
    expect(status).toBe(1);
    expect(said).toContain(`${path} 已存在，不会覆盖。`);
    expect(said).toContain(`${path} is there already and is not overwritten.`);
    expect(at(path)).toBe('export const mine = true;\n');
    expect(at('libs/protocol/src/listings.ts')).not.toContain('listing.freeze');
  });
});
