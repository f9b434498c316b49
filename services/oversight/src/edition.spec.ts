import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activateRulebook } from '@yuzhi/protocol/oversight';
import { newestEdition } from './edition.ts';

const edition = newestEdition();
const yearOf = (year: number) => edition.calendar.find((one) => one.year === year)!;

function inFolder<T>(files: Record<string, unknown>, look: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'rulebook-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    return look(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the committed rulebook', () => {
  it('is what the command that activates it takes', () => {
    expect(() => activateRulebook.data.parse({ rulebook: 'main', ...edition })).not.toThrow();
  });

  it('has no rule twice for the same day', () => {
    for (const versions of Map.groupBy(edition.rules, ({ id }) => id).values()) {
      const ordered = versions.toSorted((a, b) => a.from.localeCompare(b.from));
      const overlaps = ordered.slice(1).filter((rule, n) => ordered[n]!.to === null || ordered[n]!.to >= rule.from);
      expect(overlaps).toEqual([]);
    }
  });

  it('gives every value in its unit', () => {
    const forms: Record<string, RegExp> = { version: /./, list: /^[a-z,]*$/ };
    const wrong = edition.rules.filter(({ unit, value }) => !(forms[unit] ?? /^\d{1,16}$/).test(value));
    expect(wrong).toEqual([]);
  });
});

describe('the calendar', () => {
  /** Notice of the General Office of the State Council on the holidays of 2026 (国务院办公厅关于2026年部分节假日安排的通知). */
  it('of 2026 is as the State Council announced it', () => {
    const { provisional, source, holidays, workdays } = yearOf(2026);
    expect([provisional, source]).toEqual([false, expect.stringContaining('国务院办公厅')]);
    expect(workdays).toEqual(['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10']);
    expect(holidays).toEqual([
      ...['2026-01-01', '2026-01-02'],
      ...['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20', '2026-02-23'],
      ...['2026-04-06', '2026-05-01', '2026-05-04', '2026-05-05', '2026-06-19', '2026-09-25'],
      ...['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
    ]);
  });

  it('beyond the last announcement knows weekends only, and says that it is provisional', () => {
    for (const year of [2027, 2028, 2029, 2030]) {
      expect(yearOf(year)).toMatchObject({ provisional: true, holidays: [], workdays: [] });
      expect(yearOf(year).source).toMatch(/尚未公布.*Not announced/);
    }
    expect(edition.calendar.map(({ year }) => year)).toEqual([2024, 2025, 2026, 2027, 2028, 2029, 2030]);
  });

  it('says of every year only days that differ from the plain week', () => {
    const isWeekend = (date: string) => [0, 6].includes(new Date(date).getUTCDay());
    for (const { year, holidays, workdays } of edition.calendar) {
      expect([...holidays, ...workdays].every((date) => date.startsWith(`${year}-`))).toBe(true);
      expect([holidays.some(isWeekend), workdays.every(isWeekend)]).toEqual([false, true]);
    }
  });
});

describe('the newest edition', () => {
  const file = (version: string) => ({
    version,
    calendar: { firstYear: 2026, lastYear: 2026, announcedThrough: 2025 },
    rules: edition.rules.slice(0, 1),
  });

  it('is the last file by name, and whatever is no edition is left alone', () => {
    const files = { '2026-11.json': file('2026-11'), '2027-01.json': file('2027-01'), 'notes.txt': 'x' };
    expect(inFolder(files, (folder) => newestEdition(folder).version)).toBe('2027-01');
  });

  it('is refused when it is none', () => {
    expect(() => inFolder({}, newestEdition)).toThrow('no rulebook in');
    expect(() => inFolder({ '2027-01.json': { ...file('2027-01'), more: 1 } }, newestEdition)).toThrow('more');
    expect(() => inFolder({ '2027-01.json': { ...file('2027-01'), rules: [] } }, newestEdition)).toThrow('rules');
  });
});
