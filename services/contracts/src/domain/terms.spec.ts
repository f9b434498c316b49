import { describe, expect, it } from '@jest/globals';
import { Rulebook } from '@yuzhi/chassis/rulebook';
import { logger } from '@yuzhi/telemetry/logging';
import { START } from './deal.fixture.ts';
import { ruleRows } from './rules.fixture.ts';
import { NEEDED_RULES, termsOf } from './terms.ts';

function rulebook(rows = ruleRows()): Rulebook {
  const held = new Map(rows.map((row) => [row.id, row]));
  let heard: (id: string) => void = () => {};
  const table = {
    start: async () => {},
    get: (id: string) => held.get(id),
    onChange: (on: typeof heard) => (heard = on),
  };
  const rules = new Rulebook(NEEDED_RULES, logger('test', 'silent'), table);
  for (const id of held.keys()) heard(id);
  return rules;
}

describe('the terms of a deal', () => {
  it('are what the rulebook says when the deal is opened, with its version', () => {
    expect(termsOf(rulebook(), '410100', START)).toEqual({
      rulebookVersion: '2026.11-3',
      signWithinWorkingDays: 5,
      machinesMs: 1_800_000,
      askAgainMs: 43_200_000,
      agreed: {
        payWithinWorkingDays: 6,
        fileWithinWorkingDays: 10,
        handOverWithinWorkingDays: 7,
        releaseWithinWorkingDays: 3,
        refundWithinWorkingDays: 4,
        annuityNoticeDays: 90,
        cureDays: 15,
        longStopDays: 180,
        latePerDayBps: 5,
        earnestCapBps: 2000,
      },
      inventorFloor: {
        shareBps: 7000,
        payMonths: 6,
        basis: { zh: '《河南省促进科技成果转化条例》第四十条', en: 'Henan Regulations, art. 40' },
        law: true,
      },
      netDeducts: ['fee', 'costs'],
    });
  });

  it.each([
    ['Henan’s own for a seller of Henan', '411700', [7000, 6]],
    ['the nation’s for one of another province', '110000', [5000, 9]],
    ['the nation’s for a natural person', undefined, [5000, 9]],
  ])(
    'bind to a floor of the inventors’ share and a term: %s (DOMAIN §6: inventor reward)',
    (_, region, [bps, months]) => {
      expect(termsOf(rulebook(), region, START).inventorFloor).toMatchObject({ shareBps: bps, payMonths: months });
    },
  );

  it('need exactly the rules that the service says it cannot start without', () => {
    expect(
      ruleRows()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(
      [...NEEDED_RULES, ...NEEDED_RULES.filter((id) => id.includes('inventor')).map((id) => `${id}.41`)].toSorted(),
    );
    for (const id of NEEDED_RULES) {
      const without = rulebook(ruleRows().filter((row) => row.id !== id));
      expect(() => termsOf(without, undefined, START)).toThrow(`no rule ${id} is in force`);
    }
  });

  it('never call a law what is none', () => {
    const rows = ruleRows().map((row) => ({
      ...row,
      versions: row.versions.map((v) => ({ ...v, status: 'unverified' as const })),
    }));
    expect(termsOf(rulebook(rows), undefined, START).inventorFloor.law).toBe(false);
  });
});
