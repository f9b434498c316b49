import { strict } from '@yuzhi/chassis/strict';
import { declarations } from '@yuzhi/protocol/catalogue';
import type { Command, Permission } from '@yuzhi/protocol/declare';
import { getTrialBalance } from '@yuzhi/protocol/escrow';
import { listOrganisations } from '@yuzhi/protocol/identity';
import { listListings } from '@yuzhi/protocol/listings';
import { listSales } from '@yuzhi/protocol/oversight';
import { sample } from '@yuzhi/protocol/sample';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FIRM_A, FIRM_B, foundFirm, freshSuffix } from './cast.ts';
import { readAddresses } from './journeys.config.ts';
import { mutations } from './mutations.ts';
import { personToken } from './sign-in.ts';
import { type Firm, Stage } from './stage.ts';
import { type Answered, problemOf, send as sendOnce, speak } from './wire.ts';

const addresses = readAddresses();
const stage = new Stage(addresses);
let firm: Firm;
let other: Firm;
let tokens: Record<'firm' | 'admin', () => Promise<string>>;

beforeAll(async () => {
  const suffix = freshSuffix();
  [firm, other] = await Promise.all([foundFirm(stage, FIRM_A, suffix), foundFirm(stage, FIRM_B, suffix)]);
  const { url, admin } = addresses;
  tokens = {
    firm: personToken(url, firm.person.loginName, firm.person.password),
    admin: personToken(url, admin.loginName, admin.password),
  };
}, 60_000);

/** Somebody with the role: the firm, or the platform's administrator. */
async function signedIn(permission: Permission): Promise<Record<string, string>> {
  const platform =
    Array.isArray(permission) && !permission.some((role) => ['holder', 'bidder', 'signatory'].includes(role));
  const token = await (platform ? tokens.admin() : tokens.firm());
  return { authorization: `Bearer ${token}`, 'x-organisation': platform ? addresses.platform : firm.uscc };
}
const JSON_BODY = { 'content-type': 'application/json' };

/** What refused requests must not change. */
async function state() {
  const { desk } = stage;
  const [organisations, listings, sales, book] = await Promise.all([
    desk.ask(listOrganisations, { limit: 100 }),
    desk.ask(listListings, { limit: 100 }),
    desk.ask(listSales, { limit: 100 }),
    desk.ask(getTrialBalance, {}),
  ]);
  return { organisations, listings, sales, book };
}

const commands = declarations('command').filter((command) => command.route !== undefined);
const shapeOf = ({ data }: Command) => Object.keys((data as unknown as { shape: object }).shape);

/** A route with good parameters, and the good body that goes with it. */
function goodRequest(command: Command) {
  const given = { ...(sample(command.data) as Record<string, unknown>), [command.key]: sample(command.keyType) };
  const names = [...command.route!.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const path = command.route!.slice(5).replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(given[name])));
  const inBody = shapeOf(command).filter((name) => !names.includes(name));
  const body = Object.fromEntries(inBody.filter((name) => name in given).map((name) => [name, given[name]]));
  const schema = strict(command.data);
  const beside = Object.fromEntries(
    names.filter((name) => shapeOf(command).includes(name)).map((name) => [name, given[name]]),
  );
  const accepts = (changed: unknown) =>
    typeof changed === 'object' && schema.safeParse({ ...(changed as object), ...beside }).success;
  return { path, body, accepts };
}

/** Asks more than the door lets one person ask: waits as it says. */
async function send(...asked: Parameters<typeof sendOnce>): Promise<Answered> {
  for (;;) {
    const answered = await sendOnce(...asked);
    if (answered.status !== 429) return answered;
    await new Promise((go) => setTimeout(go, Number(answered.headers.get('retry-after')) * 1000));
  }
}

