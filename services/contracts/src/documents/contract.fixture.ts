import type { KeyMaterial, KeyStore } from './demonstration-ca.ts';
import type { SignatureProvider, SignatureRecord } from './signature-provider.ts';
import type { TransferContractInput } from '../domain/transfer-contract.ts';

/** An invented sale for tests, in everything including the patent numbers, whose check digits hold. */
export const sampleContract = (): TransferContractInput => ({
  template: { id: 'patent-transfer', version: 2 },
  contractNumber: 'YZ-ZR-2026-000042',
  saleId: '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a77',
  platform: { zh: '豫知专利交易运营平台', en: 'the Yuzhi patent trading platform' },
  route: 'online-bidding',
  transferors: [
    {
      name: '演示数据·中原材料大学',
      id: '12100000400000624D',
      legalRepresentative: '张明远',
      address: '河南省郑州市高新区科学大道100号',
    },
    {
      name: '李晓彤',
      id: '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a01',
      legalRepresentative: null,
      address: null,
    },
  ],
  transferee: {
    name: '演示数据·嵩山精密制造有限公司',
    id: '91350100M000100Y43',
    legalRepresentative: '王建国',
    address: '河南省郑州市经开区航海东路1000号',
  },
  patents: [
    {
      number: '201719999981.6',
      title: '一种石墨烯增强铝基复合材料的制备方法',
      kind: 'invention',
      filingDate: '2017-07-21',
      grantDate: '2019-05-14',
      expiresOn: '2037-07-21',
    },
    {
      number: '201829999972.7',
      title: '一种用于真空热压烧结炉的快速冷却装置',
      kind: 'utility-model',
      filingDate: '2018-01-09',
      grantDate: '2018-10-02',
      expiresOn: '2028-01-09',
    },
  ],
  priceFen: '50000000',
  depositFen: '5000000',
  earnestMoney: { agreedFen: '15000000' },
  terms: {
    payWithinWorkingDays: 5,
    fileWithinWorkingDays: 10,
    handOverWithinWorkingDays: 5,
    releaseWithinWorkingDays: 3,
    refundWithinWorkingDays: 3,
    annuityNoticeDays: 90,
    cureDays: 15,
    longStopDays: 180,
    latePerDayBps: 5,
    earnestCapBps: 2000,
  },
  encumbrances: [
    {
      kind: 'ordinary-licence',
      patentNumber: '201719999981.6',
      holder: '演示数据·汴京新材有限公司',
      until: '2028-12-31',
    },
  ],
  inventorReward: {
    shareBps: 7000,
    withinMonths: 6,
    basis: {
      zh: '《河南省促进科技成果转化条例》第四十条、第四十一条',
      en: 'Henan Regulations on the Transformation of Scientific and Technological Achievements, arts 40 and 41',
    },
    netDeducts: ['fee', 'costs'],
    costs: [{ what: '专利检索与评估', amountFen: '800000' }],
  },
  noRewardBecause: null,
  dispute: { mode: 'court', forum: { zh: '郑州市中级人民法院', en: "the Zhengzhou Intermediate People's Court" } },
  datedOn: '2026-11-24',
  rulebookVersion: '2026.11-3',
});

/** A key store that forgets. */
export function keysInMemory(): KeyStore & { kept: Map<string, KeyMaterial> } {
  const kept = new Map<string, KeyMaterial>();
  return {
    kept,
    load: async (name) => kept.get(name) ?? null,
    async keep(name, material) {
      if (!kept.has(name)) kept.set(name, material);
      return kept.get(name)!;
    },
  };
}

/** Every party of the sample signs what has this hash. */
export function signAll(provider: SignatureProvider, documentHash: string, at: number): Promise<SignatureRecord[]> {
  const { transferors, transferee } = sampleContract();
  const sign = ({ id, name, legalRepresentative }: (typeof transferors)[0], i: number) =>
    provider.sign({
      documentHash,
      signer: {
        personId: `0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a0${i}`,
        personName: legalRepresentative ?? name,
        partyId: id,
        partyName: name,
      },
      consent: { at: at - 4_000, method: 'one-time-code', evidence: '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2a99' },
    });
  return Promise.all([...transferors, transferee].map(sign));
}
