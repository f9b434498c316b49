import type { Rulebook } from '@yuzhi/chassis/rulebook';
import { wire } from '@yuzhi/database/json';
import { accept, type Accepted } from '@yuzhi/messaging/decision';
import { biddingRefusals, openAuction } from '@yuzhi/protocol/bidding';
import type { Refusal, Words } from '@yuzhi/protocol/declare';
import { listingStuck } from '@yuzhi/protocol/listings';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { registerRefusals, releasePatent, reservePatent } from '@yuzhi/protocol/register';
import { type Ask, changed, type Listing } from './listing.ts';

const WITHIN = 'listings.answer-seconds';
const ATTEMPTS = 'listings.ask-attempts';
/** What the service cannot start without. */
export const NEEDED_RULES: readonly string[] = [WITHIN, ATTEMPTS];

/** When a question is put, and how long and how often by the rules of that time. */
export interface Moment {
  now: number;
  rules: Pick<Rulebook, 'int' | 'version'>;
}

const ASKS: Record<Ask, (decision: Accepted<Listing>) => Accepted<Listing>> = {
  reserve(decision) {
    const { saleId, seller, patentNumber } = decision.state;
    return decision.ask(reservePatent, patentNumber, { patentNumber, saleId, seller, purpose: 'transfer' });
  },
  open(decision) {
    const { saleId, seller, terms } = decision.state;
    return decision.ask(openAuction, saleId, { saleId, seller, terms: wire(terms) });
  },
  release(decision) {
    const { saleId, patentNumber } = decision.state;
    return decision.ask(releasePatent, patentNumber, { patentNumber, saleId });
  },
};

/** Puts a question, in place of any that is open. Whoever is asked answers a repetition like the first time. */
export function ask(listing: Listing, what: Ask, { now, rules }: Moment, attempt = 1): Accepted<Listing> {
  const asking = { what, attempt, refusal: null, stuckAt: null };
  const within = { deadlineAt: now + rules.int(WITHIN, now) * 1000, rulebookVersion: rules.version() };
  return ASKS[what](accept({ ...listing, asking, ...within }, {}));
}

/** The question is settled. */
export const ANSWERED = { asking: null, deadlineAt: null } as const;

/** The patent is no longer needed: the register is to let it go. */
export const giveBack = (listing: Listing, moment: Moment): Accepted<Listing> =>
  ask({ ...listing, reservation: 'releasing' }, 'release', moment);

/** The time to answer has passed, or the answer was no: asked again, and in the end people must look. */
export function askAgain(listing: Listing, moment: Moment): Accepted<Listing> {
  const { saleId, asking, deadlineAt } = listing;
  const { what, attempt } = asking!;
  if (attempt < moment.rules.int(ATTEMPTS, moment.now)) return ask(changed(listing, {}), what, moment, attempt + 1);
  const stuck = changed(listing, { asking: { ...asking!, stuckAt: deadlineAt }, deadlineAt: null });
  const { reason, zh, en } = stuckOf(stuck)!;
  return accept(stuck).tell(listingStuck, { saleId, at: what, reason, reasonZh: zh, reasonEn: en }, saleId);
}

const REFUSED: Record<string, Refusal> = { ...registerRefusals, ...biddingRefusals, ...platformRefusals };
/** The words for a refusal of another service. A code that a newer one may know is our own fault. */
export const refusedWords = (code: string): Refusal => REFUSED[code] ?? platformRefusals['internal-fault'];

const UNANSWERED: Record<Ask, Words> = {
  reserve: {
    zh: '登记簿镜像逾时未答复专利保留。',
    en: 'The register did not say in time whether it holds the patent.',
  },
  open: { zh: '竞价逾时未开启。', en: 'The bidding was not opened in time.' },
  release: { zh: '专利保留逾时未释放。', en: 'The register did not let the patent go in time.' },
};

export interface Stuck extends Words {
  /** The code of a refusal, or `<question>-unanswered`. */
  reason: string;
  since: number;
}
/** Why a listing does not go on by itself, for people to see. */
export function stuckOf({ asking }: Pick<Listing, 'asking'>): Stuck | null {
  // A listing that was kept before questions were has none.
  if (asking?.stuckAt == null) return null;
  const { what, refusal, stuckAt } = asking;
  const { zh, en } = refusal ? refusedWords(refusal) : UNANSWERED[what];
  return { reason: refusal ?? `${what}-unanswered`, zh, en, since: stuckAt };
}
