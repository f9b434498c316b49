import { randomBytes, randomUUID } from 'node:crypto';
import { Receive, type Received } from '@yuzhi/chassis/answers';
import { OwnCommands } from '@yuzhi/chassis/own-commands';
import { follow, refuse } from '@yuzhi/messaging/decision';
import { uuidv7 } from '@yuzhi/messaging/ids';
import type { Principal } from '@yuzhi/protocol/declare';
import { addClient, registerClient, registerPerson, signUp } from '@yuzhi/protocol/identity';
import { Injectable } from '@nestjs/common';
import { Credentials } from './credentials.ts';

/** The two forms with a secret in them: the secret goes to a side table, everything else travels on the log. */
@Injectable()
export class SignUp {
  constructor(
    private readonly credentials: Credentials,
    private readonly own: OwnCommands,
  ) {}

  @Receive(signUp)
  async person({ body: { loginName, password, name } }: Received<typeof signUp>) {
    const person = uuidv7();
    if (!(await this.credentials.keep(person, loginName, password))) return refuse('login-name-taken');
    await this.own.outcome(uuidv7(), follow(registerPerson, person, { person, name }));
    return { person };
  }

  @Receive(addClient)
  async client({ params: { uscc }, body: { name, roles } }: Received<typeof addClient>, asker?: Principal) {
    if (asker?.party !== uscc) return refuse('organisation-not-yours');
    const client = randomUUID();
    const clientSecret = randomBytes(32).toString('base64url');
    await this.credentials.keepClient(client, uscc, name, clientSecret);
    const command = follow(registerClient, uscc, { uscc, client, name, roles, by: asker.person });
    const outcome = await this.own.outcome(uuidv7(), command);
    if (!outcome || outcome.status < 400) return { clientId: client, clientSecret };
    await this.credentials.dropClient(client);
    return refuse(outcome.code);
  }
}
