import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export interface OtherIssuer {
  url: string;
  close(): Promise<void>;
}

/**
 * An issuer that is not the embedded one: it names people by their login, signs by RSA, publishes its keys at a place
 * of its own, and believes every password.
 */
export async function startOtherIssuer(): Promise<OtherIssuer> {
  const server = createServer();
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const resource = 'urn:yuzhi:api';
  const provider = new Provider(url, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'other', alg: 'RS256', use: 'sig' }] },
    routes: { jwks: '/keys/published' },
    clients: [{ client_id: 'portal', redirect_uris: [`${url}/callback`], token_endpoint_auth_method: 'none' }],
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: client!.clientId, accountId: session!.accountId });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          ...{ scope: '', audience: 'yuzhi', accessTokenFormat: 'jwt', accessTokenTTL: 600 },
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((go) => server.close(go));
    },
  };
}
