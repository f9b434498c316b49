import { accept, type Accepted, type Decision, refuse, type Sent } from '@yuzhi/messaging/decision';
import { held } from '@yuzhi/database/json';
import {
  contractSigned,
  dealOpened,
  type noteProgress,
  type openDeal,
  type recordDocument,
  type recordSeal,
  type recordSignature,
  type signContract,
} from '@yuzhi/protocol/contracts';
import type { DataOf, RejectionOf } from '@yuzhi/protocol/declare';
import { type Ask, type Deal, newDeal, type Notes, SIDES, sideOf } from './deal.ts';
import { dealProcess, type Move, Turn, type WorkingDays } from './deal-process.ts';
import { refusedWords } from './stuck.ts';
import type { DealTerms } from './terms.ts';

/** When a decision is made, and by which calendar. */
export interface Moment {
  now: number;
  calendar: WorkingDays;
}
const turnOf = (deal: Deal, { now, calendar }: Moment) => new Turn(deal, now, calendar);

export function opened(data: DataOf<typeof openDeal>, terms: DealTerms, moment: Moment): Accepted<Deal> {
  const deal = newDeal(held(data), terms, moment.now);
  const { saleId, seller, buyer, patentNumber, reward } = deal;
  const payees = [seller, ...reward.inventors.map(({ party }) => party)];
  const turn = turnOf(deal, moment).open();
  turn.effects.tell(dealOpened, { saleId, seller, buyer, payees, priceFen: data.priceFen, patentNumber }, saleId);
  return turn.done();
}

/** The document of a deal that is no longer drafted is an earlier answer of the same errand. */
export function documented(deal: Deal, data: DataOf<typeof recordDocument>, moment: Moment): Accepted<Deal> {
  if (deal.state !== 'drafting') return accept(deal, {});
  const { contentHash, fileHash, templateVersion } = data;
  return turnOf(deal, moment).set({ contract: { contentHash, fileHash, templateVersion } }).move('drafted').done();
}

export function willing(
  deal: Deal | undefined,
  sent: Sent<typeof signContract>,
  moment: Moment,
): Decision<Deal, RejectionOf<typeof signContract>> {
  if (!deal) return refuse('deal-not-found');
  const { principal, data, id } = sent;
  const side = sideOf(deal, principal.party);
  if (!side) return refuse('not-a-party');
  if (deal.state !== 'signing') return refuse('contract-not-signable');
  if (deal.signing[side]) return refuse('contract-already-signed');
  if (data.contentHash !== deal.contract!.contentHash) return refuse('content-hash-differs');
  const will = { person: principal.person, at: moment.now, evidence: id };
  return turnOf(deal, moment)
    .set({ signing: { ...deal.signing, [side]: { will, signature: null } } })
    .done({ side });
}

/** A signature without a will, or beside another, is an earlier answer of the same errand. */
export function signed(
  deal: Deal,
  { side, signature }: DataOf<typeof recordSignature>,
  moment: Moment,
): Accepted<Deal> {
  const before = deal.signing[side];
  if (deal.state !== 'signing' || !before || before.signature) return accept(deal, {});
  const { saleId } = deal;
  const signing = { ...deal.signing, [side]: { ...before, signature } };
  const turn = turnOf(deal, moment).set({ signing });
  turn.effects.tell(contractSigned, { saleId, party: deal[side], side }, saleId);
  return SIDES.every((one) => signing[one]?.signature) ? turn.move('signed').done() : turn.done();
}

export function sealed(deal: Deal, { fileHash }: DataOf<typeof recordSeal>, moment: Moment): Accepted<Deal> {
  if (deal.state !== 'sealing') return accept(deal, {});
  return turnOf(deal, moment).set({ sealedHash: fileHash }).move('sealed').done();
}

type Progress = DataOf<typeof noteProgress>;
function noteOf({ what, registeredOn, reason }: Progress): Partial<Notes> {
  if (what === 'registered') return { registeredOn };
  if (what === 'registered-to-another') return { registeredToAnother: true };
  return what === 'filing-refused' ? { refusedReason: reason ?? '' } : { [what]: true };
}

/** What others tell may come before our own state has come so far: it is kept until then. */
export function noted(deal: Deal, progress: Progress, moment: Moment): Accepted<Deal> {
  const notes = { ...deal.notes, ...noteOf(progress) };
  const known = (Object.keys(notes) as (keyof Notes)[]).every((name) => notes[name] === deal.notes[name]);
  if (known || dealProcess.isFinal(deal.state)) return accept(deal, {});
  return turnOf(deal, moment).set({ notes }).catchUp().done();
}

export function woken(deal: Deal, moment: Moment): { state: Deal; effects: Accepted<Deal> } | undefined {
  if (deal.deadlineAt === null || deal.deadlineAt > moment.now) return undefined;
  const passed = turnOf(deal, moment).passDeadlines().done();
  return { state: passed.state, effects: passed };
}

const GRANTED: Record<Ask, Move> = { confirm: 'confirmed', expect: 'expected', file: 'filed', release: 'released' };

/** The other service did it. An answer to a question that is no longer open changes nothing. */
export function granted(deal: Deal, what: Ask, change: Partial<Deal>, moment: Moment): Accepted<Deal> {
  if (deal.asking?.what !== what) return accept(deal, {});
  const on = what === 'confirm' && deal.state !== 'confirming' ? 'reconfirmed' : GRANTED[what];
  return turnOf(deal, moment)
    .set({ ...change, asking: null })
    .move(on)
    .done();
}

/** It said no: everyone sees it, and it is asked again later. */
export function denied(deal: Deal, what: Ask, code: string, moment: Moment): Accepted<Deal> {
  const { asking } = deal;
  if (asking?.what !== what || asking.retryAt !== null) return accept(deal, {});
  const retryAt = moment.now + deal.terms.askAgainMs;
  return turnOf(deal, moment)
    .set({ asking: { ...asking, retryAt } })
    .stick(code, refusedWords(code), moment.now)
    .done();
}
