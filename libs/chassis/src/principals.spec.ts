import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Id } from '@yuzhi/protocol/scalars';
import { SignJWT } from 'jose';
import { startIssuer, type TestIssuer } from './issuer.fixture.ts';
import { personOf } from './issuers.ts';
import { permit, Principals } from './principals.ts';
import { Denied } from './problem.ts';

const person = '0197a3c1-0000-7000-8000-000000000001';
const client = '0197a3c1-0000-7000-8000-00000000000c';
const university = '12410000415800000A';
const newcomer = '91410100MA00000000';
type Roles = ('admin' | 'bidder' | 'holder')[];
const table = new Map<string, { person: string; organisation: string; roles: Roles; verified: boolean }>([
  [`${person}/${university}`, { person, organisation: university, roles: ['admin', 'holder'], verified: true }],
  [`${person}/${newcomer}`, { person, organisation: newcomer, roles: ['admin', 'bidder'], verified: false }],
  [`${client}/${university}`, { person: client, organisation: university, roles: ['bidder'], verified: true }],
]);

let issuer: TestIssuer;
let principals: Principals;
beforeAll(async () => {
  issuer = await startIssuer();
  principals = new Principals({ issuerUrl: issuer.url, audience: 'yuzhi' }, table);
});
afterAll(() => issuer.close());

async function asked(token: string | undefined, organisation?: string) {
  const headers = { authorization: token && `Bearer ${token}`, 'x-organisation': organisation };
  return (await principals.of(headers))?.principal;
}
/** The code with which a question is denied. */
const denied = (asking: Promise<unknown>) =>
  asking.then(
    () => 'not denied',
    (error: unknown) => (error instanceof Denied ? error.code : String(error)),
  );

describe('who asks', () => {
  it('is nobody without a token', async () => {
    expect(await asked(undefined)).toBeUndefined();
  });

  it('is a natural person for himself when no organisation is chosen', async () => {
    expect(await asked(await issuer.sign({ sub: person }))).toEqual({
      party: person,
      person,
      roles: ['holder', 'bidder', 'signatory', 'finance'],
    });
  });

  it('is a member of the organisation he chose, with the roles of the table and not of the token', async () => {
    const token = await issuer.sign({ sub: person, roles: ['desk'], scope: 'ops' });
    expect(await asked(token, university)).toEqual({ party: university, person, roles: ['admin', 'holder'] });
  });

  it('may only administer an organisation that is not verified yet', async () => {
    expect(await asked(await issuer.sign({ sub: person }), newcomer)).toMatchObject({ roles: ['admin'] });
  });

  it('is known by an id of ours where another issuer names people as it likes', async () => {
    const named = (await asked(await issuer.sign({ sub: 'auth0|郑知行' })))!.person;
    expect(named).toBe(personOf(issuer.url, 'auth0|郑知行'));
    expect(Id.safeParse(named).success).toBe(true);
  });

  it('is refused the organisation of another', async () => {
    const token = await issuer.sign({ sub: client });
    expect(await denied(asked(token, newcomer))).toBe('forbidden');
    expect(await denied(asked(token, `${newcomer}/${university}`))).toBe('forbidden');
  });

  it('is an API client for the organisation that its token names', async () => {
    expect(await asked(await issuer.sign({ sub: client, org: university }))).toEqual({
      party: university,
      person: client,
      roles: ['bidder'],
    });
    expect(await denied(asked(await issuer.sign({ sub: client, org: newcomer })))).toBe('forbidden');
  });

  it('loses what the table takes away although the token is still good', async () => {
    const token = await issuer.sign({ sub: person });
    await asked(token, university);
    const row = table.get(`${person}/${university}`)!;
    table.delete(`${person}/${university}`);
    expect(await denied(asked(token, university))).toBe('forbidden');
    table.set(`${person}/${university}`, row);
  });
});

describe('a token', () => {
  it.each([
    ['for another audience', () => issuer.sign({ sub: person }, { audience: 'elsewhere' })],
    ['of another issuer', () => issuer.sign({ sub: person }, { issuer: 'https://elsewhere.example' })],
    ['that is no access token', () => issuer.sign({ sub: person }, { typ: 'JWT' })],
    ['that has expired', () => issuer.sign({ sub: person }, { expiresIn: '-1s' })],
    ['without a subject', () => issuer.sign({})],
    ['signed with a foreign key', () => issuer.forge({ sub: person })],
    [
      'signed with a shared secret',
      () =>
        new SignJWT({ sub: person, iss: issuer.url, aud: 'yuzhi' })
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'test' })
          .setExpirationTime('1m')
          .sign(new TextEncoder().encode('a secret that is long enough for it')),
    ],
    ['without a signature', async () => `${btoa('{"alg":"none","typ":"at+jwt"}').replaceAll('=', '')}.e30.x`],
    ['that is none', async () => 'hello'],
  ])('%s is refused', async (_, make) => {
    expect(await denied(asked(await make()))).toBe('sign-in-first');
  });

  it('is verified once and then known until it expires', async () => {
    const token = await issuer.sign({ sub: person }, { expiresIn: '2s' });
    await asked(token);
    const headers = { authorization: `Bearer ${token}` };
    expect(principals.of(headers)).not.toBeInstanceOf(Promise);
    await new Promise((go) => setTimeout(go, 2100));
    expect(await denied(asked(token))).toBe('sign-in-first');
  });

  it('does not make every verification fetch the keys again', async () => {
    const before = issuer.fetched();
    for (let i = 0; i < 5; i++) await asked(await issuer.sign({ sub: person, jti: String(i) }));
    expect(issuer.fetched() - before).toBeLessThanOrEqual(1);
  });

  it('is neither good nor bad while the issuer is away', async () => {
    const away = new Principals({ issuerUrl: 'http://127.0.0.1:9', audience: 'yuzhi' }, table);
    const token = await issuer.sign({ sub: person });
    expect(await denied((async () => away.of({ authorization: `Bearer ${token}` }))())).toBe('owner-unavailable');
  });

  it('is good again once an issuer that was away at first tells where its keys are', async () => {
    const late = await startIssuer();
    const asking = new Principals({ issuerUrl: late.url, audience: 'yuzhi' }, table);
    const ask = async (sub: string) => asking.of({ authorization: `Bearer ${await late.sign({ sub })}` });
    late.hide(true);
    expect(await denied(ask(person))).toBe('owner-unavailable');
    late.hide(false);
    expect(await ask(client)).toMatchObject({ principal: { person: client } });
    await late.close();
  });
});

describe('a permission', () => {
  const bidder = { party: university, person, roles: ['bidder'] as const };
  const outcome = (...args: Parameters<typeof permit>) => {
    try {
      permit(...args);
      return 'permitted';
    } catch (error) {
      return (error as Denied).code;
    }
  };

  it.each([
    ['anyone', undefined, 'permitted'],
    ['anyone', bidder, 'permitted'],
    ['person', undefined, 'sign-in-first'],
    ['person', { ...bidder, roles: [] }, 'permitted'],
    [['bidder', 'desk'], undefined, 'sign-in-first'],
    [['bidder', 'desk'], bidder, 'permitted'],
    [['desk'], bidder, 'forbidden'],
    [[], bidder, 'forbidden'],
  ] as const)('for %j', (permission, asker, expected) => {
    expect(outcome(permission, asker)).toBe(expected);
  });
});