describe('every command refuses what it cannot understand', () => {
  it.each(commands.map((command) => [command.route!, command] as const))('%s', async (_, command) => {
    const { path, body, accepts } = goodRequest(command);
    const headers = { ...(await signedIn(command.permission)), ...JSON_BODY };
    const before = await state();
    for (const { what, body: wrong } of mutations(body, accepts)) {
      const answered = await send(addresses.url, { method: 'POST', path, headers, body: wrong });
      const { code } = problemOf(answered);
      expect([what, ['malformed-request', 'invalid-input', 'unsupported-media-type'].includes(code), code]).toEqual([
        what,
        true,
        code,
      ]);
    }
    const large = `{"padding":"${'x'.repeat(1_100_000)}"}`;
    const oversized = await send(addresses.url, { method: 'POST', path, headers, body: large });
    expect(problemOf(oversized).code).toBe('request-too-large');
    const text = { ...headers, 'content-type': 'text/plain' };
    expect(problemOf(await send(addresses.url, { method: 'POST', path, headers: text, body: 'x' })).code).toBe(
      'unsupported-media-type',
    );
    expect(await state()).toEqual(before);
  });
});

describe('every command knows who may send it', () => {
  const closed = commands.filter(({ permission }) => permission !== 'anyone');
  it.each(closed.map((command) => [command.route!, command] as const))('%s', async (_, command) => {
    const { path, body } = goodRequest(command);
    const good = await signedIn(command.permission);
    const attempt = async (headers: Record<string, string>) =>
      problemOf(
        await send(addresses.url, {
          method: 'POST',
          path,
          headers: { ...JSON_BODY, ...headers },
          body: JSON.stringify(body),
        }),
      ).code;
    const [head, claims, signature] = good['authorization']!.slice(7).split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    expect(await attempt({})).toBe('sign-in-first');
    expect(await attempt({ authorization: 'Bearer nonsense' })).toBe('sign-in-first');
    expect(await attempt({ authorization: `Bearer ${none}.${claims}.` })).toBe('sign-in-first');
    expect(await attempt({ authorization: `Bearer ${head}.${claims}.${signature.slice(0, -4)}AAAA` })).toBe(
      'sign-in-first',
    );
    expect(await attempt({ ...good, 'x-organisation': other.uscc })).toBe('forbidden');
    expect(await attempt({ ...good, 'x-organisation': 'nobody' })).toBe('forbidden');
  });
});

describe('idempotency keys', () => {
  const path = '/v1/organisations';
  const body = (name: string) => JSON.stringify({ ...firmDetails(), name });
  const firmDetails = () => {
    const { person: _, client: __, ...details } = firm;
    return details;
  };

  it('are refused when they are none', async () => {
    const headers = { ...(await signedIn('person')), ...JSON_BODY };
    for (const key of ['x'.repeat(201), 'with blank ', '键']) {
      const sent = {
        method: 'POST',
        path,
        headers: { ...headers, 'idempotency-key': encodeURI(key) === key ? key : 'a b\tc' },
        body: body('x'),
      };
      expect(problemOf(await send(addresses.url, sent)).status).toBeLessThan(500);
    }
  });

  it('answer the same request the same, and refuse another one, for each party by itself', async () => {
    const key = `key-${Math.random()}`;
    const ask = async (by: Firm, name: string) => {
      const token = await personToken(addresses.url, by.person.loginName, by.person.password)();
      const headers = {
        ...JSON_BODY,
        authorization: `Bearer ${token}`,
        'x-organisation': by.uscc,
        'idempotency-key': key,
      };
      return send(addresses.url, { method: 'POST', path, headers, body: body(name) });
    };
    const first = problemOf(await ask(firm, 'a'));
    expect(first.code).toBe('organisation-exists');
    // A trace is of one request.
    expect({ ...problemOf(await ask(firm, 'a')), traceId: '' }).toEqual({ ...first, traceId: '' });
    expect(problemOf(await ask(firm, 'b')).code).toBe('idempotency-key-reused');
    expect(problemOf(await ask(other, 'b')).code).toBe('organisation-exists');
  });
});

