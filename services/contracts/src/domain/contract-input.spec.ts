import { describe, expect, it } from '@jest/globals';
import { contentHash, renderTransferContract } from '../documents/contract-template.ts';
import { TransferContractInput } from './transfer-contract.ts';
import { contractInput, type Names } from './contract-input.ts';
import { BUYER, dealIn, INVENTOR, PATENT, SALE, SELLER } from './deal.fixture.ts';
import type { Deal } from './deal.ts';

const organisation = (uscc: string, name: string, legalRepresentative: string) => ({
  uscc,
  name,
  nameEn: name,
  kind: 'firm' as const,
  region: '410100',
  address: '河南省郑州市',
  legalRepresentative,
  verified: true,
});
const organisations = new Map([
  [SELLER, organisation(SELLER, '演示数据·中原材料大学', '张明远')],
  [BUYER, organisation(BUYER, '演示数据·嵩山精密制造有限公司', '王建国')],
]);
const names: Names = {
  organisation: (uscc) => organisations.get(uscc),
  person: (id) => (id === INVENTOR ? { person: INVENTOR, name: '李晓彤' } : undefined),
};
const deal = (change: Partial<Deal> = {}): Deal => ({ ...dealIn('drafting'), ...change });
const textOf = (given: Deal) => JSON.stringify(renderTransferContract(contractInput(given, names)).blocks);

describe('the contract of a deal', () => {
  it('is one that its template takes, numbered by date and sale', () => {
    const input = contractInput(deal(), names);
    expect(TransferContractInput.parse(input)).toEqual(input);
    expect(input).toMatchObject({
      contractNumber: 'ZZ-20261124-5f1c2a77',
      saleId: SALE,
      datedOn: '2026-11-24',
      priceFen: '50000000',
      patents: [{ number: PATENT, kind: 'invention', title: '一种石墨烯增强铝基复合材料的制备方法' }],
      rulebookVersion: '2026.11-3',
    });
  });

  it('is dated by the day on which the patent was confirmed, in Asia/Shanghai', () => {
    const late = Date.parse('2026-11-24T16:00:00Z');
    expect(contractInput(deal({ confirmedAt: late }), names).datedOn).toBe('2026-11-25');
    expect(contractInput(deal({ confirmedAt: late - 1 }), names).datedOn).toBe('2026-11-24');
  });

  it('names an organisation with its representative and address, a natural person by the name alone', () => {
    const { transferors, transferee } = contractInput(deal({ buyer: INVENTOR }), names);
    expect(transferors).toEqual([
      { name: '演示数据·中原材料大学', id: SELLER, legalRepresentative: '张明远', address: '河南省郑州市' },
    ]);
    expect(transferee).toEqual({ name: '李晓彤', id: INVENTOR, legalRepresentative: null, address: null });
    const text = textOf(deal({ buyer: INVENTOR }));
    expect(text).toContain('自然人 natural person');
    expect(text).toContain('平台站内信箱 Platform mailbox');
  });

  it('is not made while a party has no name', () => {
    const stranger = '0199a5e2-7c1b-7d3a-9f10-3b6f5f1c2aff';
    expect(() => contractInput(deal({ buyer: stranger }), names)).toThrow(`nobody knows the name of ${stranger}`);
  });

  it('sets the deposit off against the price', () => {
    const text = textOf(deal());
    expect(text).toContain('保证金 ¥50,000.00 元自本合同生效时抵作价款');
    expect(text).toContain('["余款 Balance","450,000.00"');
    expect(textOf(deal({ depositFen: 0n }))).toContain('本合同没有可抵作价款的保证金');
  });

  it('has no earnest money, and says how much it could be', () => {
    expect(textOf(deal())).toContain(
      '双方未约定定金，任何一笔款项均不产生定金效力；另行书面约定定金的，不得超过价款的 20%',
    );
  });

  it('takes over the encumbrances of the register, also where it names nobody', () => {
    const encumbrances = [
      {
        id: '1',
        kind: 'ordinary-licence' as const,
        holder: '演示数据·汴京新材有限公司',
        since: '2024-01-01',
        until: '2028-12-31',
      },
      { id: '2', kind: 'open-licence' as const, holder: null, since: '2025-01-01', until: null },
    ];
    const burdened = deal({ entry: { ...deal().entry, encumbrances } });
    expect(contractInput(burdened, names).encumbrances).toEqual([
      { kind: 'ordinary-licence', patentNumber: PATENT, holder: '演示数据·汴京新材有限公司', until: '2028-12-31' },
      { kind: 'open-licence', patentNumber: PATENT, holder: null, until: null },
    ]);
    expect(textOf(burdened)).toContain('登记簿未载明 not named');
  });

  it('is not made of a patent under preservation', () => {
    const preservation = { id: '1', kind: 'preservation' as const, holder: null, since: '2026-01-01', until: null };
    const preserved = deal({ entry: { ...deal().entry, encumbrances: [preservation] } });
    expect(() => contractInput(preserved, names)).toThrow(`${PATENT} is under preservation`);
  });

  it('is the same for the same deal: an errand that is run twice makes one content', () => {
    expect(contentHash(contractInput(deal(), names))).toBe(contentHash(contractInput(deal(), names)));
  });
});

describe('the share of the inventors in the contract', () => {
  const floor = deal().terms.inventorFloor;
  const { reward } = deal();
  const rewarded = (shareBps: number, change = {}) => {
    const terms = { ...deal().terms, inventorFloor: { ...floor, ...change } };
    return contractInput(deal({ reward: { ...reward, shareBps }, terms }), names).inventorReward;
  };
  const agreed = { zh: '依甲方与完成人的约定', en: 'as agreed by Party A and the completers' };

  it.each([
    ['the floor, by law, where less was agreed', 5_000, {}, { shareBps: 7_000, basis: floor.basis }],
    ['the floor, by law, where just that was agreed', 7_000, {}, { shareBps: 7_000, basis: floor.basis }],
    ['what was agreed, and is not called law, above the floor', 8_000, {}, { shareBps: 8_000, basis: agreed }],
    ['the floor, but not as law, where it is none', 5_000, { law: false }, { shareBps: 7_000, basis: agreed }],
  ])('is %s', (_, shareBps, change, expected) => {
    const costs = [
      { what: '检索', amountFen: '30000' },
      { what: '评估', amountFen: '70000' },
    ];
    const stated = { withinMonths: 6, netDeducts: ['fee', 'costs'], costs };
    expect(rewarded(shareBps, change)).toEqual({ ...expected, ...stated });
  });

  it('is nothing where nobody is to be rewarded, and the contract says why', () => {
    const none = { ...reward, inventors: [], noneBecause: '非职务发明' };
    const input = contractInput(deal({ reward: none }), names);
    expect(input).toMatchObject({ inventorReward: null, noRewardBecause: '非职务发明' });
  });
});
