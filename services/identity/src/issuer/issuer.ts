import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Mount } from '@yuzhi/chassis/answers';
import { HeldTables } from '@yuzhi/chassis/parts';
import { CONFIG, SIDE } from '@yuzhi/chassis/service';
import { issuer, people } from '@yuzhi/protocol/identity';
import { Inject, Injectable } from '@nestjs/common';
import { type Configuration, type JWK, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type pg from 'pg';
import { Credentials } from '../credentials.ts';
import { type IdentityConfig, isEmbedded } from '../identity.config.ts';
import { decrypt, encrypt, keyFor, secretMatches } from '../secrets.ts';
import { ClientAdapter, SideAdapter } from './adapter.ts';
import { elsewhere, faultOf, FormTooLarge, refusedSignIn } from './faults.ts';
import { faultPage, signedOutPage, signInPage, signOutPage } from './pages.ts';

/** The public client of browsers; its sign-in is proven by PKCE, so it has no secret. */
export const PORTAL = 'portal';
const RESOURCE = 'urn:yuzhi:api';
const PREFIX = issuer.prefix;
const DAY_SECONDS = 86_400;
/** Of a form with a login name and a password. */
const FORM_MAX = 4096;
const HTML = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "frame-ancestors 'none'",
};

/** The embedded OpenID Connect issuer: people by authorization code with PKCE, API clients by client credentials. */
@Injectable()
export class Issuer {
  #provider: Promise<Provider> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: IdentityConfig,
    @Inject(SIDE) private readonly side: pg.Pool,
    private readonly credentials: Credentials,
    private readonly tables: HeldTables,
  ) {}

  @Mount(issuer)
  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#handle(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.end();
      const fault = faultOf(error);
      response.writeHead(fault.status, HTML).end(faultPage(fault));
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isEmbedded(this.config)) {
      return void response.writeHead(404, HTML).end(faultPage(elsewhere(this.config.issuerUrl)));
    }
    const provider = await (this.#provider ??= this.#open());
    const { protocol, host } = new URL(this.config.publicUrl);
    // What the world sees is configured, not what a proxy claims.
    Object.assign(request.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
    const path = (request.url ?? '').slice(PREFIX.length) || '/';
    const interaction = /^\/interaction\/[\w-]+$/.exec(path.split('?')[0]!);
    if (interaction) return this.#signIn(provider, request, response, PREFIX + interaction[0]);
    Object.assign(request, { originalUrl: request.url });
    request.url = path;
    await provider.callback()(request, response);
  }

  /** The page between the request for a sign-in and its code. */
  async #signIn(provider: Provider, request: IncomingMessage, response: ServerResponse, action: string): Promise<void> {
    const { prompt } = await provider.interactionDetails(request, response);
    // Whoever asks for a consent, as for a refresh token, has it: the only client of people is our own.
    if (prompt.name === 'consent') return provider.interactionFinished(request, response, { consent: {} });
    if (request.method !== 'POST') return void response.writeHead(200, HTML).end(signInPage(action, '', false));
    const form = await readForm(request);
    const loginName = form.get('loginName') ?? '';
    const person = await this.credentials.check(loginName, form.get('password') ?? '');
    if (!person) return void response.writeHead(401, HTML).end(signInPage(action, loginName.slice(0, 40), true));
    await provider.interactionFinished(request, response, { login: { accountId: person } });
  }

  async #open(): Promise<Provider> {
    try {
      const provider = new Provider(this.config.publicUrl + PREFIX, await this.#configuration());
      provider.proxy = true;
      // The adapter gives the hash of a client's secret in the place of the secret.
      const client = provider.Client.prototype as unknown as { clientSecret: string; compareClientSecret: unknown };
      client.compareClientSecret = function (this: typeof client, given: string) {
        return secretMatches(given, this.clientSecret);
      };
      return provider;
    } catch (error) {
      this.#provider = undefined;
      throw error;
    }
  }

  async #configuration(): Promise<Configuration> {
    const { publicUrl, portalRedirectUris, identitySecret, accessTokenSeconds, clientTokenSeconds } = this.config;
    return {
      adapter: (model) =>
        model === 'Client' ? new ClientAdapter(this.side, this.credentials) : new SideAdapter(model, this.side),
      clients: [
        {
          client_id: PORTAL,
          client_name: '豫知 Yuzhi',
          application_type: 'web',
          redirect_uris: [`${publicUrl}/callback`, ...portalRedirectUris],
          post_logout_redirect_uris: [`${publicUrl}/`],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'none',
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys: [await this.#signingKey()] },
      cookies: { keys: [keyFor('cookies', identitySecret).toString('base64url')] },
      claims: { openid: ['sub'], profile: ['name'] },
      scopes: ['openid', 'profile', 'offline_access'],
      extraClientMetadata: { properties: ['organisation'] },
      findAccount: (_, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, name: this.tables.of(people).get(id)?.name ?? id }),
      }),
      features: this.#features(),
      // The organisation of an API client; of a person the table of memberships says it.
      extraTokenClaims: (_, token) =>
        token.kind === 'ClientCredentials' ? { org: token.client?.['organisation'] } : undefined,
      interactions: { url: (_, interaction) => `${PREFIX}/interaction/${interaction.uid}` },
      loadExistingGrant: grantAll,
      pkce: { required: () => true },
      ttl: {
        AccessToken: accessTokenSeconds,
        ClientCredentials: clientTokenSeconds,
        AuthorizationCode: 60,
        Interaction: 3600,
        Session: DAY_SECONDS,
        Grant: 14 * DAY_SECONDS,
        RefreshToken: 14 * DAY_SECONDS,
        IdToken: 3600,
      },
      renderError: (context, out) => {
        context.type = 'html';
        context.body = faultPage(refusedSignIn(out.error, out.error_description));
      },
    };
  }

  #features(): Configuration['features'] {
    const { accessTokenSeconds, audience } = this.config;
    return {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (context, form) => void (context.body = signOutPage(form)),
        postLogoutSuccessSource: async (context) => void (context.body = signedOutPage()),
      },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    };
  }

  /** Made once, encrypted at rest; of two replicas that make it, both use the first one's. */
  async #signingKey(): Promise<JWK> {
    const key = keyFor('signing', this.config.identitySecret);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    await this.side.query('insert into issuer_key (name, material) values ($1, $2) on conflict (name) do nothing', [
      'signing',
      encrypt(JSON.stringify(made), key),
    ]);
    const { rows } = await this.side.query<{ material: string }>(
      `select material from issuer_key where name = 'signing'`,
    );
    return JSON.parse(decrypt(rows[0]!.material, key)) as JWK;
  }
}

/** Nobody is asked for a consent: everything that our own client may ask for is granted with the sign-in. */
async function grantAll({ oidc }: KoaContextWithOIDC) {
  const { client, session, result, provider } = oidc;
  const known = result?.consent?.grantId ?? session?.grantIdFor(client!.clientId);
  const found = known ? await provider.Grant.find(known) : undefined;
  if (found) return found;
  const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
  grant.addOIDCScope('openid profile offline_access');
  grant.addResourceScope(RESOURCE, '');
  await grant.save();
  return grant;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > FORM_MAX) throw new FormTooLarge();
  }
  return new URLSearchParams(text);
}
