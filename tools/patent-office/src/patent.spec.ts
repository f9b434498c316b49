import { describe, expect, test } from '@jest/globals';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { Refused } from './office-refusals.ts';
import {
  addEncumbrance,
  changeOwners,
  endRight,
  extractOf,
  nextAct,
  type Patent,
  payAnnuity,
  putOnRegister,
  removeEncumbrance,
  restore,
  statusOf,
  type Step,
} from './patent.ts';
import { bank, buyer, newPatent, owner, patent } from './patent.fixture.ts';
import { LegalStatus, STATUS_NAMES } from './register-codes.ts';
import { NewPatent, RegisterExtract } from './wire.ts';

const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return 'not refused';
};
const messages = (over: object) =>
  NewPatent.safeParse({ ...newPatent(), ...over })
    .error?.issues.map(({ message }) => message)
    .join();
const unpaid = (): Patent => patent({ annuity: { paidThroughYear: 6, ownerPays: false } });
const pledgeOf = (until: string | null = null) => ({ kind: 'pledge' as const, licenceKind: null, holder: bank, until });
const preserved = (p: Patent) =>
  addEncumbrance(p, { kind: 'preservation', licenceKind: null, holder: null, until: null }, '2026-06-02').patent;

/** Lets the calendar alone act on a patent, up to a day. */
function runTo(p: Patent, day: string): { patent: Patent; log: [string, string][] } {
  const log: [string, string][] = [];
  let current = p;
  for (let act = nextAct(current); act && act.on <= day; act = nextAct(current)) {
    const { patent: after, entry }: Step = act.step(act.on);
    log.push([entry.on, entry.code]);
    current = after;
  }
  return { patent: current, log };
}

describe('a patent put on the register', () => {
  test('is in force, with a grant on its day and its owners, inventors and term', () => {
    const { patent: p, entry } = putOnRegister(newPatent(), '2026-06-01');
    expect(entry).toMatchObject({ code: 'GR01', on: '2023-02-01', details: { owners: [owner] } });
    expect(RegisterExtract.parse(extractOf(p))).toMatchObject({
      kind: 'invention',
      status: 'GRANTED',
      inForce: true,
      endedOn: null,
      expiryDate: '2041-03-10',
      flags: [],
      annuity: {
        paidThroughYear: 6,
        next: { year: 7, dueOn: '2027-03-10', graceEndsOn: '2027-09-10', fullFen: '200000', reducedFen: '200000' },
      },
      demo: true,
    });
  });

  test('was paid for the year of its grant at least', () => {
    expect(patent({ annuity: { paidThroughYear: 1 } }).paidThroughYear).toBe(2);
  });

  test('may not be granted later than today', () => {
    expect(refusal(() => putOnRegister(newPatent(), '2023-01-31'))).toBe('not-yet-granted');
  });

  test('has a number of the demonstration, and of its year', () => {
    expect(messages({ number: '201710601862.3' })).toMatch(/仅接受演示号段.*only demonstration numbers/);
    expect(messages({ number: demonstrationNumber(2020, 'invention', 1) })).toMatch(/filing date is not of the year/);
    expect(messages({ grantDate: '2021-03-10' })).toMatch(/granted before it was filed/);
    expect(messages({ owners: [owner, owner] })).toMatch(/same party twice/);
    expect(messages({ owners: [{ ...owner, party: '91310115MA1G4L1WXK' }] })).toMatch(/unified social credit code/);
  });
});

