import { Answer } from '@yuzhi/chassis/answers';
import { HeldTables } from '@yuzhi/chassis/parts';
import { fromJson } from '@yuzhi/database/json';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { getMe, getOrganisation, listMembers, listOrganisations, people } from '@yuzhi/protocol/identity';
import { Injectable } from '@nestjs/common';
import { type Organisation, rolesOf } from './domain/organisation.ts';
import { PrismaClient } from './generated/prisma/client.ts';

@Injectable()
export class IdentityQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly tables: HeldTables,
  ) {}

  @Answer(getOrganisation)
  async organisation({ uscc }: ParamsOf<typeof getOrganisation>) {
    const row = await this.prisma.organisation.findUnique({ where: { uscc } });
    return row ? fromJson<Organisation>(row.state) : undefined;
  }

  /** Newest first. */
  @Answer(listOrganisations)
  async organisations({ after, limit, verified }: ParamsOf<typeof listOrganisations>) {
    const [at, uscc] = after?.split('_') ?? [];
    const since = new Date(Number(at));
    const rows = await this.prisma.organisation.findMany({
      where: {
        AND: [
          verified ? { verified: verified === 'true' } : {},
          uscc ? { OR: [{ registeredAt: { lt: since } }, { registeredAt: since, uscc: { lt: uscc } }] } : {},
        ],
      },
      orderBy: [{ registeredAt: 'desc' }, { uscc: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ state }) => fromJson<Organisation>(state)),
      next: rows.length > limit && last ? `${last.registeredAt.getTime()}_${last.uscc}` : null,
    };
  }

  @Answer(listMembers)
  async members({ uscc }: ParamsOf<typeof listMembers>, asker?: Principal) {
    if (asker?.party !== uscc) return undefined;
    const row = await this.prisma.organisation.findUnique({ where: { uscc } });
    if (!row) return undefined;
    const { members } = fromJson<Organisation>(row.state);
    return {
      items: Object.entries(members).map(([person, roles]) => ({
        person,
        name: this.#nameOf(person),
        roles: [...roles],
      })),
    };
  }

  @Answer(getMe)
  async me(_: ParamsOf<typeof getMe>, asker?: Principal) {
    const person = asker!.person;
    const rows = await this.prisma.$queryRaw<{ state: unknown }[]>`
      select state from organisation where members ? ${person} order by uscc`;
    const mine = rows.map(({ state }) => fromJson<Organisation>(state));
    return {
      person,
      name: this.#nameOf(person),
      memberships: mine.map((organisation) => ({
        organisation: organisation.uscc,
        name: organisation.name,
        roles: [...rolesOf(organisation, person)],
        verified: organisation.verified,
      })),
    };
  }
  #nameOf(person: string): string {
    return this.tables.of(people).get(person)?.name ?? person;
  }
}
