import { civilDate } from '@yuzhi/chassis/working-days';
import type { DataOf } from '@yuzhi/protocol/declare';
import type { organisations, people } from '@yuzhi/protocol/identity';
import type { TransferContractInput } from './transfer-contract.ts';
import type { Deal } from './deal.ts';

/** Where the names of parties are held. */
export interface Names {
  organisation(uscc: string): DataOf<typeof organisations> | undefined;
  person(id: string): DataOf<typeof people> | undefined;
}

const TEMPLATE = { id: 'patent-transfer', version: 2 } as const;
const PLATFORM = { zh: '豫知专利交易运营平台', en: 'the Yuzhi patent trading platform' };
const DISPUTE = {
  mode: 'court',
  forum: { zh: '郑州市中级人民法院', en: "the Zhengzhou Intermediate People's Court" },
} as const;

/** Everything agreed in a deal, as its contract states it. Throws where a party's name is not known (yet). */
export function contractInput(deal: Deal, names: Names): TransferContractInput {
  const { saleId, terms, entry, confirmedAt } = deal;
  const datedOn = civilDate(confirmedAt!);
  return {
    template: TEMPLATE,
    // The end of an id is random; its beginning is only the minute in which it was made.
    contractNumber: `ZZ-${datedOn.replaceAll('-', '')}-${saleId.slice(-8)}`,
    saleId,
    platform: PLATFORM,
    route: 'online-bidding',
    transferors: [partyOf(deal.seller, names)],
    transferee: partyOf(deal.buyer, names),
    patents: [
      {
        number: deal.patentNumber,
        title: entry.title.zh,
        kind: entry.kind,
        filingDate: entry.filingDate,
        grantDate: entry.grantDate,
        expiresOn: entry.expiresOn,
      },
    ],
    priceFen: String(deal.priceFen),
    depositFen: String(deal.depositFen),
    earnestMoney: null,
    terms: terms.agreed,
    encumbrances: entry.encumbrances.map(({ kind, holder, until }) => {
      if (kind === 'preservation') throw new Error(`${deal.patentNumber} is under preservation`);
      return { kind, patentNumber: deal.patentNumber, holder, until };
    }),
    inventorReward: deal.reward.noneBecause === null ? rewardOf(deal) : null,
    noRewardBecause: deal.reward.noneBecause,
    dispute: DISPUTE,
    datedOn,
    rulebookVersion: terms.rulebookVersion,
  };
}

function partyOf(id: string, names: Names): TransferContractInput['transferee'] {
  const organisation = names.organisation(id);
  if (organisation) {
    const { name, legalRepresentative, address } = organisation;
    return { name, id, legalRepresentative, address };
  }
  const person = names.person(id);
  if (!person) throw new Error(`nobody knows the name of ${id}`);
  return { name: person.name, id, legalRepresentative: null, address: null };
}

/** The agreed share, but never less than the floor; what is no law is never called so. */
function rewardOf({ reward, terms: { inventorFloor, netDeducts } }: Deal): TransferContractInput['inventorReward'] {
  const { shareBps, payMonths, basis, law } = inventorFloor;
  const above = reward.shareBps > shareBps || !law;
  return {
    shareBps: Math.max(reward.shareBps, shareBps),
    withinMonths: payMonths,
    netDeducts,
    costs: reward.costs.map(({ what, amountFen }) => ({ what, amountFen: String(amountFen) })),
    basis: above ? { zh: '依甲方与完成人的约定', en: 'as agreed by Party A and the completers' } : basis,
  };
}
