import type { Permission } from '@yuzhi/protocol/declare';
import { FIRM_A, FIRM_B, foundFirm, freshSuffix } from './cast.ts';
import { askedOf, type Door, isOfPlatform, type Json } from './doors.ts';
import { readAddresses } from './journeys.config.ts';
import { personToken } from './sign-in.ts';
import { type Firm, type Person, Stage } from './stage.ts';
import { type Answered, send, type Sent } from './wire.ts';

export type Headers = Record<string, string>;
export const JSON_BODY = { 'content-type': 'application/json' };
export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

const DAY_MS = 86_400_000;
const AT_ONCE = 12;

/** Two firms and the platform's administrator, who send what the typed client would never send. */
export class Callers {
  readonly #tokens = new Map<string, () => Promise<string>>();

  constructor(
    readonly stage: Stage,
    readonly firm: Firm,
    readonly other: Firm,
  ) {}

  /** A day later than it was: what other stories left waiting does not fall due while these callers look. */
  static async gather(): Promise<Callers> {
    const stage = new Stage(readAddresses());
    const suffix = freshSuffix();
    const [firm, other] = await Promise.all([foundFirm(stage, FIRM_A, suffix), foundFirm(stage, FIRM_B, suffix)]);
    await stage.advanceTo((await stage.now()) + DAY_MS);
    return new Callers(stage, firm, other);
  }

  send = (sent: Sent): Promise<Answered> => send(this.stage.addresses.url, sent);
  /** A good request under these headers, of what is given, or one with another body. */
  knock(door: Door, headers: Headers, { body, given }: { body?: string; given?: Json } = {}): Promise<Answered> {
    const { method, path, body: good } = askedOf(door, given);
    if (method === 'GET') return this.send({ method, path, headers });
    return this.send({ method, path, headers: { ...JSON_BODY, ...headers }, body: body ?? JSON.stringify(good) });
  }

  /** Somebody with the role: the firm, or the platform's administrator. */
  async headersFor(permission: Permission): Promise<Headers> {
    if (permission === 'anyone') return {};
    const { admin, platform } = this.stage.addresses;
    return isOfPlatform({ permission })
      ? this.headersOf(admin, platform)
      : this.headersOf(this.firm.person, this.firm.uscc);
  }
  async headersOf(person: Pick<Person, 'loginName' | 'password'>, organisation: string): Promise<Headers> {
    const { loginName, password } = person;
    let token = this.#tokens.get(loginName);
    if (!token) this.#tokens.set(loginName, (token = personToken(this.stage.addresses.url, loginName, password)));
    return { ...bearer(await token()), 'x-organisation': organisation };
  }
}

/** A few at once, in their order. */
export async function forEach<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const work = async () => {
    for (const one of left) await act(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
