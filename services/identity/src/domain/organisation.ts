import type { DataOf } from '@yuzhi/protocol/declare';
import type { registerOrganisation } from '@yuzhi/protocol/identity';

export type Details = DataOf<typeof registerOrganisation>;
export type MemberRole = 'admin' | 'holder' | 'bidder' | 'signatory' | 'finance' | 'desk' | 'ops';
type Members = Readonly<Record<string, readonly MemberRole[]>>;

/** An organisation and who may do what for it. */
export interface Organisation extends Details {
  readonly verified: boolean;
  readonly registeredAt: number;
  /** Roles by person (or API client). */
  readonly members: Members;
  readonly version: number;
}

/** Everything that a party does on the platform; what the platform itself does is not among it. */
const PARTY_ROLES: readonly MemberRole[] = ['admin', 'holder', 'bidder', 'signatory', 'finance'];
const PLATFORM_ROLES: readonly MemberRole[] = ['admin', 'finance', 'desk', 'ops'];

export const founded = (details: Details, by: string, now: number): Organisation => ({
  ...details,
  verified: false,
  registeredAt: now,
  members: { [by]: PARTY_ROLES },
  version: 1,
});

/** The operator's own organisation: nobody else could verify it. */
export const foundedAsPlatform = (details: Details, administrator: string, now: number): Organisation => ({
  ...founded(details, administrator, now),
  verified: true,
  members: { [administrator]: PLATFORM_ROLES },
});

export const verified = (organisation: Organisation): Organisation => ({
  ...organisation,
  verified: true,
  version: organisation.version + 1,
});

export type GrantRefusal = 'organisation-not-yours' | 'role-reserved' | 'last-admin-stays';

/** Sets a member's roles, none of them removing him; `by` is the administrator who does. */
export function granted(
  organisation: Organisation,
  { person, roles, by }: { person: string; roles: readonly MemberRole[]; by: string },
): Organisation | GrantRefusal {
  if (!rolesOf(organisation, by).includes('admin')) return 'organisation-not-yours';
  const reserved = roles.some((role) => role === 'desk' || role === 'ops');
  if (reserved && organisation.kind !== 'platform') return 'role-reserved';
  const { [person]: _, ...others } = organisation.members;
  const members: Members = roles.length ? { ...others, [person]: [...new Set(roles)] } : others;
  if (!Object.values(members).some((of) => of.includes('admin'))) return 'last-admin-stays';
  return { ...organisation, members, version: organisation.version + 1 };
}

export const rolesOf = ({ members }: Organisation, person: string): readonly MemberRole[] =>
  Object.hasOwn(members, person) ? members[person]! : [];
