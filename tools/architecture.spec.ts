import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cruiser = join(root, 'node_modules/.bin/depcruise');
const config = join(root, '.dependency-cruiser.mjs');

/** The rule, the file it stands for, and what that file must not import. */
const PLANTED: [rule: string, file: string, imported: string][] = [
  ['kernel-imports-nothing-of-ours', 'libs/money/src/a.ts', '@yuzhi/protocol/there'],
  ['protocol-imports-only-the-kernel', 'libs/protocol/src/a.ts', '@yuzhi/messaging/there'],
  ['kernel-and-protocol-know-no-framework', 'libs/protocol/src/b.ts', '@nestjs/common'],
  ['kernel-and-protocol-know-no-framework', 'libs/money/src/b.ts', 'pg'],
  ['platform-stays-below-the-services', 'libs/chassis/src/a.ts', '@yuzhi/escrow/there.module'],
  ['a-service-imports-no-other-service', 'services/bidding/src/a.ts', '@yuzhi/escrow/there.module'],
  ['a-service-imports-no-other-service', 'services/bidding/src/a.spec.ts', '@yuzhi/escrow/there'],
  ['a-service-stays-below-the-doors', 'services/bidding/src/b.ts', '../../../tools/patent-office/src/there.ts'],
  ['the-gateway-knows-no-service', 'gateway/src/a.ts', '@yuzhi/escrow/there.module'],
  ['the-portal-knows-protocol-and-money', 'web/src/a.tsx', '@yuzhi/messaging/there'],
  ['doors-know-no-prisma', 'gateway/src/b.ts', '@prisma/client'],
  ['proof-stays-outside-a-service', 'journeys/src/a.ts', '@yuzhi/escrow/there'],
  ['proof-stays-outside-a-service', 'libs/testkit/src/a.ts', '@yuzhi/escrow/there'],
  ['nobody-imports-the-launcher', 'tools/patent-office/src/a.ts', '../../../deploy/local/src/there.ts'],
  ['nobody-imports-the-launcher', 'libs/testkit/src/b.ts', '../../../deploy/local/src/there.ts'],
  ['backing-stands-alone', 'libs/backing/src/a.ts', '@yuzhi/messaging/there'],
  ['only-launcher-and-proof-start-servers', 'services/bidding/src/e.ts', '@yuzhi/backing/there'],
  ['sources-know-no-test-tools', 'libs/database/src/a.ts', '@jest/globals'],
  ['only-messaging-imports-a-kafka-client', 'services/bidding/src/c.ts', 'kafkajs'],
  ['only-messaging-imports-a-kafka-client', 'libs/telemetry/src/a.ts', 'kafkajs'],
  ['only-the-stripe-rail-imports-stripe', 'services/escrow/src/payouts.ts', 'stripe'],
  ['only-the-stripe-rail-imports-stripe', 'journeys/src/b.ts', 'stripe'],
  ['the-stripe-sandbox-knows-stripe-by-its-types', 'tools/stripe-sandbox/src/a.ts', 'stripe'],
  ['journeys-know-no-database', 'journeys/src/c.ts', 'pg'],
  ['prisma-only-where-data-is-read-or-wired', 'services/bidding/src/bids.handlers.ts', './generated/prisma/client.ts'],
  ['message-patterns-only-in-messaging', 'services/bidding/src/d.ts', '@nestjs/microservices'],
  ['the-domain-is-pure', 'services/bidding/src/domain/a.ts', '../bids.store.ts'],
  ['the-domain-is-pure', 'services/bidding/src/domain/b.ts', 'node:fs'],
  ['the-domain-is-pure', 'services/bidding/src/domain/c.ts', 'pg'],
  ['no-cycle', 'libs/messaging/src/cycle.ts', './elcyc.ts'],
  ['every-import-resolves', 'gateway/src/c.ts', './nowhere.ts'],
];

