import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rule } from '@yuzhi/protocol/oversight';
import { text } from '@yuzhi/protocol/scalars';
import chineseDays from 'chinese-days';
import { z } from 'zod';
import type { Edition } from './domain/rulebook.ts';

const FOLDER = join(import.meta.dirname, '../rulebook');
const EditionFile = z.strictObject({
  version: text(60),
  /** Years beyond the last one announced by the State Council are provisional. */
  calendar: z.strictObject({ firstYear: z.int(), lastYear: z.int(), announcedThrough: z.int() }),
  rules: z.array(Rule).min(1),
});

/** The newest committed edition of the rulebook. Throws ZodError when a file is not one. */
export function newestEdition(folder = FOLDER): Edition {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .at(-1);
  if (!newest) throw new Error(`no rulebook in ${folder}`);
  const { version, calendar, rules } = EditionFile.parse(JSON.parse(readFileSync(join(folder, newest), 'utf8')));
  const years = Array.from({ length: calendar.lastYear - calendar.firstYear + 1 }, (_, i) => calendar.firstYear + i);
  return { version, rules, calendar: years.map((year) => calendarOf(year, calendar.announcedThrough)) };
}

/** Every day of a year that is not what its weekday says. */
function calendarOf(year: number, announcedThrough: number): Edition['calendar'][number] {
  if (year > announcedThrough) {
    return {
      year,
      provisional: true,
      source: '尚未公布，暂按周末推算 Not announced; weekends only',
      holidays: [],
      workdays: [],
    };
  }
  const holidays: string[] = [];
  const workdays: string[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10);
    const weekend = [0, 6].includes(new Date(at).getUTCDay());
    const { work } = chineseDays.getDayDetail(date);
    if (work && weekend) workdays.push(date);
    if (!work && !weekend) holidays.push(date);
  }
  const source = '国务院办公厅节假日安排 State Council holiday notice (chinese-days 1.5.7)';
  return { year, provisional: false, source, holidays, workdays };
}
