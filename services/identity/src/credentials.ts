import { Rulebook } from '@yuzhi/chassis/rulebook';
import { SIDE } from '@yuzhi/chassis/service';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { hashSecret, secretMatches } from './secrets.ts';

/** Login names, passwords and client secrets: side tables of identity, never on the log. */
@Injectable()
export class Credentials {
  /** Makes an unknown login name as slow as a wrong password. */
  readonly #nobody = hashSecret('nobody has this password');

  constructor(
    @Inject(SIDE) private readonly side: pg.Pool,
    private readonly rulebook: Rulebook,
    private readonly clock: PlatformClock,
  ) {}

  /** False when somebody else has the login name; the same person again is no surprise. */
  async keep(person: string, loginName: string, password: string): Promise<boolean> {
    const { rows } = await this.side.query<{ person: string }>(
      `insert into credential (person, login_name, password_hash) values ($1, $2, $3)
       on conflict (login_name) do update set login_name = excluded.login_name returning person::text`,
      [person, loginName, await hashSecret(password)],
    );
    return rows[0]!.person === person;
  }

  /** The person behind a login name and password; undefined without telling which of them is wrong. */
  async check(loginName: string, password: string): Promise<string | undefined> {
    const { rows } = await this.side.query<{ person: string; hash: string; resting: boolean }>(
      `select person::text, password_hash as hash, coalesce(locked_until > now(), false) as resting
       from credential where login_name = $1`,
      [loginName],
    );
    const found = rows[0];
    const matches = await secretMatches(password, found?.hash ?? (await this.#nobody));
    if (!found || found.resting) return undefined;
    const now = await this.clock.now();
    // Judged as it stands by now: of many guesses at once, those after the last one allowed are not told apart.
    const { rowCount } = await this.side.query(
      `update credential set
         failures = case when $2 then 0 else (failures + 1) % $3 end,
         locked_until = case when not $2 and failures + 1 >= $3 then now() + $4 * interval '1 second' end
       where person = $1 and coalesce(locked_until <= now(), true)`,
      [
        found.person,
        matches,
        this.rulebook.int('identity.sign-in-failures', now),
        this.rulebook.int('identity.sign-in-rest-seconds', now),
      ],
    );
    return matches && rowCount === 1 ? found.person : undefined;
  }
  async drop(person: string): Promise<void> {
    await this.side.query('delete from credential where person = $1', [person]);
  }

  async keepClient(client: string, organisation: string, name: string, secret: string): Promise<void> {
    await this.side.query('insert into api_client (client, organisation, name, secret_hash) values ($1, $2, $3, $4)', [
      client,
      organisation,
      name,
      await hashSecret(secret),
    ]);
  }
  async dropClient(client: string): Promise<void> {
    await this.side.query('delete from api_client where client = $1', [client]);
  }
  async client(client: string): Promise<{ organisation: string; name: string; secretHash: string } | undefined> {
    const { rows } = await this.side.query<{ organisation: string; name: string; secretHash: string }>(
      `select organisation, name, secret_hash as "secretHash" from api_client where client::text = $1`,
      [client],
    );
    return rows[0];
  }
}
