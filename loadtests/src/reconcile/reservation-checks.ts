import type { Evidence } from './evidence.ts';
import { type Check, FINDINGS_MAX, type Found } from './check.ts';

interface Listing {
  saleId: string;
  patentNumber: string;
  status: string;
  reservation: string;
  version: number;
}
interface Patent {
  patentNumber: string;
  saleId: string;
}

/** What is bid for, sold or about to be needs its patent: a listing holds it from before it is announced. */
const ALIVE = ['opening', 'announced', 'result-notice', 'contracting'];

async function listingsOf({ listings }: Evidence['databases']): Promise<Map<string, Listing>> {
  const { rows } = await listings.query<Listing>(
    `select sale_id::text as "saleId", patent_number as "patentNumber", status,
       state ->> 'reservation' as reservation, version
     from listing where status <> 'draft' or state ->> 'reservation' <> 'none' order by sale_id`,
  );
  return new Map(rows.map((row) => [row.saleId, row]));
}

/** Why the register should not hold a patent for this sale; the register's answer may be under way. */
function needless({ patentNumber }: Patent, listing: Listing | undefined): string | undefined {
  if (!listing) return 'for a sale that nobody listed';
  if (listing.patentNumber !== patentNumber) return `for a sale of ${listing.patentNumber}`;
  const { status, reservation } = listing;
  return reservation === 'none' && status !== 'reserving' ? `for a sale that is ${status}` : undefined;
}

/**
 * The register's locks against the sales they are for. Listings are read before and after: what changed in between is
 * under way, and one that waits for the register's answer may hold its patent or not.
 */
const reservations: Check = {
  name: 'reservations-agree',
  proves: 'the register holds a patent for each sale under way, and for no other',
  find: async ({ databases }) => {
    const before = await listingsOf(databases);
    const { rows } = await databases.register.query<Patent>(
      `select patent_number as "patentNumber", state ->> 'reservedBy' as "saleId"
       from patent where state ->> 'reservedBy' is not null order by patent_number`,
    );
    const after = await listingsOf(databases);
    const rests = (saleId: string) => before.get(saleId)?.version === after.get(saleId)?.version;
    const locks = rows.flatMap((patent): Found[] => {
      const says = rests(patent.saleId) && needless(patent, after.get(patent.saleId));
      return says
        ? [{ row: `register.patent ${patent.patentNumber}`, says: `held for ${patent.saleId}, ${says}` }]
        : [];
    });
    const heldBy = new Map(rows.map(({ saleId, patentNumber }) => [saleId, patentNumber]));
    const sales = [...after.values()].flatMap(({ saleId, patentNumber, status, reservation }): Found[] => {
      const needs = reservation === 'held' || ALIVE.includes(status);
      if (!needs || !rests(saleId) || heldBy.get(saleId) === patentNumber) return [];
      return [{ row: `listings.listing ${saleId}`, says: `is ${status}, and the register does not hold its patent` }];
    });
    return [...locks, ...sales].slice(0, FINDINGS_MAX);
  },
};

export const reservationChecks: readonly Check[] = [reservations];
