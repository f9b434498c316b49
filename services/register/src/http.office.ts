import { CivilDate } from '@yuzhi/protocol/scalars';
import { PatentKind } from '@yuzhi/protocol/patent-number';
import { LegalStatus } from '@yuzhi/protocol/register';
import { z } from 'zod';
import type { Filing } from './domain/filing.ts';
import type { Entry } from './domain/patent.ts';
import { type Change, type OfficeAnswer, PatentOffice } from './patent-office.ts';

const Words = z.object({ zh: z.string(), en: z.string() });
const Named = z.object({ party: z.string().nullable(), name: z.string() });
/** The office's extract, as far as the mirror keeps it. */
const Extract = z.object({
  number: z.string(),
  kind: PatentKind,
  title: Words,
  abstract: Words,
  ipc: z.array(z.string()),
  filingDate: CivilDate,
  grantDate: CivilDate,
  expiryDate: CivilDate,
  owners: z.array(Named),
  inventors: z.array(z.object({ personId: z.string().nullable(), name: z.string() })),
  status: LegalStatus,
  annuity: z.object({ paidThroughYear: z.int(), next: z.object({ dueOn: CivilDate }).nullable() }),
  encumbrances: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      licenceKind: z.enum(['ordinary', 'sole', 'exclusive']).nullable(),
      holder: Named.nullable(),
      since: CivilDate,
      until: CivilDate.nullable(),
    }),
  ),
  version: z.int(),
  demo: z.boolean().default(false),
});
const Progress = z.object({
  id: z.string(),
  state: z.enum(['accepted', 'examined', 'registered', 'defective', 'refused']),
  registeredOn: CivilDate.nullable(),
  certificate: z.object({ number: z.string() }).nullable(),
  reason: z.object({ zh: z.string(), en: z.string() }).nullable(),
});
const Changes = z.object({ items: z.array(z.object({ seq: z.int(), number: z.string() })) });

/** Characters of a reason that the record of a filing takes. */
const REASON_MAX = 300;

type Kind = Entry['encumbrances'][number]['kind'];
/** What stops or accompanies a transfer; other entries of the official register do neither. */
const KINDS: Record<string, Kind> = {
  'open-licence': 'open-licence',
  'compulsory-licence': 'ordinary-licence',
  pledge: 'pledge',
  preservation: 'preservation',
  'ownership-dispute': 'preservation',
};

/** An office that speaks HTTP and JSON, as the simulated one does; it takes our time for its own from a header. */
export class HttpPatentOffice extends PatentOffice {
  constructor(
    private readonly url: string,
    readonly demo: boolean,
    /** The name under which a party applies. */
    private readonly nameOf: (party: string) => string,
  ) {
    super();
  }

  async read(patentNumber: string, now: number, signal: AbortSignal): Promise<Entry | null> {
    const found = await this.#call(`/register/${encodeURIComponent(patentNumber)}`, now, signal);
    return found === null ? null : entryOf(Extract.parse(found));
  }

  async file(filing: Filing, now: number, signal: AbortSignal): Promise<OfficeAnswer> {
    const { saleId, patentNumber, from, to, contractHash } = filing;
    const party = (id: string) => [{ party: id, name: this.nameOf(id) }];
    const body = {
      kind: 'transfer',
      reference: saleId,
      number: patentNumber,
      contractSha256: contractHash,
      from: party(from),
      to: party(to),
    };
    return answerOf(await this.#call('/filings', now, signal, body));
  }

  async filing(officeReference: string, now: number, signal: AbortSignal): Promise<OfficeAnswer> {
    return answerOf(await this.#call(`/filings/${encodeURIComponent(officeReference)}`, now, signal));
  }

  async changes(after: number, now: number, signal: AbortSignal): Promise<Change[]> {
    const { items } = Changes.parse(await this.#call(`/changes?after=${after}&limit=500`, now, signal));
    return items.map(({ seq, number }) => ({ patentNumber: number, seq }));
  }

  /** Null when the office has no such thing. Throws on everything that may be different next time. */
  async #call(path: string, now: number, signal: AbortSignal, body?: object): Promise<unknown> {
    const response = await fetch(this.url + path, {
      signal,
      headers: { 'x-office-now': String(Math.floor(now)), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (response.status === 404) return null;
    if (!response.ok)
      throw new Error(`the office answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
    return response.json();
  }
}

function answerOf(found: unknown): OfficeAnswer {
  const { id, state, registeredOn, certificate, reason } = Progress.parse(found);
  return {
    state,
    officeReference: id,
    registeredOn,
    noticeNumber: certificate?.number ?? null,
    reason: reason && `${reason.zh} ${reason.en}`.slice(0, REASON_MAX).toWellFormed(),
  };
}

function entryOf(extract: z.output<typeof Extract>): Entry {
  const { number, expiryDate, owners, inventors, annuity, encumbrances, version, abstract, ...same } = extract;
  const share = Math.floor(10_000 / owners.length);
  return {
    ...same,
    patentNumber: number,
    abstract: `${abstract.zh}\n${abstract.en}`,
    expiresOn: expiryDate,
    owners: owners.map(({ party, name }) => ({ party, name, shareBps: share })),
    inventors: inventors.map(({ personId, name }) => ({ name, person: personId })),
    annuity: {
      paidThroughYear: annuity.paidThroughYear,
      nextDueOn: annuity.next?.dueOn ?? null,
      late: same.status === 'GRANTED_LATE_FEE',
    },
    encumbrances: encumbrances.flatMap(({ id, kind, licenceKind, holder, since, until }) => {
      const known = kind === 'licence' ? (`${licenceKind ?? 'ordinary'}-licence` as Kind) : KINDS[kind];
      return known ? [{ id, kind: known, holder: holder?.name ?? null, since, until }] : [];
    }),
    officeVersion: version,
  };
}
