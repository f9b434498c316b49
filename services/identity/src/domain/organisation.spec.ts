import { describe, expect, it } from '@jest/globals';
import { makeUscc } from '@yuzhi/protocol/uscc';
import fc from 'fast-check';
import {
  type Details,
  founded,
  foundedAsPlatform,
  granted,
  type MemberRole,
  type Organisation,
  rolesOf,
  verified,
} from './organisation.ts';
import { registered } from './person.ts';

const NOW = Date.parse('2026-12-01T10:00:00+08:00');
const [FOUNDER, MEMBER, OTHER] = ['founder', 'member', 'other'] as const;
const details: Details = {
  uscc: makeUscc(7),
  name: '演示数据·嵩山精密制造有限公司',
  nameEn: 'Songshan Precision (demonstration)',
  kind: 'firm',
  region: '410100',
  address: '河南省郑州市',
  legalRepresentative: '张明远',
};
const firm = founded(details, FOUNDER, NOW);
const platform = foundedAsPlatform({ ...details, kind: 'platform' }, FOUNDER, NOW);

describe('a new organisation', () => {
  it('waits for its verification, and whoever founded it may do everything a party does', () => {
    expect(firm).toMatchObject({ ...details, verified: false, registeredAt: NOW, version: 1 });
    expect(rolesOf(firm, FOUNDER)).toEqual(['admin', 'holder', 'bidder', 'signatory', 'finance']);
    expect(rolesOf(firm, MEMBER)).toEqual([]);
  });

  it('is verified from the start when it is the platform, and does not trade', () => {
    expect(platform).toMatchObject({ verified: true, version: 1 });
    expect(rolesOf(platform, FOUNDER)).toEqual(['admin', 'finance', 'desk', 'ops']);
  });

  it('keeps its members when it is verified', () => {
    expect(verified(firm)).toEqual({ ...firm, verified: true, version: 2 });
  });

  it('has no members by the name of what every object has', () => {
    expect(rolesOf(firm, 'constructor')).toEqual([]);
    expect(rolesOf(firm, '__proto__')).toEqual([]);
  });
});

describe('roles', () => {
  const grant = (of: Organisation, person: string, roles: MemberRole[], by: string = FOUNDER) =>
    granted(of, { person, roles, by });
  const given = (of: Organisation, person: string, roles: MemberRole[], by: string = FOUNDER): Organisation => {
    const after = grant(of, person, roles, by);
    if (typeof after === 'string') throw new Error(after);
    return after;
  };

  it('are given by an administrator, each once', () => {
    const after = given(firm, MEMBER, ['bidder', 'finance', 'bidder']);
    expect(after).toMatchObject({
      version: 2,
      members: { [FOUNDER]: firm.members[FOUNDER], [MEMBER]: ['bidder', 'finance'] },
    });
  });

  it('replace those he had, and none of them removes him', () => {
    const after = given(given(firm, MEMBER, ['bidder', 'finance']), MEMBER, ['signatory']);
    expect(rolesOf(after, MEMBER)).toEqual(['signatory']);
    expect(given(after, MEMBER, []).members).toEqual(firm.members);
  });

  it('are not given by a stranger, nor by a member who does not administer', () => {
    const staffed = given(firm, MEMBER, ['holder', 'bidder', 'signatory', 'finance']);
    expect(grant(firm, MEMBER, ['admin'], MEMBER)).toBe('organisation-not-yours');
    expect(grant(staffed, MEMBER, ['admin'], MEMBER)).toBe('organisation-not-yours');
    expect(grant(staffed, OTHER, ['bidder'], 'constructor')).toBe('organisation-not-yours');
  });

  it.each(['desk', 'ops'] as const)('of the platform, such as %s, are for members of the platform only', (role) => {
    expect(grant(firm, MEMBER, ['bidder', role])).toBe('role-reserved');
    expect(rolesOf(given(platform, MEMBER, [role]), MEMBER)).toEqual([role]);
  });

  it('leave an administrator: the last one neither goes nor steps down', () => {
    expect(grant(firm, FOUNDER, [])).toBe('last-admin-stays');
    expect(grant(firm, FOUNDER, ['bidder'])).toBe('last-admin-stays');
    const shared = given(firm, MEMBER, ['admin']);
    expect(given(shared, FOUNDER, []).members).toEqual({ [MEMBER]: ['admin'] });
  });

  it('say who may not before what may not', () => {
    expect(grant(firm, FOUNDER, ['desk'], MEMBER)).toBe('organisation-not-yours');
    expect(grant(firm, FOUNDER, ['desk'])).toBe('role-reserved');
  });

  const role = fc.constantFrom<MemberRole>('admin', 'holder', 'bidder', 'signatory', 'finance', 'desk', 'ops');
  const person = fc.constantFrom<string>(FOUNDER, MEMBER, OTHER);
  const step = fc.record({ person, by: person, roles: fc.array(role, { maxLength: 4 }) });

  it('never leave an organisation without an administrator, nor a member without a role, whatever is granted', () => {
    fc.assert(
      fc.property(fc.constantFrom(firm, platform), fc.array(step, { maxLength: 25 }), (start, steps) => {
        let organisation = start;
        for (const one of steps) {
          const after = granted(organisation, one);
          if (typeof after === 'string') continue;
          expect(after.version).toBe(organisation.version + 1);
          expect(rolesOf(organisation, one.by)).toContain('admin');
          organisation = after;
        }
        const members = Object.values(organisation.members);
        expect(members.some((roles) => roles.includes('admin'))).toBe(true);
        expect(members.every((roles) => roles.length > 0 && new Set(roles).size === roles.length)).toBe(true);
        const reserved = members.flat().some((one) => one === 'desk' || one === 'ops');
        expect(reserved && organisation.kind !== 'platform').toBe(false);
      }),
    );
  });
});

describe('a person', () => {
  it('is registered with a name', () => {
    expect(registered(MEMBER, '李晓彤')).toEqual({ person: MEMBER, name: '李晓彤', version: 1 });
  });
});
