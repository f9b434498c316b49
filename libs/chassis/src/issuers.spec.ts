import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Id } from '@yuzhi/protocol/scalars';
import { findKeys, personOf } from './issuers.ts';

let server: Server;
let url: string;
let answer: [number, string];
beforeAll(async () => {
  server = createServer((request, response) => {
    const asked = request.url === '/.well-known/openid-configuration';
    response.writeHead(asked ? answer[0] : 404).end(answer[1]);
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const found = (issuer = url) => findKeys(issuer).catch((error: unknown) => (error as Error).message);
const document = (more: object = {}) => JSON.stringify({ issuer: url, jwks_uri: `${url}/keys`, ...more });

describe('the keys of an issuer (OpenID Connect Discovery 1.0, §4)', () => {
  it('are where it says', async () => {
    answer = [200, document()];
    expect(await found()).toBe(`${url}/keys`);
  });

  it('are also found where its name ends with a slash, which it must say so itself', async () => {
    answer = [200, document({ issuer: `${url}/` })];
    expect(await found(`${url}/`)).toBe(`${url}/keys`);
    expect(await found()).toContain(`speaks for ${url}/`);
  });

  it.each([
    [
      'speaks for another',
      () => [200, document({ issuer: 'https://elsewhere.example' })],
      'speaks for https://elsewhere',
    ],
    ['has no keys', () => [200, document({ jwks_uri: undefined })], 'is no discovery document'],
    ['has them in a file', () => [200, document({ jwks_uri: 'file:///etc/passwd' })], 'is no discovery document'],
    ['answers no JSON', () => [200, '<html>'], 'is no discovery document'],
    ['has no discovery', () => [404, '{}'], 'answered 404'],
  ] as [string, () => [number, string], string][])('are not taken from one that %s', async (_, make, why) => {
    answer = make();
    expect(await found()).toMatch(new RegExp(`^the issuer ${url} cannot be used: .*${why}`));
  });

  it('are not guessed when nobody answers', async () => {
    expect(await found('http://127.0.0.1:9')).toContain('the issuer http://127.0.0.1:9 cannot be used');
  });
});

describe('a person', () => {
  const id = '0197a3c1-0000-7000-8000-00000000000c';

  it('is named by an id: the one that the issuer gives, or one that follows from its name for him', () => {
    expect(personOf(url, id)).toBe(id);
    expect(personOf(url, id.toUpperCase())).toBe(id);
    expect(Id.safeParse(personOf(url, 'auth0|1')).success).toBe(true);
    expect(personOf(url, 'auth0|1')).toBe(personOf(url, 'auth0|1'));
  });

  it('is another one at another issuer, or by another name', () => {
    const ids = [personOf(url, 'a'), personOf(url, 'b'), personOf('https://other.example', 'a')];
    expect(new Set(ids).size).toBe(3);
  });
});
