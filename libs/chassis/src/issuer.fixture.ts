import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface TestIssuer {
  url: string;
  /** How often its keys were fetched. */
  fetched(): number;
  sign(
    claims: JWTPayload,
    more?: { typ?: string; audience?: string; issuer?: string; expiresIn?: string },
  ): Promise<string>;
  /** A token like one of ours, signed with a key that is not published. */
  forge(claims: JWTPayload): Promise<string>;
  /** Whether it keeps to itself where its keys are. */
  hide(hidden: boolean): void;
  close(): Promise<void>;
}

/** An issuer that publishes its keys and signs whatever a test asks for. */
export async function startIssuer(): Promise<TestIssuer> {
  const [pair, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'test', alg: 'ES256', use: 'sig' };
  let fetched = 0;
  let isHidden = false;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url!.startsWith('/.well-known/')) {
      if (isHidden) return void response.writeHead(503).end('{}');
      return void response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }));
    }
    fetched += 1;
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signed = (claims: JWTPayload, key: typeof pair.privateKey, more: Parameters<TestIssuer['sign']>[1] = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: more.typ ?? 'at+jwt', kid: 'test' })
      .setIssuer(more.issuer ?? url)
      .setAudience(more.audience ?? 'yuzhi')
      .setIssuedAt()
      .setExpirationTime(more.expiresIn ?? '10m')
      .sign(key);
  return {
    url,
    fetched: () => fetched,
    hide: (hidden) => void (isHidden = hidden),
    sign: (claims, more) => signed(claims, pair.privateKey, more),
    forge: (claims) => signed(claims, other.privateKey),
    close: async () => {
      server.closeAllConnections();
      await new Promise((go) => server.close(go));
    },
  };
}
