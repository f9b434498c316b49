import type { Adapter, AdapterPayload } from 'oidc-provider';
import type pg from 'pg';
import type { Credentials } from '../credentials.ts';

/** Where the issuer keeps sessions, codes, tokens and grants: a side table, for they never touch the domain. */
export class SideAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly side: pg.Pool,
  ) {}

  /** Every sign-in begins with an interaction, which also sweeps away what has expired. */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (this.model === 'Interaction') await this.side.query('delete from oidc where expires_at < now()');
    await this.side.query(
      `insert into oidc (model, id, payload, expires_at, grant_id, uid)
       values ($1, $2, $3, now() + $4 * interval '1 second', $5, $6)
       on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at,
         grant_id = excluded.grant_id, uid = excluded.uid`,
      [this.model, id, JSON.stringify(payload), expiresIn ?? null, payload.grantId ?? null, payload.uid ?? null],
    );
  }
  find(id: string): Promise<AdapterPayload | undefined> {
    return this.#one('id', id);
  }
  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#one('uid', uid);
  }
  /** The device flow, which alone has user codes, is off. */
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<void> {
    await this.side.query('update oidc set consumed_at = now() where model = $1 and id = $2', [this.model, id]);
  }
  async destroy(id: string): Promise<void> {
    await this.side.query('delete from oidc where model = $1 and id = $2', [this.model, id]);
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    await this.side.query('delete from oidc where grant_id = $1', [grantId]);
  }

  async #one(column: 'id' | 'uid', value: string): Promise<AdapterPayload | undefined> {
    const { rows } = await this.side.query<{ payload: AdapterPayload; consumed: number | null }>(
      `select payload, extract(epoch from consumed_at)::int as consumed from oidc
       where model = $1 and ${column} = $2 and (expires_at is null or expires_at > now())`,
      [this.model, value],
    );
    const row = rows[0];
    return row && { ...row.payload, ...(row.consumed && { consumed: row.consumed }) };
  }
}

/** API clients, as organisations created them. What is kept of a secret is its hash. */
export class ClientAdapter extends SideAdapter {
  constructor(
    side: pg.Pool,
    private readonly credentials: Credentials,
  ) {
    super('Client', side);
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const client = await this.credentials.client(id);
    return (
      client && {
        client_id: id,
        client_name: client.name,
        client_secret: client.secretHash,
        organisation: client.organisation,
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [],
        response_types: [],
      }
    );
  }
}
