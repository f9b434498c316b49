import { describe, expect, it } from '@jest/globals';
import type { HeldTables } from '@yuzhi/chassis/parts';
import { Accepted, type Decision, type Sent } from '@yuzhi/messaging/decision';
import type { Command, DataOf, Principal } from '@yuzhi/protocol/declare';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { type Details, founded, foundedAsPlatform, type Organisation } from './domain/organisation.ts';
import { OrganisationHandlers, PersonHandlers } from './identity.handlers.ts';

const NOW = Date.parse('2026-12-01T10:00:00+08:00');
const [ADMIN, MEMBER, CLIENT] = [
  '0190f3c0-0000-7000-8000-00000000000a',
  '0190f3c0-0000-7000-8000-00000000000b',
  '0190f3c0-0000-7000-8000-00000000000c',
];
const uscc = makeUscc(11);
const details: Details = {
  ...{ uscc, name: '演示数据·中原大学', nameEn: 'Zhongyuan University', kind: 'university' as const },
  ...{ region: '410100', address: '郑州市', legalRepresentative: '王思齐' },
};
const firm = founded(details, ADMIN, NOW);

const known = new Set([MEMBER]);
const tables = { of: () => ({ get: (id: string) => (known.has(id) ? { person: id, name: '李' } : undefined) }) };
const organisations = new OrganisationHandlers(tables as unknown as HeldTables);
const people = new PersonHandlers();

const admin = (party = uscc): Principal => ({ party, person: ADMIN, roles: ['admin'] });
const sent = <C extends Command>(data: DataOf<C>, principal = admin()) =>
  ({ key: uscc, principal, data }) as unknown as Sent<C>;
type Naming = Parameters<PersonHandlers['name']>[1];
const codeOf = (decision: Decision<unknown>) => (decision instanceof Accepted ? 'done' : decision.code);
const keptBy = ({ kept }: Decision<unknown>) => Object.fromEntries(kept.map(({ key, data }) => [key, data]));
const toldBy = ({ events }: Decision<unknown>) =>
  events.map(({ event, data }) => [event.type.split('.').slice(1, 3).join('.'), data]);

describe('registering', () => {
  it('a person makes his name known to everybody, once', () => {
    const decision = people.register(undefined, sent({ person: MEMBER, name: '李晓彤' }));
    expect(decision).toMatchObject({ state: { person: MEMBER, version: 1 }, body: { person: MEMBER } });
    expect(keptBy(decision)).toEqual({ [MEMBER]: { person: MEMBER, name: '李晓彤' } });
    const before = { person: MEMBER, name: '李', version: 1 };
    const again = people.register(before, sent({ person: MEMBER, name: '李晓彤' }));
    expect(again).toMatchObject({ state: before, body: { person: MEMBER }, kept: [] });
  });

  it('a person tells his name himself, whether he is known or signed in elsewhere, and corrects it', () => {
    const himself = { party: MEMBER, person: MEMBER, roles: [] };
    const saying = (name: string) => ({ key: MEMBER, principal: himself, data: { name } }) as unknown as Naming;
    const first = people.name(undefined, saying('李晓彤'));
    expect(first).toMatchObject({ state: { person: MEMBER, name: '李晓彤', version: 1 } });
    const again = people.name({ person: MEMBER, name: '李晓彤', version: 1 }, saying('李晓丹'));
    expect(again).toMatchObject({ state: { name: '李晓丹', version: 2 }, body: { person: MEMBER, name: '李晓丹' } });
    expect(keptBy(again)).toEqual({ [MEMBER]: { person: MEMBER, name: '李晓丹' } });
    expect(codeOf(people.name(undefined, { ...saying('他人'), principal: admin() }))).toBe('person-not-you');
  });

  it('an organisation makes its row and its administrator known, neither of them verified', () => {
    const decision = organisations.register(undefined, sent(details), NOW);
    expect(decision.state).toEqual(firm);
    const kept = keptBy(decision);
    expect(kept[uscc]).toEqual({ ...details, verified: false });
    const roles = ['admin', 'holder', 'bidder', 'signatory', 'finance'];
    expect(kept[`${ADMIN}/${uscc}`]).toEqual({ person: ADMIN, organisation: uscc, roles, verified: false });
    expect(toldBy(decision)).toEqual([
      ['organisation.registered', { uscc, name: details.name, kind: 'university', by: ADMIN }],
    ]);
  });

  it('an organisation twice, or another platform, is refused', () => {
    expect(codeOf(organisations.register(firm, sent(details), NOW))).toBe('organisation-exists');
    expect(codeOf(organisations.register(undefined, sent({ ...details, kind: 'platform' }), NOW))).toBe(
      'role-reserved',
    );
  });

  it('the platform itself, with its first administrator, happens once', () => {
    const decision = organisations.found(undefined, sent({ ...details, administrator: ADMIN }), NOW);
    expect(decision.state).toEqual(foundedAsPlatform(details, ADMIN, NOW));
    expect(keptBy(decision)[`${ADMIN}/${uscc}`]).toMatchObject({
      roles: ['admin', 'finance', 'desk', 'ops'],
      verified: true,
    });
    const again = organisations.found(firm, sent({ ...details, administrator: MEMBER }), NOW);
    expect(again).toMatchObject({ state: firm, body: { uscc }, kept: [], events: [] });
  });
});

