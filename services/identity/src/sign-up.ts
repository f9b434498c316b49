import { randomBytes, randomUUID } from 'node:crypto';
import { Receive, type Received } from '@yuzhi/chassis/answers';
import { OwnCommands } from '@yuzhi/chassis/own-commands';
import { Denied } from '@yuzhi/chassis/problem';
import { type Follow, follow, refuse } from '@yuzhi/messaging/decision';
import { uuidv7 } from '@yuzhi/messaging/ids';
import type { Outcome, Principal } from '@yuzhi/protocol/declare';
import { addClient, registerClient, registerPerson, signUp } from '@yuzhi/protocol/identity';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@yuzhi/chassis/service';
import { Credentials } from './credentials.ts';
import { type IdentityConfig, isEmbedded } from './identity.config.ts';

/** The two forms with a secret in them: the secret goes to a side table, everything else travels on the log. */
@Injectable()
export class SignUp {
  constructor(
    @Inject(CONFIG) private readonly config: IdentityConfig,
    private readonly credentials: Credentials,
    private readonly own: OwnCommands,
  ) {}

  @Receive(signUp)
  async person({ body: { loginName, password, name } }: Received<typeof signUp>) {
    if (!isEmbedded(this.config)) return refuse('sign-in-elsewhere');
    const person = uuidv7();
    if (!(await this.credentials.keep(person, loginName, password))) return refuse('login-name-taken');
    const command = follow(registerPerson, person, { person, name });
    await this.#decided(command, () => this.credentials.drop(person));
    return { person };
  }

  @Receive(addClient)
  async client({ params: { uscc }, body: { name, roles } }: Received<typeof addClient>, asker?: Principal) {
    if (asker?.party !== uscc) return refuse('organisation-not-yours');
    if (!isEmbedded(this.config)) return refuse('sign-in-elsewhere');
    const client = randomUUID();
    const clientSecret = randomBytes(32).toString('base64url');
    await this.credentials.keepClient(client, uscc, name, clientSecret);
    const command = follow(registerClient, uscc, { uscc, client, name, roles, by: asker.person });
    const drop = () => this.credentials.dropClient(client);
    const outcome = await this.#decided(command, drop);
    if (!outcome || outcome.status < 400) return { clientId: client, clientSecret };
    await drop();
    return refuse(outcome.code);
  }

  /** When the log did not take the command, what was kept for it goes too: the form may be sent again. */
  async #decided(command: Follow, drop: () => Promise<void>): Promise<Outcome | undefined> {
    try {
      return await this.own.outcome(uuidv7(), command);
    } catch {
      await drop();
      throw new Denied('log-unavailable');
    }
  }
}
