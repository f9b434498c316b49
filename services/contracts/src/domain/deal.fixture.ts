import type { Accepted } from '@yuzhi/messaging/decision';
import type { openDeal, signContract } from '@yuzhi/protocol/contracts';
import type { DataOf } from '@yuzhi/protocol/declare';
import { sampleContract } from '../documents/contract.fixture.ts';
import type { Deal, DealState, Side, Signature } from './deal.ts';
import { documented, granted, type Moment, noted, opened, sealed, signed, willing } from './decisions.ts';
import type { DealTerms } from './terms.ts';

export const SALE = '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a77';
export const SELLER = '12100000400000624D';
export const BUYER = '91350100M000100Y43';
export const INVENTOR = '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a01';
export const PATENT = '201719999981.6';
export const ORDER = '0199a5e2-7c1b-8d3a-9f10-3b6f5f1c2a88';
export const CONTENT = 'c'.repeat(64);
export const FILE = 'f'.repeat(64);
export const SEALED = '5'.repeat(64);
export const DAY_MS = 86_400_000;
/** 2026-11-24 09:00 in Asia/Shanghai, a Tuesday. */
export const START = Date.parse('2026-11-24T09:00:00+08:00');

/** A calendar in which every day works, so that a test can count. */
export const at = (now: number): Moment => ({
  now,
  calendar: { addWorkingDays: (from, days) => ({ at: from + days * DAY_MS, provisional: days > 9 }) },
});

export const openingData = (): DataOf<typeof openDeal> => ({
  saleId: SALE,
  patentNumber: PATENT,
  seller: SELLER,
  buyer: BUYER,
  priceFen: '50000000',
  depositFen: '5000000',
  reward: {
    inventors: [{ party: INVENTOR, weight: 1 }],
    noneBecause: null,
    shareBps: 7000,
    costs: [
      { what: '检索', amountFen: '30000' },
      { what: '评估', amountFen: '70000' },
    ],
  },
  entry: {
    patentNumber: PATENT,
    kind: 'invention',
    title: { zh: '一种石墨烯增强铝基复合材料的制备方法', en: 'A graphene-reinforced aluminium composite' },
    abstract: '',
    ipc: ['C22C1/05'],
    filingDate: '2017-07-21',
    grantDate: '2019-05-14',
    expiresOn: '2037-07-21',
    owners: [{ party: SELLER, name: '演示数据·中原材料大学', shareBps: 10_000 }],
    inventors: [],
    status: 'GRANTED',
    annuity: { paidThroughYear: 10, nextDueOn: null, late: false },
    encumbrances: [],
    officeVersion: 3,
    demo: true,
  },
});

export const sampleTerms = (): DealTerms => ({
  rulebookVersion: '2026.11-3',
  signWithinWorkingDays: 5,
  machinesMs: 3_600_000,
  askAgainMs: DAY_MS,
  agreed: sampleContract().terms,
  inventorFloor: {
    shareBps: 7000,
    payMonths: 6,
    basis: { zh: '《河南省促进科技成果转化条例》第四十条、第四十一条', en: 'Henan Regulations, arts 40 and 41' },
    law: true,
  },
  netDeducts: ['fee', 'costs'],
});

export const documentData = { saleId: SALE, contentHash: CONTENT, fileHash: FILE, templateVersion: 1 };
export const signatureOf = (side: Side, now = START): Signature => ({
  certificatePem: `certificate of ${side}`,
  signature: 'AAAA',
  algorithm: 'ECDSA P-256, SHA-256',
  at: now,
  signerName: side === 'seller' ? '张明远' : '王建国',
  partyName: side,
  consentAt: now,
  consentEvidence: 'command',
});

/** The command by which a person signs for a party. */
export function signing(party: string, contentHash = CONTENT): Parameters<typeof willing>[1] {
  const person = `0199a5e2-7c1b-7d3a-9f10-${party.length === 18 ? party.slice(0, 12).toLowerCase() : 'person000000'}`;
  const principal = { party, person, roles: ['signatory' as const] };
  const data: DataOf<typeof signContract> = { contentHash, consent: true };
  return { id: `sign ${party}`, idempotencyKey: 'k', type: 'contracts.deal.sign.v1', key: SALE, principal, data };
}

/** What others tell of a deal. */
export const TOLD = ['funded', 'registered', 'registered-to-another', 'filing-refused', 'settled'] as const;
export const note = (what: (typeof TOLD)[number]) => ({
  saleId: SALE,
  what,
  registeredOn: what.startsWith('registered') ? '2027-01-15' : null,
  reason: what === 'filing-refused' ? '受让人名称与合同不符' : null,
});

type Step = (deal: Deal, moment: Moment) => Accepted<Deal>;
const oneSigns: Step = (deal, moment) => {
  const side = deal.signing.seller?.signature ? 'buyer' : 'seller';
  if (deal.signing[side]) return signed(deal, { saleId: SALE, side, signature: signatureOf(side, moment.now) }, moment);
  return willing(deal, signing(deal[side]), moment) as Accepted<Deal>;
};

/** What brings a deal on from each state, one decision after the other, when everything goes well. */
const STEPS: Record<Exclude<DealState, 'closed'>, Step> = {
  confirming: (deal, moment) => granted(deal, 'confirm', {}, moment),
  drafting: (deal, moment) => documented(deal, documentData, moment),
  signing: oneSigns,
  sealing: (deal, moment) => sealed(deal, { saleId: SALE, fileHash: SEALED }, moment),
  expecting: (deal, moment) => granted(deal, deal.asking!.what, { orderId: ORDER }, moment),
  paying: (deal, moment) => noted(deal, note('funded'), moment),
  filing: (deal, moment) => granted(deal, deal.asking!.what, {}, moment),
  registering: (deal, moment) => noted(deal, note('registered'), moment),
  releasing: (deal, moment) => granted(deal, 'release', {}, moment),
  'paying-out': (deal, moment) => noted(deal, note('settled'), moment),
};
/** The next decision of a deal that goes well. Throws where it is closed. */
export const oneStep: Step = (deal, moment) => STEPS[deal.state as keyof typeof STEPS](deal, moment);

/** Its decisions until it has left its state; the last of them. */
export function onward(deal: Deal, moment: Moment): Accepted<Deal> {
  let decision = oneStep(deal, moment);
  while (decision.state.state === deal.state) decision = oneStep(decision.state, moment);
  return decision;
}

/** A deal that went well up to this state, all of it at START. */
export function dealIn(state: DealState): Deal {
  let deal = opened(openingData(), sampleTerms(), at(START)).state;
  while (deal.state !== state) deal = onward(deal, at(START)).state;
  return deal;
}

/** The same where the register has confirmed the patent once more. */
export const reconfirmed = (state: 'expecting' | 'filing'): Deal =>
  granted(dealIn(state), 'confirm', {}, at(START)).state;

/** Types of what a decision tells and asks. */
export const toldBy = ({ events }: Pick<Accepted<Deal>, 'events'>) =>
  events.map(({ event }) => event.type.split('.')[2]);
export const askedBy = ({ asks }: Pick<Accepted<Deal>, 'asks'>) =>
  asks.map(({ command }) => command.type.split('.').slice(0, 3).join('.'));
