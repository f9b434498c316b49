import type { Evidence } from './evidence.ts';

/** Something that should not be: which row, and what is wrong with it. */
export interface Finding {
  check: string;
  /** As exact as can be: service, table and key. */
  row: string;
  says: string;
}
export type Found = Omit<Finding, 'check'>;

/** One thing that is proven of a platform at rest. */
export interface Check {
  name: string;
  /** What holds when nothing is found. */
  proves: string;
  /** Answers at most `FINDINGS_MAX` findings; throws only when the evidence cannot be read. */
  find(evidence: Evidence): Promise<Found[]>;
}

/** Of one check: whoever sees so many has seen enough. */
export const FINDINGS_MAX = 100;

/** A check of one statement, which answers its findings as `row` and `says`. */
export const sqlCheck = (name: string, proves: string, service: keyof Evidence['databases'], sql: string): Check => ({
  name,
  proves,
  find: async ({ databases }) => {
    const { rows } = await databases[service].query<Found>(
      `select f.row, f.says from (${sql}) f order by f.row, f.says limit ${FINDINGS_MAX}`,
    );
    return rows;
  },
});

/** The same statement over every service's database. */
export const everywhere = (name: string, proves: string, sql: string): Check => ({
  name,
  proves,
  find: async ({ databases }) => {
    const found = await Promise.all(
      Object.entries(databases).map(async ([service, database]) => {
        const { rows } = await database.query<Found>(
          `select f.row, f.says from (${sql}) f order by f.row, f.says limit ${FINDINGS_MAX}`,
        );
        return rows.map(({ row, says }) => ({ row: `${service}.${row}`, says }));
      }),
    );
    return found.flat().slice(0, FINDINGS_MAX);
  },
});
