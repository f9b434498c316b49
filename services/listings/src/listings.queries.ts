import { Answer } from '@yuzhi/chassis/answers';
import { fromJson, wire } from '@yuzhi/database/json';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { getListing, listListings } from '@yuzhi/protocol/listings';
import { Injectable } from '@nestjs/common';
import { stuckOf } from './domain/asking.ts';
import { PUBLIC_STATES, type Listing } from './domain/listing.ts';
import { PrismaClient } from './generated/prisma/client.ts';

const isPublic = (status: string) => (PUBLIC_STATES as readonly string[]).includes(status);
const seesAll = (asker?: Principal) => asker?.roles.some((role) => role === 'desk' || role === 'ops') ?? false;

@Injectable()
export class ListingQueries {
  constructor(private readonly prisma: PrismaClient) {}

  @Answer(getListing)
  async get({ saleId }: ParamsOf<typeof getListing>, asker?: Principal) {
    const row = await this.prisma.listing.findUnique({ where: { saleId } });
    if (!row) return undefined;
    const visible = isPublic(row.status) || row.seller === asker?.party || seesAll(asker);
    return visible ? viewOf(row.state, asker) : undefined;
  }

  /** Newest first; the cursor is the last row's instant and id. */
  @Answer(listListings)
  async list({ after, limit, status, q, mine, stuck }: ParamsOf<typeof listListings>, asker?: Principal) {
    const [at, saleId] = after?.split('_') ?? [];
    const own = mine === 'true' ? { seller: asker?.party ?? '' } : {};
    const sees = mine === 'true' || seesAll(asker);
    const shown = sees ? {} : { status: { in: [...PUBLIC_STATES] } };
    const marked = stuck && sees ? { stuck: stuck === 'true' } : {};
    const cursor = saleId
      ? { OR: [{ listedAt: { lt: instant(at!) } }, { listedAt: instant(at!), saleId: { lt: saleId } }] }
      : {};
    const rows = await this.prisma.listing.findMany({
      where: {
        AND: [own, shown, marked, status ? { status } : {}, q ? { words: { contains: q.toLowerCase() } } : {}, cursor],
      },
      orderBy: [{ listedAt: 'desc' }, { saleId: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ state }) => viewOf(state, asker)),
      next: rows.length > limit && last ? `${last.listedAt.getTime()}_${last.saleId}` : null,
    };
  }
}

const instant = (ms: string) => new Date(Number(ms));

function viewOf(state: unknown, asker?: Principal) {
  const listing = fromJson<Listing>(state);
  const { entry, terms, result, returned, seller } = listing;
  const own = asker?.party === seller;
  const inside = own || seesAll(asker);
  return wire({
    ...listing,
    title: entry?.title ?? null,
    kind: entry?.kind ?? null,
    ipc: entry?.ipc ?? [],
    terms: { ...terms, reserved: terms.reserveFen !== null, reserveFen: own ? terms.reserveFen : null },
    encumbrances: entry?.encumbrances.filter(({ kind }) => kind.endsWith('licence')) ?? [],
    returnReason: returned?.comment ?? null,
    reward: inside ? listing.reward : null,
    stuck: inside ? stuckOf(listing) : null,
    result: result && { outcome: result.outcome, paddle: result.paddle, priceFen: result.priceFen },
    demo: entry?.demo ?? false,
  });
}
