import { FIRM_A, UNIVERSITY, detailsOf, DEMO_PASSWORD } from '@yuzhi/journeys/cast';
import type { Addresses } from '@yuzhi/journeys/journeys.config';
import { personToken } from '@yuzhi/journeys/sign-in';
import type { Firm, Stage } from '@yuzhi/journeys/stage';
import type { Actor } from './given.ts';
import type { Tokens } from './prompter.ts';

/** Serials of invented organisations: a run has a block of its own, so that several can use one platform. */
const BLOCKS = 300;
const PER_BLOCK = 100;
const FIRST_SERIAL = 60_000;
/** Sign-ups at one time: a password's hash is meant to be slow. */
const AT_ONCE = 4;

/** Runs the work for each, so many at a time, and answers in their order. Throws the first failure. */
export async function inTurns<T, R>(
  all: readonly T[],
  atOnce: number,
  work: (one: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < all.length; i = next++) results[i] = await work(all[i]!, i);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

/** Sellers, bidders and the desk of one run. */
export interface Roster {
  seller: Firm;
  bidders: Firm[];
  /** The seller, then the bidders, then the desk. */
  actors: Omit<Actor, 'token'>[];
  tokens: Tokens;
}
export const SELLER = 0;
export const bidderAt = (i: number): number => i + 1;

async function found(stage: Stage, sketch: typeof FIRM_A, serial: number, name: string): Promise<Firm> {
  const login = `load.${serial}`;
  const person = await stage.signUp(sketch.legalRepresentative, login, DEMO_PASSWORD);
  return stage.found(detailsOf({ ...sketch, serial, login, name }), person);
}

/** Signs up and founds everybody of this run; the block is drawn from `chance` in [0, 1). */
export async function enlist(stage: Stage, bidders: number, chance: number): Promise<Roster> {
  const first = FIRST_SERIAL + Math.floor(chance * BLOCKS) * PER_BLOCK;
  const [seller, ...others] = await inTurns(
    [UNIVERSITY, ...Array.from({ length: bidders }, () => FIRM_A)],
    AT_ONCE,
    (sketch, i) => found(stage, sketch, first + i, i === 0 ? '压测大学（演示）' : `压测企业${i}（演示）`),
  );
  const firms = [seller!, ...others];
  const { admin, platform } = stage.addresses;
  const actors = firms.map(({ person, uscc }) => ({ login: person.loginName, party: uscc }));
  return {
    seller: seller!,
    bidders: others,
    actors: [...actors, { login: admin.loginName, party: platform }],
    tokens: tokensOf(stage.addresses, firms),
  };
}

function tokensOf({ url, admin }: Addresses, firms: readonly Firm[]): Tokens {
  const people = [...firms.map(({ person }) => person), admin];
  return new Map(people.map(({ loginName, password }) => [loginName, personToken(url, loginName, password)]));
}
