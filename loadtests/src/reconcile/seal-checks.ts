import { verifySeals } from '@yuzhi/database/seals';
import { type Check, FINDINGS_MAX, sqlCheck } from './check.ts';

const SAYS = {
  changed: 'is not what was sealed',
  gone: 'was sealed and is not there',
  unsealed: 'was put in behind the last seal',
} as const;

const journals: Check = {
  name: 'journals-sealed',
  proves: 'every journal below the last seal is what was sealed, none is gone and none was slipped in',
  find: async ({ databases }) => {
    const breaches = await verifySeals(databases.escrow, 'journal', FINDINGS_MAX);
    return breaches.map(({ subject, kind, seq }) => ({ row: `escrow.${subject}`, says: `no. ${seq} ${SAYS[kind]}` }));
  },
};

const files = sqlCheck(
  'files-whole',
  'the bytes of every document have the hash by which it is known',
  'contracts',
  `select format('contracts.file %s', sha256) as row, 'has other bytes than were kept' as says
   from file where sha256 <> encode(sha256(bytes), 'hex')`,
);

/** What was edited behind our back. */
export const sealChecks: readonly Check[] = [journals, files];
