import { SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { quoteChecks } from '../reconcile/bid-checks.ts';
import type { Evidence } from '../reconcile/evidence.ts';
import { ledgerChecks } from '../reconcile/ledger-checks.ts';
import { openEvidence } from '../reconcile/open-evidence.ts';
import { type CheckVerdict, reconcile } from '../reconcile/reconcile.ts';
import type { EvidenceAddresses } from '../reconcile/reconcile.config.ts';
import { MOVED } from './stock.ts';

/** What the platform acknowledged during the run, at the least: what warm-ups brought is there besides. */
export interface Acknowledged {
  databaseOf(service: ServiceName): string;
  lots: readonly string[];
  quotes: number;
  transfers: number;
}
export interface Verdict {
  good: boolean;
  says: string;
}

/** Quotes as they are stored, and money as it moved; what was put there to be moved does not count. */
async function storedIn(
  { databases }: Evidence,
  lots: readonly string[],
): Promise<{ quotes: number; transfers: number }> {
  const [quotes, transfers] = await Promise.all([
    databases.bidding.query<{ n: number }>(
      'select count(*)::int as n from bid where refusal is null and sale_id = any($1::uuid[])',
      [lots],
    ),
    databases.escrow.query<{ n: number }>('select count(*)::int as n from journal where kind = any($1)', [MOVED]),
  ]);
  return { quotes: quotes.rows[0]!.n, transfers: transfers.rows[0]!.n };
}

/** As many stored as acknowledged, or more, since an answer may have been cut off at the end of a load. */
export function verdictFrom(
  acknowledged: Pick<Acknowledged, 'quotes' | 'transfers'>,
  stored: { quotes: number; transfers: number },
  checks: readonly Pick<CheckVerdict, 'findings'>[],
): Verdict {
  const findings = checks.flatMap((check) => check.findings);
  const isThere = stored.quotes >= acknowledged.quotes && stored.transfers >= acknowledged.transfers;
  const counted = (what: 'quotes' | 'transfers') =>
    `${acknowledged[what]} ${what} acknowledged, ${stored[what]} stored`;
  const [first] = findings;
  const found = first ? `${findings.length} findings, ${first.check}: ${first.row}: ${first.says}` : 'nothing found';
  const says = `${counted('quotes')}; ${counted('transfers')}; ${checks.length} checks: ${found}`;
  return { good: isThere && !first, says };
}

/** Of every service, as their administrator. */
export const readersOf = (databaseOf: Acknowledged['databaseOf']) =>
  Object.fromEntries(SERVICES.map((service) => [service, databaseOf(service)])) as Record<ServiceName, string>;

/** What follows the last payment on other services. */
const SETTLE_MS = 60_000;
/** Whether everything holds that the reconciler proves of what it is given. */
export async function verdictOfDeals(addresses: EvidenceAddresses): Promise<Verdict> {
  const { evidence, close } = openEvidence(addresses, []);
  try {
    const { checks, notCompared } = await reconcile(evidence, { withinMs: SETTLE_MS });
    const [first, ...more] = checks.flatMap(({ findings }) => findings);
    const found = first ? `${more.length + 1} findings, ${first.check}: ${first.row}: ${first.says}` : 'nothing found';
    const left = notCompared.length ? `; not compared: ${notCompared.join(', ')}` : '';
    return { good: !first, says: `${checks.length} checks: ${found}${left}` };
  } finally {
    await close();
  }
}

/** Whether what was acknowledged is there, and all that the reconciler proves of quotes and of the book holds. */
export async function verdictOf({ databaseOf, lots, ...acknowledged }: Acknowledged): Promise<Verdict> {
  const { evidence, close } = openEvidence({ readers: readersOf(databaseOf) }, []);
  try {
    const { checks } = await reconcile(evidence, { checks: [...quoteChecks, ...ledgerChecks] });
    return verdictFrom(acknowledged, await storedIn(evidence, lots), checks);
  } finally {
    await close();
  }
}
