import { type Check, FINDINGS_MAX, type Found } from './check.ts';

interface Filing {
  saleId: string;
  reference: string | null;
  number: string;
}
/** Questions to the office at one time. */
const AT_ONCE = 8;

const registrations: Check = {
  name: 'office-registrations',
  proves: 'what the register calls registered, the office has registered',
  find: async ({ databases, office }) => {
    if (!office) return [];
    const { rows } = await databases.register.query<Filing>(
      `select sale_id::text as "saleId", state ->> 'officeReference' as reference, state ->> 'patentNumber' as number
       from filing where status = 'registered' order by sale_id`,
    );
    const found: Found[] = [];
    const ask = async ({ saleId, reference, number }: Filing) => {
      const known = reference === null ? undefined : await office.filing(reference);
      const row = `register.filing ${saleId}`;
      if (!known) found.push({ row, says: `registered, and the office knows no filing ${reference}` });
      else if (known.state !== 'registered') found.push({ row, says: `registered, and ${known.state} at the office` });
      else if (known.number !== number)
        found.push({ row, says: `is of ${number}, and at the office of ${known.number}` });
    };
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      await Promise.all(rows.slice(from, from + AT_ONCE).map(ask));
    }
    return found.slice(0, FINDINGS_MAX);
  },
};

export const officeChecks: Check[] = [registrations];