const ALLOWED: [file: string, imported: string][] = [
  ['libs/protocol/src/ok.ts', '@yuzhi/money/there'],
  ['libs/messaging/src/ok.ts', 'kafkajs'],
  ['libs/database/src/ok.spec.ts', '@yuzhi/testkit/there'],
  ['services/bidding/src/bids.store.ts', './generated/prisma/client.ts'],
  ['services/bidding/src/domain/ok.ts', '@yuzhi/messaging/decision'],
  ['services/escrow/src/stripe.rail.ts', 'stripe'],
  ['services/escrow/src/ok.spec.ts', '../../../tools/stripe-sandbox/src/there.ts'],
  ['tools/stripe-sandbox/src/ok.spec.ts', 'stripe'],
  ['tools/stripe-sandbox/src/testing/ok.ts', 'stripe'],
  ['gateway/src/ok.ts', '@yuzhi/chassis/there'],
  ['web/src/ok.tsx', '@yuzhi/protocol/there'],
  ['journeys/src/ok.ts', '@yuzhi/testkit/there'],
  ['deploy/local/src/ok.ts', '@yuzhi/escrow/there.module'],
  ['deploy/local/src/ok-too.ts', '@yuzhi/backing/there'],
  ['libs/testkit/src/ok.ts', '@yuzhi/backing/there'],
  ['libs/messaging/src/ok.spec.ts', '@yuzhi/backing/there'],
];

const WORKSPACES = {
  libs: ['money', 'protocol', 'messaging', 'database', 'chassis', 'telemetry', 'testkit', 'backing'],
  services: ['bidding', 'escrow'],
};
const PACKAGES = [
  '@nestjs/common',
  '@nestjs/microservices',
  '@prisma/client',
  '@jest/globals',
  'kafkajs',
  'pg',
  'stripe',
];
const THERE = [
  ...WORKSPACES.libs.map((name) => `libs/${name}/src/there.ts`),
  'libs/messaging/src/decision.ts',
  'services/escrow/src/there.ts',
  'services/escrow/src/there.module.ts',
  'services/bidding/src/generated/prisma/client.ts',
  'tools/patent-office/src/there.ts',
  'tools/stripe-sandbox/src/there.ts',
  'deploy/local/src/there.ts',
];

/** A repository in small: the same folders, the same way of exporting, packages that are only names. */
function plant(folder: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const source = (path: string) => `import * as found from '${path}';\nexport const used = found;\n`;
  for (const path of THERE) write(path, 'export const there = true;\n');
  for (const [, file, imported] of PLANTED) write(file, source(imported));
  for (const [file, imported] of ALLOWED) write(file, source(imported));
  write('libs/messaging/src/elcyc.ts', source('./cycle.ts'));
  write(
    'tools/stripe-sandbox/src/types.ts',
    "import type Stripe from 'stripe';\nexport type Charge = Stripe.Charge;\n",
  );
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};\n');
  }
  mkdirSync(join(folder, 'node_modules/@yuzhi'), { recursive: true });
  for (const [kind, names] of Object.entries(WORKSPACES)) {
    for (const name of names) {
      const { exports } = JSON.parse(readFileSync(join(root, kind, name, 'package.json'), 'utf8')) as {
        exports: object;
      };
      write(`${kind}/${name}/package.json`, JSON.stringify({ name: `@yuzhi/${name}`, type: 'module', exports }));
      symlinkSync(join(folder, kind, name), join(folder, 'node_modules/@yuzhi', name));
    }
  }
  write('package.json', JSON.stringify({ dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])) }));
}

interface Violation {
  from: string;
  rule: { name: string };
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'yuzhi-architecture-')));
let violations: Violation[];

beforeAll(() => {
  plant(folder);
  const folders = ['libs', 'services', 'gateway', 'web', 'tools', 'deploy', 'journeys'];
  const args = [cruiser, '--config', config, '--output-type', 'json', ...folders];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (!stdout.startsWith('{')) throw new Error(stderr || stdout);
  ({ violations } = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const firedOn = (file: string) => violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

describe('who may import whom', () => {
  it.each(PLANTED)('%s fires on %s importing %s', (rule, file) => {
    expect(firedOn(file)).toContain(rule);
  });

  it.each(ALLOWED)('nothing fires on %s importing %s', (file) => {
    expect(firedOn(file)).toEqual([]);
  });

  it('the sandbox may name the types of stripe', () => {
    expect(firedOn('tools/stripe-sandbox/src/types.ts')).toEqual([]);
  });

  it('every rule is planted here, and says how to mend what it finds', async () => {
    const { default: rules } = (await import(config)) as {
      default: { forbidden: { name: string; comment: string }[] };
    };
    expect(rules.forbidden.map(({ name }) => name).toSorted()).toEqual(
      [...new Set(PLANTED.map(([rule]) => rule))].toSorted(),
    );
    for (const { comment } of rules.forbidden) expect(comment.length).toBeGreaterThan(20);
  });
});
