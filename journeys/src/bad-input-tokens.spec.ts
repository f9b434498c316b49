import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { listOrders } from '@yuzhi/protocol/escrow';
import { addClient } from '@yuzhi/protocol/identity';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, Callers, type Headers } from './callers.ts';
import { type Door, doors, isClosed, named } from './doors.ts';
import { eventually } from './eventually.ts';
import { clientTokens, signIn } from './sign-in.ts';
import { changesNothing } from './standing.ts';
import { problemOf } from './wire.ts';

/** Tokens that let nobody in, by what is wrong with them. */
type Wrong = readonly (readonly [what: string, token: string])[];

/** An API client's tokens are short: one that the door knows already, and one that it never saw. */
interface Short {
  tokens: string[];
  goodUntil: number;
}
let callers: Callers;
let wrong: Wrong;
let short: Short;

beforeAll(async () => {
  callers = await Callers.gather();
  short = await shortTokens();
  wrong = await wrongTokens();
}, 60_000);

async function shortTokens(): Promise<Short> {
  const { firm, stage } = callers;
  const { uscc, client } = firm;
  const { clientId, clientSecret } = await client.submit(addClient, { uscc }, { name: '报价程序', roles: ['bidder'] });
  const get = () => clientTokens(stage.addresses.url, clientId, clientSecret);
  await eventually('the door for the client', async () => {
    return (await callers.knock(listOrders, bearer((await get()).access_token))).status === 200;
  });
  const [known, unseen] = await Promise.all([get(), get()]);
  expect((await callers.knock(listOrders, bearer(known.access_token))).status).toBe(200);
  const goodUntil = Date.now() + unseen.expires_in * 1000;
  return { tokens: [known, unseen].map(({ access_token: token }) => token), goodUntil };
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;

async function wrongTokens(): Promise<Wrong> {
  const { firm, stage } = callers;
  const { url } = stage.addresses;
  const { access_token: good, id_token: idToken } = await signIn(url, firm.person.loginName, firm.person.password);
  const [head, claims, signature] = good.split('.') as [string, string, string];
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forged = (header: object, said: object) => {
    const signed = `${encoded({ ...decoded(head), ...header })}.${encoded({ ...decoded(claims), ...said })}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  return [
    ['nonsense', 'nonsense'],
    ['not signed', `${encoded({ ...decoded(head), alg: 'none' })}.${claims}.`],
    ['another signature', `${head}.${claims}.${signature.slice(0, -4)}AAAA`],
    ['other claims under its signature', `${head}.${encoded({ ...decoded(claims), sub: randomUUID() })}.${signature}`],
    ['signed with a key of somebody else, under the name of ours', forged({}, {})],
    ['signed with a key of somebody else', forged({ kid: randomUUID() }, {})],
    ['of another issuer', forged({ kid: randomUUID() }, { iss: 'https://issuer.example/oidc' })],
    ['for another audience', forged({}, { aud: 'https://api.example' })],
    ['of ours, but none for access', idToken!],
  ];
}

const codeOf = async (door: Door, headers: Headers) => problemOf(await callers.knock(door, headers)).code;

describe('every address takes a wrong token for what it is', () => {
  it.each(named(doors))('%s', async (_, door) => {
    const good = await callers.headersFor(door.permission);
    const refused = wrong.map(async ([what, token]) => [what, await codeOf(door, { ...good, ...bearer(token) })]);
    expect(await Promise.all(refused)).toEqual(wrong.map(([what]) => [what, 'sign-in-first']));
    expect(await codeOf(door, { ...good, authorization: 'Basic eDp4' })).toBe('sign-in-first');
  });

  changesNothing(() => callers.stage);
});

describe('every closed address knows who may come', () => {
  it.each(named(doors.filter(isClosed)))('%s', async (_, door) => {
    const good = await callers.headersFor(door.permission);
    expect(await codeOf(door, {})).toBe('sign-in-first');
    expect(await codeOf(door, { ...good, 'x-organisation': callers.other.uscc })).toBe('forbidden');
    expect(await codeOf(door, { ...good, 'x-organisation': 'nobody' })).toBe('forbidden');
  });

  changesNothing(() => callers.stage);
});

describe('no address takes a token whose time is over', () => {
  beforeAll(() => sleep(Math.max(0, short.goodUntil + 1000 - Date.now())), 60_000);

  it.each(named(doors))('%s', async (_, door) => {
    const codes = await Promise.all(short.tokens.map((token) => codeOf(door, bearer(token))));
    expect(codes).toEqual(['sign-in-first', 'sign-in-first']);
  });

  changesNothing(() => callers.stage);
});
