import type { CivilDate } from './calendar.ts';
import { type Filing, nextDayOf, proceed } from './filing.ts';
import { type Entry, extractOf, nextAct, type Patent, type Step } from './patent.ts';
import type { Change } from './wire.ts';

/** What one transaction of the office works on: the rows it needs, in memory. */
export interface Desk {
  readonly today: CivilDate;
  delayDays: number;
  /** Of the newest change of the register. */
  seq: number;
  /** Filings ever accepted. */
  filingCount: number;
  readonly patents: Map<string, Patent>;
  readonly filings: Map<string, Filing>;
  /** What was entered in this transaction, in its order. */
  readonly changes: Change[];
}

/** Puts a step on the register: the only way a patent's extract changes. */
export function enter(desk: Desk, { patent, entry }: Step): Patent {
  const stepped = { ...patent, version: ++desk.seq };
  desk.patents.set(stepped.number, stepped);
  desk.changes.push(change(stepped, entry));
  return stepped;
}

const change = (patent: Patent, entry: Entry): Change => ({
  seq: patent.version,
  number: patent.number,
  ...entry,
  extract: extractOf(patent),
});

interface Due {
  on: CivilDate;
  /** On one day the calendar acts on a patent before the office acts on its filings: a right that ends is not sold. */
  order: string;
  run: () => readonly string[];
}

function dueOf(desk: Desk, key: string): Due | null {
  const patent = desk.patents.get(key);
  if (patent) {
    const act = nextAct(patent);
    return act === null ? null : { on: act.on, order: `a ${key}`, run: () => [enter(desk, act.step(act.on)).number] };
  }
  const filing = desk.filings.get(key)!;
  const on = nextDayOf(filing);
  return on === null ? null : { on, order: `b ${key}`, run: () => take(desk, filing, on) };
}

function take(desk: Desk, filing: Filing, on: CivilDate): string[] {
  const outcome = proceed(filing, desk.patents.get(filing.number)!, on);
  desk.filings.set(filing.id, outcome.filing);
  if (!outcome.step) return [filing.id];
  return [filing.id, enter(desk, outcome.step).number];
}

const isBefore = (a: Due, b: Due) => a.on < b.on || (a.on === b.on && a.order < b.order);

/** Does, day by day, all that was due up to today. Every filing on the desk has its patent on it. */
export function settle(desk: Desk): void {
  const due = new Map<string, Due>();
  const plan = (key: string) => {
    const found = dueOf(desk, key);
    if (found && found.on <= desk.today) due.set(key, found);
    else due.delete(key);
  };
  [...desk.patents.keys(), ...desk.filings.keys()].forEach(plan);
  while (due.size > 0) {
    const first = [...due.values()].reduce((a, b) => (isBefore(b, a) ? b : a));
    first.run().forEach(plan);
  }
}
