import type { HeldTable } from '@yuzhi/messaging/held-table';
import type { Permission, Principal, Role } from '@yuzhi/protocol/declare';
import type { memberships } from '@yuzhi/protocol/identity';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { findKeys, personOf } from './issuers.ts';
import { Denied } from './problem.ts';

export interface IssuerConfig {
  issuerUrl: string;
  jwksUrl?: string;
  audience: string;
}
/** Who asks, and until when his token says so, epoch ms. */
export interface SignedIn {
  principal: Principal;
  expiresAt: number;
}
interface Verified {
  person: string;
  /** The organisation that an API client belongs to. */
  organisation?: string;
  expiresAt: number;
}
interface Headers {
  authorization?: string | undefined;
  'x-organisation'?: string | string[] | undefined;
}

/** What a natural person may do for himself. */
const OWN_ROLES: readonly Role[] = ['holder', 'bidder', 'signatory', 'finance'];
/** Verified tokens of one generation that memory keeps; two generations are kept. */
const REMEMBERED = 5000;
/** What a published key can verify: never a secret shared with whoever reads the tokens. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];
/** These say that we could not look, not that the token is wrong. */
const UNKNOWN_KEYS = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code];

/** From a token to who acts for whom. Roles come from the table of memberships, never from the token. */
export class Principals {
  #keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  readonly #verifying = new Map<string, Promise<Verified>>();
  #recent = new Map<string, Verified>();
  #older = new Map<string, Verified>();

  constructor(
    private readonly config: IssuerConfig,
    private readonly held: Pick<HeldTable<typeof memberships>, 'get'>,
  ) {}

  /**
   * Undefined: nobody signed in. At once when the token is known, as it nearly always is.
   * @throws Denied sign-in-first, forbidden, owner-unavailable
   */
  of(headers: Headers): SignedIn | undefined | Promise<SignedIn> {
    const { authorization } = headers;
    if (authorization === undefined) return undefined;
    const organisation = headers['x-organisation'];
    if (Array.isArray(organisation)) throw new Denied('sign-in-first');
    const known = this.#recent.get(authorization) ?? this.#older.get(authorization);
    if (known && known.expiresAt > Date.now()) return this.#actingFor(known, organisation);
    return this.#verify(authorization).then((verified) => this.#actingFor(verified, organisation));
  }

  #actingFor({ person, organisation: own, expiresAt }: Verified, chosen: string | undefined): SignedIn {
    const organisation = chosen || own;
    if (organisation === undefined) return { principal: { party: person, person, roles: OWN_ROLES }, expiresAt };
    const membership = this.held.get(`${person}/${organisation}`);
    if (!membership) throw new Denied('forbidden');
    const roles = membership.verified ? membership.roles : membership.roles.filter((role) => role === 'admin');
    return { principal: { party: organisation, person, roles }, expiresAt };
  }

  /** Callers with the same new token share one verification. */
  #verify(authorization: string): Promise<Verified> {
    let verifying = this.#verifying.get(authorization);
    if (!verifying) {
      verifying = this.#read(authorization).finally(() => this.#verifying.delete(authorization));
      this.#verifying.set(authorization, verifying);
    }
    return verifying;
  }
  async #read(authorization: string): Promise<Verified> {
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
    if (!token) throw new Denied('sign-in-first');
    const { issuerUrl: issuer, audience } = this.config;
    const options = { issuer, audience, algorithms: ALGORITHMS, typ: 'at+jwt', requiredClaims: ['sub', 'exp'] };
    const verified = this.#published().then((keys) => jwtVerify(token, keys, options));
    const { payload } = await verified.catch((e: unknown) => {
      const unknown = !(e instanceof errors.JOSEError) || UNKNOWN_KEYS.includes(e.code);
      throw new Denied(unknown ? 'owner-unavailable' : 'sign-in-first');
    });
    const organisation = payload['org'];
    const known: Verified = {
      person: personOf(issuer, payload.sub!),
      expiresAt: payload.exp! * 1000,
      ...(typeof organisation === 'string' && { organisation }),
    };
    this.#remember(authorization, known);
    return known;
  }
  /** Found once; sought again where they were not found. */
  #published() {
    const { issuerUrl, jwksUrl } = this.config;
    return (this.#keys ??= (jwksUrl ? Promise.resolve(jwksUrl) : findKeys(issuerUrl)).then(
      (url) => createRemoteJWKSet(new URL(url), { timeoutDuration: 2000, cooldownDuration: 5000 }),
      (error: unknown) => {
        this.#keys = undefined;
        throw error;
      },
    ));
  }
  #remember(authorization: string, verified: Verified): void {
    this.#recent.set(authorization, verified);
    if (this.#recent.size < REMEMBERED) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }
}

/** The access check, before anything else is looked at. @throws Denied sign-in-first, forbidden */
export function permit(permission: Permission, asker: Principal | undefined): void {
  if (permission === 'anyone') return;
  if (!asker) throw new Denied('sign-in-first');
  if (permission !== 'person' && !asker.roles.some((role) => permission.includes(role))) throw new Denied('forbidden');
}
