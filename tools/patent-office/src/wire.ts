import { isDemonstrationNumber, filingYearOf, PatentKind, PatentNumber } from '@yuzhi/protocol/patent-number';
import { CivilDate, Fen, Id, line, Sha256, text } from '@yuzhi/protocol/scalars';
import { Uscc } from '@yuzhi/protocol/uscc';
import { z } from 'zod';
import { EncumbranceKind, LegalStatus } from './register-codes.ts';

const Words = z.object({ zh: z.string(), en: z.string() });

/** An organisation by its unified social credit code, or a natural person by his id. */
export const Party = z.object({
  party: z.union([Uscc, Id], '统一社会信用代码或自然人编号 · a unified social credit code or the id of a person'),
  name: line(120),
});
export type Party = z.output<typeof Party>;
const Parties = z
  .array(Party)
  .min(1)
  .max(20)
  .refine((all) => new Set(all.map(({ party }) => party)).size === all.length, '当事人重复 · the same party twice');

/** Who has something on a patent; a court has no code. */
const Holder = z.object({ party: Party.shape.party.nullable(), name: line(120) });
const LicenceKind = z.enum(['ordinary', 'sole', 'exclusive']);

export const NewPatent = z
  .object({
    number: PatentNumber.refine(
      isDemonstrationNumber,
      '仅接受演示号段（流水号 9900000–9999999） · only demonstration numbers, serials 9900000–9999999',
    ),
    title: z.object({ zh: line(200), en: line(300) }),
    abstract: z.object({ zh: text(1500), en: text(2000) }),
    /** The main class first; none for a design. */
    ipc: z.array(z.string().regex(/^[A-H]\d{2}[A-Z]\d{1,4}\/\d{2,6}$/)).max(20),
    locarno: z.array(z.string().regex(/^\d{2}-\d{2}$/)).max(5),
    filingDate: CivilDate,
    grantDate: CivilDate,
    owners: Parties,
    inventors: z
      .array(z.object({ personId: Id, name: line(100) }))
      .min(1)
      .max(20),
    annuity: z.object({
      paidThroughYear: z.int().min(1).max(20),
      /** Whether the owner goes on paying each year by himself. */
      ownerPays: z.boolean().default(true),
    }),
  })
  .refine((p) => p.filingDate < p.grantDate, '授权日应晚于申请日 · granted before it was filed')
  .refine((p) => filingYearOf(p.number) === Number(p.filingDate.slice(0, 4)), {
    message: '申请日与专利号的年份不符 · the filing date is not of the year in the number',
    path: ['filingDate'],
  });
export type NewPatent = z.output<typeof NewPatent>;
export const NewPatents = z.object({ patents: z.array(NewPatent).min(1).max(500) });

export const Encumbrance = z.object({
  /** Unique within the patent: E1, E2 … */
  id: z.string(),
  kind: EncumbranceKind,
  /** Only of a licence. */
  licenceKind: LicenceKind.nullable(),
  holder: Holder.nullable(),
  since: CivilDate,
  /** The last day it stands; null is open-ended. */
  until: CivilDate.nullable(),
});
export type Encumbrance = z.output<typeof Encumbrance>;

/** The official extract: what the register says since version `version`. */
export const RegisterExtract = z.strictObject({
  number: z.string(),
  kind: PatentKind,
  title: Words,
  abstract: Words,
  ipc: z.array(z.string()),
  locarno: z.array(z.string()),
  filingDate: CivilDate,
  grantDate: CivilDate,
  /** The first day on which the term is over. */
  expiryDate: CivilDate,
  owners: z.array(Party),
  inventors: z.array(z.object({ personId: Id, name: z.string() })),
  status: LegalStatus,
  statusName: Words,
  inForce: z.boolean(),
  /** When a right that is no longer in force ended: for an unpaid annuity, the day it was due. */
  endedOn: CivilDate.nullable(),
  flags: z.array(z.string()),
  annuity: z.object({
    paidThroughYear: z.int(),
    /** The next one to pay; null when all are paid or the right has ended. */
    next: z
      .object({ year: z.int(), dueOn: CivilDate, graceEndsOn: CivilDate, fullFen: Fen, reducedFen: Fen })
      .nullable(),
  }),
  encumbrances: z.array(Encumbrance),
  version: z.int(),
  demo: z.literal(true),
});
export type RegisterExtract = z.output<typeof RegisterExtract>;

export const Change = z.strictObject({
  /** Rises by one over the whole register; the version of the patent after it. */
  seq: z.int(),
  number: z.string(),
  /** The legal day of the event, never after the office's today. */
  on: CivilDate,
  code: z.string(),
  title: Words,
  details: z.record(z.string(), z.unknown()),
  extract: RegisterExtract,
});
export type Change = z.output<typeof Change>;

const marked = { demo: z.literal(true), notice: Words };
export const ExtractAnswer = RegisterExtract.extend(marked);
export const RegisterPage = z.strictObject({
  items: z.array(RegisterExtract),
  next: z.string().nullable(),
  /** The newest change when the page was read: who copies the register follows from that of his first page. */
  head: z.int(),
  ...marked,
});
export const ChangePage = z.strictObject({ items: z.array(Change), next: z.int(), head: z.int(), ...marked });

const filing = {
  /** The applicant's own, his idempotency key: the same reference and body is the same filing. */
  reference: line(100),
  number: PatentNumber,
  contractSha256: Sha256,
  /** The owners as the contract has them: all of them must act. */
  from: Parties,
  pledgeeConsentSha256: Sha256.nullable().default(null),
};
export const NewFiling = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('transfer'), ...filing, to: Parties }),
  z.object({
    kind: z.literal('licence'),
    ...filing,
    to: Parties.max(1),
    licenceKind: LicenceKind,
    until: CivilDate,
  }),
  z.object({ kind: z.literal('pledge'), ...filing, to: Parties.max(1), until: CivilDate.nullable().default(null) }),
  /** Of a recorded licence or a registered pledge. */
  z.object({ kind: z.literal('cancellation'), ...filing, encumbranceId: z.string().max(20) }),
]);
export type NewFiling = z.output<typeof NewFiling>;

export const FilingState = z.enum(['accepted', 'examined', 'registered', 'defective', 'refused']);
export const Reason = z.object({ code: z.string(), ...Words.shape });
export type Reason = z.output<typeof Reason>;

/** What the office says about a filing, beside what was filed. */
export const FilingProgress = z.object({
  id: z.string(),
  state: FilingState,
  filedOn: CivilDate,
  /** When the office means to examine and to register it. */
  examinationOn: CivilDate,
  registrationOn: CivilDate,
  examinedOn: CivilDate.nullable(),
  /** The day the register changed: the issue day of the notice. */
  registeredOn: CivilDate.nullable(),
  certificate: z.object({ number: z.string(), title: Words, issuedOn: CivilDate }).nullable(),
  /** When it was found defective or refused, and why. */
  decidedOn: CivilDate.nullable(),
  reason: Reason.nullable(),
  /** The last day to file it again, mended; only of a defective one. */
  refileBy: CivilDate.nullable(),
});
export const FilingAnswer = z.intersection(NewFiling, FilingProgress.extend(marked));

export const RefusalAnswer = z.strictObject({
  code: z.string(),
  ...Words.shape,
  next: Words,
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  ...marked,
});