describe('the calendar', () => {
  test('lets an owner who pays do so 15 days before the day', () => {
    expect(runTo(patent(), '2028-12-31').log).toEqual([
      ['2027-02-23', 'AF01'],
      ['2028-02-24', 'AF01'],
    ]);
  });

  test('makes an unpaid annuity late the day after it was due', () => {
    const { patent: p, log } = runTo(unpaid(), '2027-09-10');
    expect(log).toEqual([['2027-03-11', 'AF02']]);
    expect(statusOf(p)).toBe('GRANTED_LATE_FEE');
    expect(extractOf(p).inForce).toBe(true);
  });

  test('lets the right lapse after six months of grace, as of the day the annuity was due', () => {
    const { patent: p, log } = runTo(unpaid(), '2027-09-11');
    expect(log.at(-1)).toEqual(['2027-09-11', 'CF01']);
    expect(extractOf(p)).toMatchObject({ status: 'LAPSED_FEE', inForce: false, endedOn: '2027-03-10' });
    expect(extractOf(p).annuity.next).toBeNull();
  });

  test('ends the right with its term, and nothing is to pay in its last year', () => {
    const { patent: p, log } = runTo(patent({ annuity: { paidThroughYear: 20 } }), '2050-01-01');
    expect(log).toEqual([['2041-03-10', 'CX01']]);
    expect(extractOf(p)).toMatchObject({ status: 'EXPIRED', endedOn: '2041-03-10' });
    expect(nextAct(p)).toBeNull();
  });

  test('ends an encumbrance the day after its last', () => {
    const p = addEncumbrance(patent(), pledgeOf('2026-12-31'), '2026-06-02').patent;
    const { patent: after, log } = runTo(p, '2027-01-01');
    expect(log).toEqual([['2027-01-01', 'PC01']]);
    expect(extractOf(after).flags).toEqual([]);
  });

  test('also ends what encumbers a right that has ended', () => {
    const p = endRight(
      addEncumbrance(patent(), pledgeOf('2026-12-31'), '2026-06-02').patent,
      'surrender',
      '2026-07-01',
    );
    expect(runTo(p.patent, '2030-01-01').log).toEqual([['2027-01-01', 'PC01']]);
  });
});

describe('an annuity', () => {
  test('paid late carries its late fee and ends the delay', () => {
    const late = runTo(unpaid(), '2027-06-01').patent;
    const { patent: p, entry } = payAnnuity(late, '2027-06-01');
    expect(entry.details).toEqual({ year: 7, dueOn: '2027-03-10', paidFen: '200000', lateFen: '20000' });
    expect(statusOf(p)).toBe('GRANTED');
  });

  test('costs 15 % less while an open licence stands', () => {
    const open = { kind: 'open-licence' as const, licenceKind: null, holder: null, until: null };
    const p = addEncumbrance(patent(), open, '2026-06-02').patent;
    expect(payAnnuity(p, '2027-01-01').entry.details).toMatchObject({ paidFen: '170000', lateFen: '0' });
    expect(extractOf(p).annuity.next).toMatchObject({ fullFen: '200000', reducedFen: '170000' });
  });

  test('is not paid when all are paid, or for a right that has ended', () => {
    expect(refusal(() => payAnnuity(patent({ annuity: { paidThroughYear: 20 } }), '2026-06-02'))).toBe(
      'no-annuity-due',
    );
    const ended = endRight(patent(), 'surrender', '2026-06-02').patent;
    expect(refusal(() => payAnnuity(ended, '2026-06-02'))).toBe('patent-not-in-force');
  });
});

