import { createClient } from '@yuzhi/protocol/client';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { personToken } from '@yuzhi/journeys/sign-in';
import type { Addresses } from '@yuzhi/journeys/journeys.config';
import { type Person, Stage } from '@yuzhi/journeys/stage';

const PASSWORD = 'yuzhi-bench-2026';
const PEOPLE = 4;
/** Before the token's end, which the slowest sample must not meet: it lasts fifteen minutes. */
const FRESH_MS = 5 * 60_000;
const FIRST_SERIAL = 50_000;

/** Who bids: a person's token, and the organisation he acts for. */
export interface Bidder {
  token: string;
  organisation: string;
  person: string;
}

/**
 * People who signed up and the organisations they act for, made over HTTP like everybody else's. There are many, for
 * the door gives each party an allowance, and nobody's may be what is measured.
 */
export class Bidders {
  #tokens: string[] = [];
  #signedInAt = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly url: string,
    private readonly people: readonly Person[],
    private readonly organisations: readonly { uscc: string; person: number }[],
  ) {}

  static async gather(addresses: Addresses, count: number): Promise<Bidders> {
    const stage = new Stage(addresses);
    const people: Person[] = [];
    for (let i = 0; i < PEOPLE; i++)
      people.push(await stage.signUp(`测速者${i + 1}`, `bench.person${i + 1}`, PASSWORD));
    // One more than bid.
    const organisations = Array.from({ length: count + 1 }, (_, i) => ({
      uscc: makeUscc(FIRST_SERIAL + i),
      person: i % PEOPLE,
    }));
    // One after the other for each of them: who may act for whom is learnt a moment later.
    await Promise.all(
      people.map(async (person, n) => {
        for (const { uscc } of organisations.filter((one) => one.person === n)) {
          await stage.found(detailsOf(uscc), person);
        }
      }),
    );
    return new Bidders(addresses.url, people, organisations);
  }

  /** With tokens that last for minutes. */
  async signedIn(): Promise<Bidder[]> {
    return (await this.#everybody()).slice(0, -1);
  }
  /** Whom nobody lets bid anywhere. */
  async stranger(): Promise<Bidder> {
    return (await this.#everybody()).at(-1)!;
  }
  async #everybody(): Promise<Bidder[]> {
    if (performance.now() - this.#signedInAt > FRESH_MS) {
      const fresh = this.people.map(({ loginName }) => personToken(this.url, loginName, PASSWORD)());
      this.#tokens = await Promise.all(fresh);
      this.#signedInAt = performance.now();
    }
    return this.organisations.map(({ uscc, person }) => ({
      token: this.#tokens[person]!,
      organisation: uscc,
      person: this.people[person]!.id,
    }));
  }
  get anyone() {
    return createClient({ baseUrl: this.url });
  }
}

const detailsOf = (uscc: string) => ({
  uscc,
  name: `测速机构 ${uscc}`,
  nameEn: `Bench organisation ${uscc}`,
  kind: 'firm' as const,
  legalRepresentative: '测速者',
  region: '410100',
  address: '河南省郑州市（测速地址）',
});
