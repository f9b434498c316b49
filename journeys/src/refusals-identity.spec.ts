import { randomUUID } from 'node:crypto';
import {
  addClient,
  grantRoles,
  listMembers,
  namePerson,
  registerOrganisation,
  type RoleName,
  signUp,
  verifyOrganisation,
} from '@yuzhi/protocol/identity';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { DEMO_PASSWORD, detailsOf, FIRM_A, FIRM_B, foundFirm, freshSuffix } from './cast.ts';
import { eventually } from './eventually.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { type Firm, type Person, Stage } from './stage.ts';

type Role = z.input<typeof RoleName>;

const stage = new Stage(readAddresses());
const suffix = freshSuffix();
/** Of nobody. */
const unknown = makeUscc(suffix.serial + 105);
let firm: Firm;
let other: Firm;
let colleague: Person;

beforeAll(async () => {
  [colleague, firm, other] = await Promise.all([
    stage.signUp('郏怀瑾', `colleague${suffix.login}`, DEMO_PASSWORD),
    foundFirm(stage, FIRM_A, suffix),
    foundFirm(stage, FIRM_B, suffix),
  ]);
}, 60_000);

describe('who signs up', () => {
  it('does not take the login name of somebody else', async () => {
    const form = { loginName: colleague.loginName, password: 'another-password', name: '郏怀瑾' };
    expect(await refusalOf(stage.anyone.submit(signUp, {}, form))).toBe('login-name-taken');
  });

  it('tells his own name, and nobody else his', async () => {
    const { id: person, client } = colleague;
    expect(await client.send(namePerson, { person, name: '郏怀瑾' })).toEqual({ person, name: '郏怀瑾' });
    const act = other.person.client.send(namePerson, { person, name: '他人' });
    expect(await refusalOf(act)).toBe('person-not-you');
  });

  it('does not found a second platform', async () => {
    const details = { ...detailsOf(FIRM_A, suffix.serial + 4), kind: 'platform' as const };
    expect(await refusalOf(colleague.client.send(registerOrganisation, details))).toBe('role-reserved');
  });
});

describe('the desk', () => {
  it('verifies each organisation once, and none that is not there', async () => {
    const verify = (uscc: string) => refusalOf(stage.desk.send(verifyOrganisation, { uscc }));
    expect(await verify(unknown)).toBe('organisation-not-found');
    expect(await verify(firm.uscc)).toBe('organisation-already-verified');
  });
});

describe('an administrator', () => {
  const members = async () => (await firm.client.ask(listMembers, { uscc: firm.uscc })).items;
  const grant = (uscc: string, person: string, roles: Role[]) =>
    refusalOf(firm.client.send(grantRoles, { uscc, person, roles }));

  it('gives roles of his own organisation only, to people who are there, and none of the platform', async () => {
    const before = await members();
    expect(await grant(unknown, colleague.id, ['bidder'])).toBe('organisation-not-found');
    expect(await grant(other.uscc, colleague.id, ['bidder'])).toBe('organisation-not-yours');
    expect(await grant(firm.uscc, randomUUID(), ['bidder'])).toBe('person-unknown');
    expect(await grant(firm.uscc, colleague.id, ['desk'])).toBe('role-reserved');
    expect(await members()).toEqual(before);
  });

  it('stays as long as he is the last one', async () => {
    expect(await grant(firm.uscc, firm.person.id, [])).toBe('last-admin-stays');
    expect(await grant(firm.uscc, firm.person.id, ['bidder'])).toBe('last-admin-stays');
  });

  it('adds clients to his own organisation only, and none of the platform', async () => {
    const add = (uscc: string, roles: Role[]) =>
      refusalOf(firm.client.submit(addClient, { uscc }, { name: '报价程序', roles }));
    expect(await add(other.uscc, ['bidder'])).toBe('organisation-not-yours');
    expect(await add(firm.uscc, ['bidder', 'ops'])).toBe('role-reserved');
    expect(await members()).toHaveLength(1);
  });

  it('adds no client any more once he is dismissed, even while his request is under way', async () => {
    const { uscc } = firm;
    await eventually('the dismissal before the client', async () => {
      const dismissed = await stage.employ(firm, colleague, ['admin']);
      const before = await members();
      const [added] = await Promise.all([
        refusalOf(dismissed.submit(addClient, { uscc }, { name: '报价程序', roles: ['bidder'] })),
        firm.client.send(grantRoles, { uscc, person: colleague.id, roles: [] }),
      ]);
      const clients = (await members()).length - before.length + 1;
      expect(clients).toBe(added === 'accepted' ? 1 : 0);
      return added === 'organisation-not-yours';
    });
  });
});
