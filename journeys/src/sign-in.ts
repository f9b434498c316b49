import { createHash, randomBytes } from 'node:crypto';
import { readRefusal } from '@yuzhi/protocol/refused';
import { untilAnswered } from './eventually.ts';

/** Renewed this long before the token ends. */
const MARGIN_MS = 20_000;
const CLIENT = 'portal';

interface Tokens {
  access_token: string;
  /** Seconds. */
  expires_in: number;
  /** Of a person: says who signed in, and lets nobody in. */
  id_token?: string;
}

/** A browser's part in a sign-in: follows redirects and keeps cookies. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async open(url: string, body?: URLSearchParams): Promise<{ response: Response; url: string }> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body && { method: 'POST', body }),
    });
    if (response.status >= 500) throw await readRefusal(response);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value) this.#cookies.set(name!, value);
      else this.#cookies.delete(name!);
    }
    return { response, url };
  }
  /** The first answer that is no redirect, or the first redirect to `stop`. */
  async follow(url: string, stop: string, body?: URLSearchParams): Promise<{ response: Response; url: string }> {
    let opened = await this.open(url, body);
    for (let hop = 0; hop < 10; hop++) {
      const location = opened.response.headers.get('location');
      if (!location) return opened;
      const next = new URL(location, opened.url).href;
      if (next.startsWith(stop)) return { response: opened.response, url: next };
      opened = await this.open(next);
    }
    throw new Error(`sign-in goes round in circles at ${opened.url}`);
  }
}

/**
 * Signs a person in by the authorization code flow with PKCE, as a browser would. `form`: what he fills in on the
 * issuer's page.
 */
export async function signInAt(issuerUrl: string, redirect: string, form: Record<string, string>): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: redirect,
    scope: 'openid profile',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  const page = await browser.follow(`${issuerUrl}/auth?${request.toString()}`, redirect);
  const done = await browser.follow(page.url, redirect, new URLSearchParams(form));
  const code = new URL(done.url).searchParams.get('code');
  if (!code) throw new Error(`nobody could sign in: ${done.response.status} at ${done.url}`);
  return exchange(issuerUrl, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirect,
    code_verifier: verifier,
    client_id: CLIENT,
  });
}

async function exchange(issuerUrl: string, form: Record<string, string>, authorization?: string): Promise<Tokens> {
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    headers: authorization ? { authorization } : {},
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw await readRefusal(response);
  return (await response.json()) as Tokens;
}

/** Gives a token that is still good, and gets a new one in time. */
function renewing(get: () => Promise<Tokens>): () => Promise<string> {
  let held: { token: string; until: number } | undefined;
  let getting: Promise<string> | undefined;
  return async () => {
    if (held && held.until > Date.now()) return held.token;
    return (getting ??= get()
      .then(({ access_token: token, expires_in: seconds }) => {
        held = { token, until: Date.now() + seconds * 1000 - MARGIN_MS };
        return token;
      })
      .finally(() => (getting = undefined)));
  };
}

const issuerOf = (baseUrl: string) => `${baseUrl}/oidc`;

/** At the embedded issuer. */
export const signIn = (baseUrl: string, loginName: string, password: string) =>
  signInAt(issuerOf(baseUrl), `${baseUrl}/callback`, { loginName, password });
export const personToken = (baseUrl: string, loginName: string, password: string) =>
  renewing(() => untilAnswered(() => signIn(baseUrl, loginName, password)));

/** An API client's token by client credentials. */
export const clientTokens = (baseUrl: string, clientId: string, clientSecret: string) =>
  untilAnswered(() =>
    exchange(
      issuerOf(baseUrl),
      { grant_type: 'client_credentials' },
      `Basic ${btoa([clientId, clientSecret].map(encodeURIComponent).join(':'))}`,
    ),
  );