describe('verifying', () => {
  it('makes every membership of the organisation count', () => {
    const staffed: Organisation = { ...firm, members: { ...firm.members, [MEMBER]: ['bidder'] } };
    const decision = organisations.verify(staffed);
    expect(decision.state).toMatchObject({ verified: true, version: 2 });
    const kept = keptBy(decision);
    expect(Object.keys(kept).toSorted()).toEqual([uscc, `${ADMIN}/${uscc}`, `${MEMBER}/${uscc}`].toSorted());
    expect(Object.values(kept)).toEqual(Object.values(kept).map(() => expect.objectContaining({ verified: true })));
    expect(toldBy(decision)).toEqual([['organisation.verified', { uscc, name: details.name }]]);
  });

  it('is refused for nobody, and a second time', () => {
    expect(codeOf(organisations.verify(undefined))).toBe('organisation-not-found');
    expect(codeOf(organisations.verify({ ...firm, verified: true }))).toBe('organisation-already-verified');
  });
});

describe('granting roles', () => {
  const grant = (
    of: Organisation | undefined,
    person: string,
    roles: Organisation['members'][string],
    principal = admin(),
  ) => organisations.grant(of, sent({ person, roles: [...roles] }, principal));

  it('makes only that membership known anew', () => {
    const decision = grant(firm, MEMBER, ['bidder', 'bidder']);
    const roles = ['bidder'];
    expect(decision).toMatchObject({ state: { version: 2 }, body: { person: MEMBER, roles } });
    expect(keptBy(decision)).toEqual({
      [uscc]: { ...details, verified: false },
      [`${MEMBER}/${uscc}`]: { person: MEMBER, organisation: uscc, roles, verified: false },
    });
    expect(toldBy(decision)).toEqual([['organisation.roles-granted', { uscc, person: MEMBER, roles }]]);
  });

  it('none of them deletes the membership', () => {
    const staffed: Organisation = { ...firm, members: { ...firm.members, [MEMBER]: ['bidder'] } };
    const decision = grant(staffed, MEMBER, []);
    expect(keptBy(decision)).toMatchObject({ [`${MEMBER}/${uscc}`]: null });
    expect(decision).toMatchObject({ body: { roles: [] } });
  });

  it('is refused by every code', () => {
    expect(codeOf(grant(undefined, MEMBER, ['bidder']))).toBe('organisation-not-found');
    expect(codeOf(grant(firm, MEMBER, ['bidder'], admin(makeUscc(12))))).toBe('organisation-not-yours');
    expect(codeOf(grant(firm, MEMBER, ['bidder'], { ...admin(), person: MEMBER }))).toBe('organisation-not-yours');
    expect(codeOf(grant(firm, CLIENT, ['bidder']))).toBe('person-unknown');
    expect(codeOf(grant(firm, MEMBER, ['ops']))).toBe('role-reserved');
    known.add(ADMIN);
    expect(codeOf(grant(firm, ADMIN, []))).toBe('last-admin-stays');
  });
});

describe('an API client', () => {
  const add = (of: Organisation | undefined, by = ADMIN, roles: Organisation['members'][string] = ['holder']) =>
    organisations.addClient(of, sent({ uscc, client: CLIENT, name: '接口', roles: [...roles], by: by }));

  it('stands among people and members like a person', () => {
    const decision = add(firm);
    expect(decision).toMatchObject({
      state: { version: 2, members: { [CLIENT]: ['holder'] } },
      body: { client: CLIENT },
    });
    expect(keptBy(decision)).toMatchObject({
      [CLIENT]: { person: CLIENT, name: '接口' },
      [`${CLIENT}/${uscc}`]: { roles: ['holder'], verified: false },
    });
  });

  it('is refused by nobody in charge, and in a role of the platform', () => {
    expect(() => add(undefined)).toThrow('not there');
    expect(codeOf(add(firm, MEMBER))).toBe('organisation-not-yours');
    expect(codeOf(add(firm, ADMIN, ['desk']))).toBe('role-reserved');
  });
});
