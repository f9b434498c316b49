import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import type { Stage } from '@yuzhi/chassis/stage.fixture';
import { people, registerOrganisation } from '@yuzhi/protocol/identity';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { ADMIN, Browser, openIssuer, PLATFORM } from '../identity.fixture.ts';

/** A password takes a quarter of a second of a core, each time. */
jest.setTimeout(120_000);

let stage: Stage;
let issuerUrl: string;
let callback: string;
beforeAll(async () => {
  const opened = await openIssuer();
  ({ stage, issuerUrl } = opened);
  callback = `${opened.publicUrl}/callback`;
  await stage.until(async () => stage.records(people.topic).length > 0);
});
afterAll(() => stage.close());

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');
function authorization(more: Record<string, string> = {}): string {
  const proof = { code_challenge: challenge, code_challenge_method: 'S256' };
  const wanted = {
    client_id: 'portal',
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile',
    ...proof,
    ...more,
  };
  const given = Object.entries(wanted).filter(([, value]) => value !== '');
  return `${issuerUrl}/auth?${new URLSearchParams(given)}`;
}
const login = ({ loginName, password } = ADMIN) => new URLSearchParams({ loginName, password });

interface Tokens {
  access_token: string;
  id_token: string;
  refresh_token?: string;
  token_type: string;
  expires_in: number;
  error?: string;
}
async function exchange(form: Record<string, string>, authorizationHeader?: string) {
  const headers: Record<string, string> = authorizationHeader ? { authorization: authorizationHeader } : {};
  const response = await fetch(`${issuerUrl}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Tokens };
}
const redeem = (code: string, more = {}) =>
  exchange({
    grant_type: 'authorization_code',
    client_id: 'portal',
    code,
    redirect_uri: callback,
    code_verifier: verifier,
    ...more,
  });
const me = async (token: string, organisation?: string) => {
  const headers = { authorization: `Bearer ${token}`, ...(organisation && { 'x-organisation': organisation }) };
  const response = await fetch(`${stage.running.url}/v1/me`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** To the form, and through it: answers what came with the redirect to the portal. */
async function signIn(more: Record<string, string> = {}, browser = new Browser()): Promise<URLSearchParams> {
  const form = await browser.follow(authorization(more), callback);
  if (form.url.startsWith(callback)) return new URL(form.url).searchParams;
  const done = await browser.follow(form.url, callback, login());
  return new URL(done.url).searchParams;
}

describe('signing in', () => {
  it('leads from the portal over the form back to it, with a code that is good for a token once', async () => {
    const browser = new Browser();
    const form = await browser.follow(authorization({ state: 'back to here' }), callback);
    expect(form.url).toMatch(/\/oidc\/interaction\/[\w-]+$/);
    expect(form.response.status).toBe(200);
    const html = await form.response.text();
    for (const words of ['登录豫知', 'Sign in to Yuzhi', 'name="loginName"', 'type="password"'])
      expect(html).toContain(words);
    expect(html).not.toMatch(/role="alert"|aria-invalid|aria-describedby/);
    expect(form.response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const done = await browser.follow(form.url, callback, login());
    const { searchParams } = new URL(done.url);
    expect(searchParams.get('state')).toBe('back to here');
    const { status, body } = await redeem(searchParams.get('code')!);
    expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 60]);
    expect(decodeProtectedHeader(body.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const { sub } = decodeJwt(body.access_token);
    expect(decodeJwt(body.access_token)).toMatchObject({ iss: issuerUrl, aud: 'yuzhi', client_id: 'portal' });
    expect(decodeJwt(body.id_token)).toMatchObject({ iss: issuerUrl, aud: 'portal', sub });
    expect(await me(body.access_token)).toMatchObject({ status: 200, body: { person: sub, name: '平台管理员' } });
    expect(await me(body.access_token, PLATFORM)).toMatchObject({
      status: 200,
      body: { memberships: [{ organisation: PLATFORM }] },
    });
    const again = await redeem(searchParams.get('code')!);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('is not asked for again in the same browser, and is after signing out', async () => {
    const browser = new Browser();
    await signIn({}, browser);
    const second = await browser.follow(authorization(), callback);
    expect(new URL(second.url).searchParams.get('code')).toBeTruthy();
    const asked = await (await browser.open(`${issuerUrl}/session/end`)).text();
    for (const words of ['退出登录？', 'Sign out of Yuzhi?', '保持登录 <span lang="en">Stay'])
      expect(asked).toContain(words);
    const xsrf = /name="xsrf" value="(\w+)"/.exec(asked)![1]!;
    const confirm = new URLSearchParams({ xsrf, logout: 'yes' });
    const out = await browser.follow(`${issuerUrl}/session/end/confirm`, callback, confirm);
    expect(await out.response.text()).toContain('已退出登录');
    const third = await browser.follow(authorization(), callback);
    expect(third.url).toMatch(/\/oidc\/interaction\//);
  });

  it('answers a wrong password with the form again, which keeps the login name and nothing else', async () => {
    const browser = new Browser();
    const form = await browser.follow(authorization(), callback);
    const wrong = { loginName: '"><script>alert(1)</script>', password: 'wrong password' };
    const answered = await browser.open(form.url, login(wrong));
    const html = await answered.text();
    expect(answered.status).toBe(401);
    for (const words of ['role="alert"', '登录名或密码不正确', 'Wrong login name or password'])
      expect(html).toContain(words);
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(html).not.toMatch(/<script>|wrong password"/);
    expect(html.match(/<input[^>]* aria-invalid="true" aria-describedby="wrong"/g)).toHaveLength(2);
    expect(html).toContain('id="wrong"');
    const right = await browser.follow(form.url, callback, login());
    expect(new URL(right.url).searchParams.get('code')).toBeTruthy();
  });

  it('renews its token for whoever asked for offline access', async () => {
    const code = (await signIn({ scope: 'openid profile offline_access', prompt: 'consent' })).get('code')!;
    const { body } = await redeem(code);
    const renewed = await exchange({
      grant_type: 'refresh_token',
      client_id: 'portal',
      refresh_token: body.refresh_token!,
    });
    expect(renewed.status).toBe(200);
    expect(decodeJwt(renewed.body.access_token).sub).toBe(decodeJwt(body.access_token).sub);
    const without = await redeem((await signIn()).get('code')!);
    expect(without.body.refresh_token).toBeUndefined();
  });

  it.each([
    ['without a proof', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['with a proof in clear', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['silently, where nobody is signed in,', { prompt: 'none' }, 'login_required'],
  ])('%s is sent back with an error', async (_, more, error) => {
    const { url } = await new Browser().follow(authorization(more), callback);
    expect(new URL(url).searchParams.get('error')).toBe(error);
  });

  it.each([
    [
      'another address to return to',
      { redirect_uri: 'https://elsewhere.example/callback' },
      '返回的地址没有登记',
      'redirect_uri',
    ],
    ['another client', { client_id: 'somebody-else' }, '没有登记该应用', 'client is invalid'],
    ['a client that is not named', { client_id: '' }, '登录请求有误', 'client_id'],
  ])('for %s stays here, says why and what to do, in both languages', async (_, more, why, words) => {
    const { response, url } = await new Browser().follow(authorization(more), callback);
    expect([response.status, url.startsWith(issuerUrl)]).toEqual([400, true]);
    const html = await response.text();
    for (const said of ['无法登录', why, '请返回原来的应用', 'Go back to where you came from', words])
      expect(html).toContain(said);
  });

  it('gives no token for a code whose proof is another, or which was meant for another address', async () => {
    const code = async () => (await signIn()).get('code')!;
    const proof = { code_verifier: randomBytes(32).toString('base64url') };
    const refused = [
      await redeem(await code(), proof),
      await redeem(await code(), { redirect_uri: `${callback}/other` }),
      await redeem('invented'),
    ];
    expect(refused.map(({ status, body }) => [status, body.error])).toEqual(refused.map(() => [400, 'invalid_grant']));
  });
});

describe('the page of a sign-in', () => {
  const expired = ['登录已过期', 'This sign-in has expired'];

  it('is for the browser that began it', async () => {
    const form = await new Browser().follow(authorization(), callback);
    const stranger = await new Browser().open(form.url, login());
    expect(stranger.status).toBe(400);
    const html = await stranger.text();
    for (const words of expired) expect(html).toContain(words);
  });

  it('knows when its cookie was changed', async () => {
    const browser = new Browser();
    const form = await browser.follow(authorization(), callback);
    browser.cookies.set('_interaction', `${browser.cookies.get('_interaction')!.slice(0, -1)}~`);
    expect((await browser.open(form.url, login())).status).toBe(400);
  });

  it('expires, and is swept away with the next sign-in', async () => {
    const browser = new Browser();
    const form = await browser.follow(authorization(), callback);
    await stage.rows(`update oidc set expires_at = now() - interval '1 second' where model = 'Interaction'`);
    expect((await browser.open(form.url, login())).status).toBe(400);
    await new Browser().follow(authorization(), callback);
    expect(await stage.rows('select from oidc where expires_at < now()')).toEqual([]);
  });

  it('takes a form, and not whatever somebody pours into it', async () => {
    const browser = new Browser();
    const form = await browser.follow(authorization(), callback);
    const answered = await browser.open(form.url, login({ ...ADMIN, password: 'x'.repeat(5000) }));
    expect(answered.status).toBe(413);
    expect(await answered.text()).toContain('提交的内容过大');
  });
});

describe('an API client', () => {
  const uscc = makeUscc(31);
  const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  let client: { clientId: string; clientSecret: string };
  beforeAll(async () => {
    const { body } = await redeem((await signIn()).get('code')!);
    const person = decodeJwt(body.access_token).sub!;
    const data = {
      uscc,
      name: '演示数据·接口机构',
      nameEn: 'API',
      kind: 'firm' as const,
      region: '410100',
      address: '郑州',
      legalRepresentative: '张',
    };
    await stage.send(registerOrganisation, uscc, data, { party: person, person, roles: ['holder'] });
    await stage.idle();
    const headers = {
      authorization: `Bearer ${body.access_token}`,
      'x-organisation': uscc,
      'content-type': 'application/json',
    };
    const form = JSON.stringify({ name: '接口', roles: ['holder'] });
    const added = await fetch(`${stage.running.url}/v1/organisations/${uscc}/clients`, {
      method: 'POST',
      headers,
      body: form,
    });
    client = (await added.json()) as typeof client;
  });

  it('gets a token of its organisation for its secret, and acts for it without saying so', async () => {
    const { status, body } = await exchange(
      { grant_type: 'client_credentials' },
      basic(client.clientId, client.clientSecret),
    );
    expect([status, body.expires_in]).toEqual([200, 45]);
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: client.clientId,
      org: uscc,
      aud: 'yuzhi',
      iss: issuerUrl,
    });
    const { body: read } = await me(body.access_token);
    expect(read).toMatchObject({
      person: client.clientId,
      name: '接口',
      memberships: [{ organisation: uscc, roles: ['holder'] }],
    });
    expect((await me(body.access_token, PLATFORM)).status).toBe(403);
  });

  it('gets none for another secret, nor as a person', async () => {
    const refused = [
      await exchange({ grant_type: 'client_credentials' }, basic(client.clientId, `${client.clientSecret}x`)),
      await exchange({ grant_type: 'client_credentials' }, basic('nobody', client.clientSecret)),
      await exchange({ grant_type: 'client_credentials', client_id: 'portal' }),
      await exchange({
        grant_type: 'password',
        username: ADMIN.loginName,
        password: ADMIN.password,
        client_id: 'portal',
      }),
    ];
    const errors = ['invalid_client', 'invalid_client', 'invalid_request', 'unsupported_grant_type'];
    expect(refused.map(({ body }) => body.error)).toEqual(errors);
  });
});

describe('the signing key', () => {
  const keys = async () =>
    ((await (await fetch(`${issuerUrl}/jwks`)).json()) as { keys: Record<string, string>[] }).keys;

  it('is published without its private part, encrypted at rest, and the same after a restart', async () => {
    const { body } = await redeem((await signIn()).get('code')!);
    const [before, ...others] = await keys();
    expect(others).toEqual([]);
    expect(before).toMatchObject({
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: decodeProtectedHeader(body.access_token).kid,
    });
    expect(before).not.toHaveProperty('d');
    const [row] = await stage.rows<{ material: string }>('select material from issuer_key');
    const plain = Buffer.from(row!.material, 'base64url').toString('latin1');
    for (const word of ['"d"', 'P-256', before!['x']!]) expect(row!.material + plain).not.toContain(word);
    await stage.reboot();
    expect(await keys()).toEqual([before]);
    expect((await me(body.access_token)).status).toBe(200);
    expect(await stage.rows('select name from issuer_key')).toEqual([{ name: 'signing' }]);
  });

  it('is unreadable under another secret: then nobody signs in, and nothing is lost', async () => {
    const [before] = await keys();
    await stage.reboot({ identitySecret: 'another secret of identity, in a test' } as object);
    const response = await fetch(authorization());
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('登录服务暂不可用');
    await stage.reboot();
    expect(await keys()).toEqual([before]);
  });
});
