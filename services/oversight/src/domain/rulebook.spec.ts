import { describe, expect, it } from '@jest/globals';
import { activated, type Edition, type RulebookState } from './rulebook.ts';

const NOW = 1_796_000_000_000;
const edition = (version: string): Edition => ({
  version,
  rules: [
    {
      id: 'escrow.fee-bps',
      value: '200',
      unit: 'bps',
      source: { zh: '演示', en: 'demonstration' },
      status: 'proposal',
      from: '2026-01-01',
      to: null,
    },
  ],
  calendar: [{ year: 2026, provisional: false, source: 'test', holidays: [], workdays: [] }],
});
const first = activated(undefined, edition('2026-11'), NOW)!;

describe('the rulebook', () => {
  it('begins with its first edition', () => {
    const { rules, calendar } = edition('2026-11');
    expect(first).toEqual({
      id: 'main',
      edition: '2026-11',
      rules,
      calendar,
      activatedAt: NOW,
      earlier: [],
      version: 1,
    });
  });

  it('puts another edition in force, and remembers those before', () => {
    const second = activated(first, edition('2026-12'), NOW + 1)!;
    const third = activated(second, edition('2027-01'), NOW + 2)!;
    expect(second).toMatchObject({ edition: '2026-12', activatedAt: NOW + 1, version: 2 });
    expect(third.earlier).toEqual([
      { edition: '2026-11', activatedAt: NOW },
      { edition: '2026-12', activatedAt: NOW + 1 },
    ]);
  });

  it('has nothing to do for the edition in force, whatever is in it', () => {
    const other: Edition = { ...edition('2026-11'), rules: [] };
    expect(activated(first, other, NOW + 1)).toBeUndefined();
  });

  it('may go back to an earlier edition', () => {
    const second: RulebookState = activated(first, edition('2026-12'), NOW + 1)!;
    expect(activated(second, edition('2026-11'), NOW + 2)).toMatchObject({ edition: '2026-11', version: 3 });
  });
});
