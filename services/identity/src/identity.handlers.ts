import { HeldTables } from '@yuzhi/chassis/parts';
import { accept, type Effects, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle } from '@yuzhi/messaging/handlers';
import {
  foundPlatform,
  grantRoles,
  memberships,
  namePerson,
  organisationRegistered,
  organisations,
  organisationVerified,
  people,
  registerClient,
  registerOrganisation,
  registerPerson,
  rolesGranted,
  verifyOrganisation,
} from '@yuzhi/protocol/identity';
import { Injectable } from '@nestjs/common';
import { founded, foundedAsPlatform, granted, type Organisation, rolesOf, verified } from './domain/organisation.ts';
import { named, type Person, registered } from './domain/person.ts';
import { OrganisationStore, PersonStore } from './identity.store.ts';

@Injectable()
export class PersonHandlers {
  @Handle(registerPerson, PersonStore)
  register(known: Person | undefined, { data: { person, name } }: Sent<typeof registerPerson>) {
    if (known) return accept(known, { person });
    return accept(registered(person, name), { person }).keep(people, person, { person, name });
  }

  @Handle(namePerson, PersonStore)
  name(known: Person | undefined, { key: person, data: { name }, principal }: Sent<typeof namePerson>) {
    if (person !== principal.person) return refuse('person-not-you');
    return accept(named(known, person, name), { person, name }).keep(people, person, { person, name });
  }
}

@Injectable()
export class OrganisationHandlers {
  constructor(private readonly tables: HeldTables) {}

  @Handle(registerOrganisation, OrganisationStore)
  register(known: Organisation | undefined, { data, principal }: Sent<typeof registerOrganisation>, now: number) {
    if (known) return refuse('organisation-exists');
    if (data.kind === 'platform') return refuse('role-reserved');
    const organisation = founded(data, principal.person, now);
    const { uscc, name, kind } = organisation;
    const decision = accept(organisation, { uscc });
    announce(decision, organisation, Object.keys(organisation.members));
    return decision.tell(organisationRegistered, { uscc, name, kind, by: principal.person });
  }

  @Handle(foundPlatform, OrganisationStore)
  found(known: Organisation | undefined, { data }: Sent<typeof foundPlatform>, now: number) {
    if (known) return accept(known, { uscc: data.uscc });
    const { administrator, ...details } = data;
    const organisation = foundedAsPlatform(details, administrator, now);
    const decision = accept(organisation, { uscc: details.uscc });
    announce(decision, organisation, [administrator]);
    return decision.tell(organisationVerified, { uscc: details.uscc, name: details.name });
  }

  @Handle(verifyOrganisation, OrganisationStore)
  verify(organisation: Organisation | undefined) {
    if (!organisation) return refuse('organisation-not-found');
    if (organisation.verified) return refuse('organisation-already-verified');
    const after = verified(organisation);
    const { uscc, name } = after;
    const decision = accept(after, { uscc });
    announce(decision, after, Object.keys(after.members));
    return decision.tell(organisationVerified, { uscc, name });
  }

  @Handle(grantRoles, OrganisationStore)
  grant(organisation: Organisation | undefined, { data, principal }: Sent<typeof grantRoles>) {
    if (!organisation) return refuse('organisation-not-found');
    if (principal.party !== organisation.uscc) return refuse('organisation-not-yours');
    if (!this.tables.of(people).get(data.person)) return refuse('person-unknown');
    const after = granted(organisation, { ...data, by: principal.person });
    if (typeof after === 'string') return refuse(after);
    const { uscc } = after;
    const roles = [...rolesOf(after, data.person)];
    const decision = accept(after, { person: data.person, roles });
    announce(decision, after, [data.person]);
    return decision.tell(rolesGranted, { uscc, person: data.person, roles });
  }

  @Handle(registerClient, OrganisationStore)
  addClient(organisation: Organisation | undefined, { data }: Sent<typeof registerClient>) {
    const { client, name, roles, by, uscc } = data;
    if (!organisation) throw new Error(`${uscc}: a client of an organisation that is not there`);
    const after = granted(organisation, { person: client, roles, by });
    // A client is added, so an administrator stays.
    if (after === 'last-admin-stays') throw new Error(`${uscc} has no administrator`);
    if (typeof after === 'string') return refuse(after);
    const decision = accept(after, { client }).keep(people, client, { person: client, name });
    announce(decision, after, [client]);
    return decision.tell(rolesGranted, { uscc, person: client, roles });
  }
}

/** Everybody holds who may act for whom: the organisation's row, and those of the members that changed. */
function announce(effects: Effects, organisation: Organisation, changed: string[]): void {
  const { uscc, name, nameEn, kind, region, address, legalRepresentative, verified: isVerified } = organisation;
  const row = { uscc, name, nameEn, kind, region, address, legalRepresentative, verified: isVerified };
  effects.keep(organisations, uscc, row);
  for (const person of changed) {
    const roles = [...rolesOf(organisation, person)];
    const membership = { person, organisation: uscc, roles, verified: isVerified };
    effects.keep(memberships, `${person}/${uscc}`, roles.length ? membership : null);
  }
}