describe('every read refuses what it does not know', () => {
  const reads = [...declarations('query'), ...declarations('download'), ...declarations('stream')];
  const hasLimit = ({ params }: (typeof reads)[number]) => 'limit' in (params as unknown as { shape: object }).shape;
  const pathOf = ({ route, params }: (typeof reads)[number]) => {
    const good = sample(params) as Record<string, unknown>;
    return route.slice(4).replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(good[name])));
  };
  const codeOf = async (path: string, headers: Record<string, string>) =>
    problemOf(await send(addresses.url, { method: 'GET', path, headers })).code;
  const signed = (permission: Permission) => (permission === 'anyone' ? Promise.resolve({}) : signedIn(permission));
  const named = (some: typeof reads) => some.map((read) => [read.route, read] as const);

  it.each(named(reads))('parameter: %s', async (_, read) => {
    const headers = await signed(read.permission);
    expect(['invalid-input', 'not-found']).toContain(await codeOf(`${pathOf(read)}?surprise=1`, headers));
  });

  it.each(named(reads.filter(({ route }) => route.includes(':'))))('address: %s', async (_, read) => {
    const nonsense = read.route.slice(4).replace(/:(\w+)/g, '%00%EF%BC%91');
    const codes = ['invalid-input', 'not-found', 'malformed-request'];
    expect(codes).toContain(await codeOf(nonsense, await signed(read.permission)));
  });

  it.each(named(reads.filter(hasLimit)))('page: %s', async (_, read) => {
    const headers = await signed(read.permission);
    const wrong = [
      ...['0', '101', '-1', 'x', '1e3', '１'].map((limit) => `limit=${encodeURIComponent(limit)}`),
      ...['x', '1_x', '-1_0', "1_'; drop table listing; --"].map((after) => `after=${encodeURIComponent(after)}`),
    ];
    for (const query of wrong) {
      expect([query, await codeOf(`${pathOf(read)}?${query}`, headers)]).toEqual([query, 'invalid-input']);
    }
  });

  it.each(named(reads.filter(({ permission }) => permission !== 'anyone')))('stranger: %s', async (_, read) => {
    expect(await codeOf(pathOf(read), {})).toBe('sign-in-first');
    const foreign = { ...(await signedIn(read.permission)), 'x-organisation': other.uscc };
    expect(await codeOf(pathOf(read), foreign)).toBe('forbidden');
  });
});

describe('the door itself', () => {
  it.each([
    ['an address that is none', { method: 'GET', path: '/v1/nothing' }, 'not-found'],
    ['a method that an address does not have', { method: 'DELETE', path: '/v1/organisations' }, 'method-not-allowed'],
    ['an operation of nobody', { method: 'GET', path: '/v1/operations/nobody/x/y' }, 'not-found'],
    ['a path with a broken escape', { method: 'GET', path: '/v1/organisations/%E0%A4%A' }, 'malformed-request'],
    ['an internal address', { method: 'GET', path: '/internal/pulse' }, 'not-found'],
  ])('refuses %s', async (_, sent, code) => {
    const headers = { authorization: `Bearer ${await tokens.firm()}` };
    expect(problemOf(await send(addresses.url, { ...sent, headers })).code).toBe(code);
  });

  it('refuses forged and unsigned webhooks of the payment rail', async () => {
    const path = '/v1/hooks/stripe';
    const event = JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded' });
    for (const signature of [undefined, '', 't=1,v1=00', `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`]) {
      const headers = { ...JSON_BODY, ...(signature !== undefined && { 'stripe-signature': signature }) };
      expect(problemOf(await send(addresses.url, { method: 'POST', path, headers, body: event })).code).toBe(
        'signature-invalid',
      );
    }
  });

  it('refuses headers without end, and bytes that are no request, as it refuses everything else', async () => {
    const headers = { 'x-padding': 'x'.repeat(60_000) };
    expect(problemOf(await send(addresses.url, { method: 'GET', path: '/v1/sales', headers })).code).toBe(
      'headers-too-large',
    );
    expect(problemOf(await speak(addresses.url, 'give me all patents\r\n\r\n')).code).toBe('malformed-request');
  });

  it('refuses uploads that are no contract without failing on them', async () => {
    const path = '/v1/contracts/verifications';
    const headers = { 'content-type': 'application/pdf' };
    expect(problemOf(await send(addresses.url, { method: 'POST', path, headers, body: 'hello' })).code).toBe(
      'not-a-pdf',
    );
    const garbage = new Uint8Array(50_000).map((_, i) => (i * 7919) % 251);
    const fake = new Uint8Array([...new TextEncoder().encode('%PDF-1.7\n'), ...garbage]);
    const answered = await send(addresses.url, { method: 'POST', path, headers, body: fake });
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.text)).toMatchObject({ valid: false });
    const huge = await send(addresses.url, { method: 'POST', path, headers, body: new Uint8Array(10_500_000) });
    expect(problemOf(huge).code).toBe('request-too-large');
  });
});
