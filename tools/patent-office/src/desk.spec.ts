import { describe, expect, test } from '@jest/globals';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import * as fc from 'fast-check';
import { addDays } from './calendar.ts';
import { type Desk, enter, settle } from './desk.ts';
import { acceptFiling, nextDayOf } from './filing.ts';
import { addEncumbrance, extractOf, nextAct, type Patent } from './patent.ts';
import { bank, buyer, desk, owner, patent, transfer } from './patent.fixture.ts';
import { Change } from './wire.ts';

const NUMBERS = [1, 2, 3].map((index) => demonstrationNumber(2021, 'invention', index));
const START = '2026-12-01';

function file(d: Desk, id: string, over: object = {}, delayDays = 5): void {
  d.filings.set(id, acceptFiling(transfer({ reference: id, ...over }), id, d.today, delayDays));
}
const moved = (d: Desk, today: string): Desk => ({ ...d, today });
const log = (d: Desk) => d.changes.map(({ seq, number, on, code }) => ({ seq, number, on, code }));

describe('settling', () => {
  test('does what has become due, each on its own day, in the order of the days', () => {
    const unpaid = patent({ number: NUMBERS[1]!, annuity: { paidThroughYear: 5, ownerPays: false } });
    const d = desk('2026-12-08', [patent(), unpaid]);
    d.filings.set('F', acceptFiling(transfer(), 'F', START, 5));
    settle(d);
    expect(log(d)).toEqual([
      { seq: 3, number: NUMBERS[1], on: '2026-03-11', code: 'AF02' },
      { seq: 4, number: NUMBERS[1], on: '2026-09-11', code: 'CF01' },
      { seq: 5, number: NUMBERS[0], on: '2026-12-08', code: 'TR01' },
    ]);
    expect(d.filings.get('F')?.state).toBe('registered');
  });

  test('does nothing a day early', () => {
    const d = desk('2026-12-07', [patent()]);
    d.filings.set('F', acceptFiling(transfer(), 'F', START, 5));
    settle(d);
    expect(d.changes).toEqual([]);
    expect(d.filings.get('F')?.state).toBe('examined');
    expect(d.patents.get(NUMBERS[0]!)?.owners).toEqual([owner]);
  });

  test('without any delay registers on the day of filing', () => {
    const d = desk('2026-12-05', [patent()]);
    file(d, 'F', {}, 0);
    settle(d);
    expect(d.filings.get('F')).toMatchObject({ state: 'registered', registeredOn: '2026-12-05' });
  });

  test('ends a right before it registers its transfer on the same day', () => {
    const lapsing = patent({ annuity: { paidThroughYear: 6, ownerPays: false } });
    const d = desk('2027-09-11', [lapsing]);
    const examined = acceptFiling(transfer(), 'F', '2027-09-06', 5);
    d.filings.set('F', { ...examined, state: 'examined', registrationOn: '2027-09-11' });
    settle(d);
    expect(log(d).map(({ code }) => code)).toEqual(['AF02', 'CF01']);
    expect(d.filings.get('F')).toMatchObject({
      state: 'refused',
      decidedOn: '2027-09-11',
      reason: { code: 'right-ended' },
    });
  });

  test('registers the first of two transfers by one owner; the second finds another owner', () => {
    const d = desk(START, [patent()]);
    file(d, 'F1');
    file(d, 'F2', { to: [bank] });
    settle(moved(d, '2026-12-31'));
    expect(d.filings.get('F1')?.state).toBe('registered');
    expect(d.filings.get('F2')).toMatchObject({ state: 'defective', reason: { code: 'owners-differ' } });
  });

  test('keeps a pledge that ended before the day of registration out of the way', () => {
    const pledged = addEncumbrance(
      patent(),
      { kind: 'pledge', licenceKind: null, holder: bank, until: '2026-12-03' },
      '2026-06-02',
    ).patent;
    const d = desk(START, [pledged]);
    file(d, 'F');
    settle(moved(d, '2026-12-08'));
    expect(log(d).map(({ code }) => code)).toEqual(['PC01', 'TR01']);
  });

  test('gives every change the extract as it stands after it, and one number more', () => {
    const d = desk('2031-01-01', [patent()]);
    settle(d);
    expect(d.changes.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    expect(d.changes.map(({ extract }) => extract.annuity.paidThroughYear)).toEqual([7, 8, 9, 10]);
    for (const change of d.changes) expect(Change.parse(change).extract.version).toBe(change.seq);
    expect(d.changes.at(-1)?.extract).toEqual(extractOf(d.patents.get(NUMBERS[0]!)!));
  });
});

const somePatent = (index: number) =>
  fc
    .record({
      paidThroughYear: fc.integer({ min: 4, max: 20 }),
      ownerPays: fc.boolean(),
      pledgedUntil: fc.option(fc.integer({ min: 0, max: 4000 })),
    })
    .map(({ paidThroughYear, ownerPays, pledgedUntil }): Patent => {
      const p = patent({ number: NUMBERS[index]!, annuity: { paidThroughYear, ownerPays } });
      if (pledgedUntil === null) return p;
      const until = addDays(START, pledgedUntil);
      return addEncumbrance(p, { kind: 'pledge', licenceKind: null, holder: bank, until }, '2026-06-02').patent;
    });
const someFiling = fc.record({
  index: fc.nat(2),
  delayDays: fc.integer({ min: 0, max: 30 }),
  mayTake: fc.boolean(),
});
const history = fc.record({
  patents: fc.tuple(somePatent(0), somePatent(1), somePatent(2)),
  filings: fc.array(someFiling, { maxLength: 4 }),
  stops: fc.array(fc.integer({ min: 0, max: 6000 }), { maxLength: 6 }),
});

function run({
  patents,
  filings,
}: {
  patents: Patent[];
  filings: { index: number; delayDays: number; mayTake: boolean }[];
}) {
  const d = desk(START, patents);
  settle(d);
  filings.forEach(({ index, delayDays, mayTake }, i) => {
    const from = mayTake ? [owner] : [bank];
    file(d, `F${i}`, { number: NUMBERS[index], from, to: [buyer] }, delayDays);
  });
  return d;
}

describe('however the days pass', () => {
  const END = addDays(START, 6000);

  test('one jump and many steps enter the same changes in the same order', () => {
    fc.assert(
      fc.property(history, ({ patents, filings, stops }) => {
        const jumped = moved(run({ patents, filings }), END);
        settle(jumped);
        let stepped = run({ patents, filings });
        const days = [...stops.toSorted((a, b) => a - b).map((n) => addDays(START, n)), END];
        for (const day of days) {
          stepped = moved(stepped, day);
          settle(stepped);
        }
        expect(stepped.changes).toEqual(jumped.changes);
        expect(stepped.filings).toEqual(jumped.filings);
        expect(stepped.patents).toEqual(jumped.patents);
      }),
      { numRuns: 60 },
    );
  });

  test('nothing is left to do up to today, and each change is dated no later than today', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 6000 }), ({ patents, filings }, days) => {
        const d = moved(run({ patents, filings }), addDays(START, days));
        settle(d);
        const next = [...d.patents.values()].map((p) => nextAct(p)?.on);
        const filed = [...d.filings.values()].map(nextDayOf);
        const upcoming = [...next, ...filed].filter((day) => typeof day === 'string');
        expect(upcoming.filter((day) => day <= d.today)).toEqual([]);
        expect(d.changes.filter(({ on }) => on > d.today)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

test('a step that somebody enters by hand is a change like any other', () => {
  const d = desk(START, [patent()]);
  const pledge = { kind: 'pledge' as const, licenceKind: null, holder: bank, until: null };
  enter(d, addEncumbrance(patent(), pledge, START));
  expect(log(d)).toEqual([{ seq: 2, number: NUMBERS[0], on: START, code: 'PE01' }]);
  expect(d.patents.get(NUMBERS[0]!)?.version).toBe(2);
});
