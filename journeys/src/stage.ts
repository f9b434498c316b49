import { type Client, createClient } from '@yuzhi/protocol/client';
import { getPayee } from '@yuzhi/protocol/escrow';
import {
  addClient,
  getMe,
  grantRoles,
  registerOrganisation,
  type RoleName,
  signUp,
  verifyOrganisation,
} from '@yuzhi/protocol/identity';
import { advanceClock, getClock } from '@yuzhi/protocol/oversight';
import type { InputOf } from '@yuzhi/protocol/declare';
import { Refused } from '@yuzhi/protocol/refused';
import type { z } from 'zod';
import { Office, Rail } from './doubles.ts';
import { eventually, untilAnswered } from './eventually.ts';
import type { Addresses } from './journeys.config.ts';
import { atMostOnce } from './refusal-of.ts';
import { clientTokens, personToken } from './sign-in.ts';

type Roles = z.input<typeof RoleName>[];
export type OrganisationDetails = InputOf<typeof registerOrganisation>;

/** Somebody who signed in, acting for himself. */
export interface Person {
  id: string;
  name: string;
  loginName: string;
  password: string;
  /** For himself; `client.as(uscc)` for an organisation. */
  client: Client;
}
/** An organisation with the one person who does everything for it. */
export interface Firm extends OrganisationDetails {
  person: Person;
  client: Client;
}

/** An organisation as its administrator has it. */
type Employer = Pick<Firm, 'uscc' | 'client'>;

/** A platform as its users have it: public HTTP, and the outside world's doubles. */
export class Stage {
  readonly rail: Rail;
  readonly office: Office;
  readonly anyone: Client;
  /** The platform's first administrator, as desk and ops. */
  readonly desk: Client;

  constructor(
    readonly addresses: Addresses,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch,
  ) {
    const { url, stripeSandboxUrl, patentOfficeUrl, admin, platform } = addresses;
    this.rail = new Rail(stripeSandboxUrl);
    this.office = new Office(patentOfficeUrl);
    this.anyone = createClient({ baseUrl: url, fetch });
    const token = personToken(url, admin.loginName, admin.password);
    this.desk = createClient({ baseUrl: url, token, organisation: platform, fetch });
  }

  /** A form has no key to repeat it by: if it was taken though nobody answered, the next finds the name taken. */
  async signUp(name: string, loginName: string, password: string): Promise<Person> {
    const client = this.#clientOf(loginName, password);
    const asked = await untilAnswered(() => this.anyone.submit(signUp, {}, { loginName, password, name })).catch(
      (error: unknown) => {
        if (error instanceof Refused && error.code === 'login-name-taken') return undefined;
        throw error;
      },
    );
    const { person } = asked ?? (await eventually(`${loginName} signed up`, () => client.ask(getMe, {})));
    return { id: person, name, loginName, password, client };
  }
  #clientOf(loginName: string, password: string): Client {
    const { url } = this.addresses;
    return createClient({ baseUrl: url, token: personToken(url, loginName, password), fetch: this.fetch });
  }

  /** Registered by the person, verified by the desk, where that is not done yet; he may then do everything for it. */
  async found(details: OrganisationDetails, person: Person): Promise<Firm> {
    const { uscc } = details;
    await atMostOnce('organisation-exists', person.client.send(registerOrganisation, details));
    await atMostOnce('organisation-already-verified', this.desk.send(verifyOrganisation, { uscc }));
    const client = person.client.as(uscc);
    await this.#acts(client, uscc);
    return { ...details, person, client };
  }
  /** The operator's organisation, by its first administrator. */
  get platform(): Employer {
    return { uscc: this.addresses.platform, client: this.desk };
  }
  /** Gives another person roles in an organisation. */
  async employ(firm: Employer, person: Person, roles: Roles): Promise<Client> {
    await firm.client.send(grantRoles, { uscc: firm.uscc, person: person.id, roles });
    const client = person.client.as(firm.uscc);
    await this.#acts(client, firm.uscc);
    return client;
  }
  /** A program of a firm, which signs in by itself and acts for it. */
  async program(firm: Firm, name: string, roles: Roles): Promise<Client> {
    const { url } = this.addresses;
    // Not answered, it may have been done: then there is a client more, whose secret nobody knows.
    const { clientId, clientSecret } = await untilAnswered(() =>
      firm.client.submit(addClient, { uscc: firm.uscc }, { name, roles }),
    );
    const token = async () => (await clientTokens(url, clientId, clientSecret)).access_token;
    const client = createClient({ baseUrl: url, token, fetch: this.fetch });
    await eventually(`the door for ${name}`, () => client.ask(getMe, {}));
    return client;
  }
  async #acts(client: Client, uscc: string): Promise<void> {
    const { roles } = await eventually(`acting for ${uscc}`, async () => {
      const { memberships } = await client.ask(getMe, {});
      return memberships.find(({ organisation, verified }) => organisation === uscc && verified);
    });
    // The door learns it from the log, a moment after identity knows: until then it forbids.
    const isKnown = roles.includes('finance') ? () => isLetIn(client) : () => client.ask(getMe, {});
    await eventually(`the door for ${uscc}`, async () => isKnown());
  }

  now = async () => (await this.anyone.ask(getClock, {})).now;

  /** Steps the platform's clock; everything that falls due on the way happens, each in its own day. */
  async advanceTo(to: number, withinMs = 120_000): Promise<void> {
    if (to <= (await this.now())) return;
    await this.desk.send(advanceClock, { to });
    await eventually(
      `the clock at ${new Date(to).toISOString()}`,
      async () => (await this.anyone.ask(getClock, {})).movingTo === null,
      withinMs,
    );
  }
}

const isLetIn = (client: Client): Promise<boolean> =>
  client.ask(getPayee, {}).then(
    () => true,
    (error: unknown) => error instanceof Refused && error.code !== 'forbidden',
  );