describe('encumbrances', () => {
  test('are numbered within the patent, and a number is never used again', () => {
    const first = addEncumbrance(patent(), pledgeOf(), '2026-06-02').patent;
    const { patent: none } = removeEncumbrance(first, 'E1', '2026-06-03');
    expect(none.encumbrances).toEqual([]);
    expect(addEncumbrance(none, pledgeOf(), '2026-06-04').patent.encumbrances[0]).toMatchObject({
      id: 'E2',
      since: '2026-06-04',
    });
  });

  test.each([
    ['licence', 'LICENSED', 'EE01', 'EC01'],
    ['compulsory-licence', 'COMPULSORY_LICENSED', 'CL01', 'CL02'],
    ['open-licence', 'OPEN_LICENSED', 'OL01', 'OL02'],
    ['pledge', 'PLEDGED', 'PE01', 'PC01'],
    ['preservation', 'PRESERVED', 'PP01', 'PD01'],
    ['ownership-dispute', 'DISPUTED_OWNERSHIP', 'OD01', 'OD02'],
    ['invalidation-request', 'INVALIDATION_PENDING', 'IR01', 'IR02'],
  ] as const)('%s raises the flag %s, with %s when entered and %s when removed', (kind, flag, codeIn, codeOut) => {
    const added = addEncumbrance(patent(), { kind, licenceKind: null, holder: null, until: null }, '2026-06-02');
    expect(added.entry.code).toBe(codeIn);
    expect(extractOf(added.patent).flags).toEqual([flag]);
    expect(removeEncumbrance(added.patent, 'E1', '2026-06-03').entry.code).toBe(codeOut);
  });

  test('of preservation and ownership dispute suspend the patent, which stays in force', () => {
    const p = preserved(patent());
    expect(extractOf(p)).toMatchObject({ status: 'SUSPENDED', inForce: true, flags: ['PRESERVED'] });
    expect(statusOf(removeEncumbrance(p, 'E1', '2026-06-03').patent)).toBe('GRANTED');
  });

  test('that do not stand cannot be removed', () => {
    expect(refusal(() => removeEncumbrance(patent(), 'E1', '2026-06-03'))).toBe('encumbrance-unknown');
  });

  test('stay on the patent when its owner changes', () => {
    const p = addEncumbrance(patent(), pledgeOf(), '2026-06-02').patent;
    const { patent: sold, entry } = changeOwners(p, [buyer], '2026-06-03', { filingId: 'F' });
    expect(extractOf(sold)).toMatchObject({ owners: [buyer], flags: ['PLEDGED'] });
    expect(entry).toMatchObject({ code: 'TR01', details: { from: [owner], to: [buyer], filingId: 'F' } });
  });
});

describe('the end of a right', () => {
  test.each([
    ['lapse', 'LAPSED_FEE', 'CF01'],
    ['surrender', 'SURRENDERED', 'AV01'],
    ['invalidation', 'INVALID_FULL', 'IW01'],
  ] as const)('by %s is %s, once', (act, status, code) => {
    const { patent: p, entry } = endRight(patent(), act, '2026-06-02');
    expect(entry.code).toBe(code);
    expect(extractOf(p)).toMatchObject({ status, inForce: false, endedOn: '2026-06-02' });
    expect(refusal(() => endRight(p, act, '2026-06-03'))).toBe('patent-not-in-force');
  });

  test('in part leaves the rest in force', () => {
    const { patent: p } = endRight(patent(), 'partial-invalidation', '2026-06-02');
    expect(extractOf(p)).toMatchObject({ status: 'INVALID_PART', inForce: true });
  });

  test('by lapse alone can be undone, with what was not paid', () => {
    const lapsed = runTo(unpaid(), '2027-10-01').patent;
    const { patent: p, entry } = restore(lapsed, '2027-10-01');
    expect(entry).toMatchObject({ code: 'RR01', details: { paidThroughYear: 7 } });
    expect(extractOf(p)).toMatchObject({ status: 'RESTORED', inForce: true, endedOn: null });
    expect(nextAct(p)?.on).toBe('2028-02-24');
    for (const act of ['surrender', 'invalidation'] as const) {
      const ended = endRight(patent(), act, '2026-06-02').patent;
      expect(refusal(() => restore(ended, '2026-06-03'))).toBe('patent-not-restorable');
    }
    expect(refusal(() => restore(patent(), '2026-06-03'))).toBe('patent-not-restorable');
  });
});

test('every status has a name in both languages', () => {
  for (const status of LegalStatus.options) {
    expect(STATUS_NAMES[status].zh).not.toBe('');
    expect(STATUS_NAMES[status].en).not.toBe('');
  }
});
