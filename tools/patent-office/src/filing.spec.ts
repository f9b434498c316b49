import { describe, expect, test } from '@jest/globals';
import { acceptFiling, type Filing, nextDayOf, proceed, register, turnDown } from './filing.ts';
import { examinersDecision, groundAgainst, grounds } from './grounds.ts';
import { addEncumbrance, endRight, type Patent } from './patent.ts';
import {
  bank,
  buyer,
  cancellation,
  coOwner,
  HASH,
  licence,
  owner,
  patent,
  pledge,
  transfer,
} from './patent.fixture.ts';
import { NewFiling } from './wire.ts';

const TODAY = '2026-12-01';
const accepted = (given: NewFiling, delayDays = 5): Filing => acceptFiling(given, 'DEMO-1', TODAY, delayDays);
const encumbered = (kind: 'pledge' | 'preservation' | 'ownership-dispute' | 'open-licence', p = patent()): Patent =>
  addEncumbrance(p, { kind, licenceKind: null, holder: bank, until: null }, TODAY).patent;
const licensed = (licenceKind: 'ordinary' | 'sole' | 'exclusive'): Patent =>
  addEncumbrance(patent(), { kind: 'licence', licenceKind, holder: buyer, until: null }, TODAY).patent;
const ended = () => endRight(patent(), 'surrender', TODAY).patent;
const late = (): Patent => ({ ...patent(), isLate: true });

describe('a transfer', () => {
  test('is examined after half of the five working days, and registered after all of them', () => {
    const filing = accepted(transfer());
    expect(filing).toMatchObject({ state: 'accepted', filedOn: TODAY, examinationOn: '2026-12-04' });
    expect(filing.registrationOn).toBe('2026-12-08');
    expect(nextDayOf(filing)).toBe('2026-12-04');

    const { filing: examined, step } = proceed(filing, patent(), '2026-12-04');
    expect(examined).toMatchObject({ state: 'examined', examinedOn: '2026-12-04', registeredOn: null });
    expect(step).toBeUndefined();
    expect(nextDayOf(examined)).toBe('2026-12-08');

    const done = proceed(examined, patent(), '2026-12-08');
    expect(done.filing).toMatchObject({
      state: 'registered',
      registeredOn: '2026-12-08',
      decidedOn: '2026-12-08',
      certificate: { title: { zh: '手续合格通知书' }, issuedOn: '2026-12-08' },
    });
    expect(nextDayOf(done.filing)).toBeNull();
    expect(done.step?.patent.owners).toEqual([buyer]);
    expect(done.step?.entry).toMatchObject({
      on: '2026-12-08',
      code: 'TR01',
      details: { filingId: 'DEMO-1', reference: 'deal-1', contractSha256: HASH, from: [owner], to: [buyer] },
    });
  });

  test('found defective may be filed again within two months', () => {
    const { filing, step } = proceed(accepted(transfer({ from: [buyer] })), patent(), '2026-12-31');
    expect(filing).toMatchObject({ state: 'defective', decidedOn: '2026-12-31', refileBy: '2027-02-28' });
    expect(filing.reason?.code).toBe('owners-differ');
    expect(step).toBeUndefined();
  });

  test('is refused on the day of registration for what came after its examination', () => {
    const { filing: examined } = proceed(accepted(transfer()), patent(), '2026-12-04');
    const { filing, step } = proceed(examined, encumbered('preservation'), '2026-12-08');
    expect(filing).toMatchObject({ state: 'refused', registeredOn: null, certificate: null, refileBy: null });
    expect(filing.reason?.code).toBe('formalities-suspended');
    expect(step).toBeUndefined();
  });

  test('of a co-owned patent needs all of them, in any order', () => {
    const shared = patent({ owners: [owner, coOwner] });
    expect(groundAgainst(transfer(), shared)?.reason.code).toBe('owners-differ');
    expect(groundAgainst(transfer({ from: [coOwner, owner] }), shared)).toBeUndefined();
  });
});

/** DOMAIN §2.4, conflict matrix, and the grounds of §2.5 and §2.6. */
describe('the grounds against a filing', () => {
  test.each<[string, NewFiling, Patent, string | undefined]>([
    ['a transfer of a right that has ended', transfer(), ended(), 'right-ended'],
    ['a licence of a right that has ended', licence(), ended(), 'right-ended'],
    ['a pledge of a right that has ended', pledge(), ended(), 'right-ended'],
    ['a transfer while a court preserves it', transfer(), encumbered('preservation'), 'formalities-suspended'],
    ['a licence while its ownership is disputed', licence(), encumbered('ownership-dispute'), 'formalities-suspended'],
    ['a pledge while a court preserves it', pledge(), encumbered('preservation'), 'formalities-suspended'],
    ['a transfer while an annuity is late', transfer(), late(), undefined],
    ['a licence while an annuity is late', licence(), late(), 'annuity-late'],
    ['a pledge while an annuity is late', pledge(), late(), 'annuity-late'],
    ['a transfer of a pledged patent', transfer(), encumbered('pledge'), 'pledgee-consent-missing'],
    ['the same with consent', transfer({ pledgeeConsentSha256: HASH }), encumbered('pledge'), undefined],
    ['a licence of a pledged patent', licence(), encumbered('pledge'), 'pledgee-consent-missing'],
    ['the same licence with consent', licence({ pledgeeConsentSha256: HASH }), encumbered('pledge'), undefined],
    ['a second pledge', pledge({ pledgeeConsentSha256: HASH }), encumbered('pledge'), 'already-pledged'],
    ['a transfer of a licensed patent', transfer(), licensed('exclusive'), undefined],
    ['a pledge of a licensed patent', pledge(), licensed('sole'), undefined],
    ['a pledge of an openly licensed patent', pledge(), encumbered('open-licence'), undefined],
    ['an ordinary licence beside another', licence(), licensed('ordinary'), undefined],
    ['an ordinary licence beside a sole one', licence(), licensed('sole'), 'licence-conflicts'],
    ['an ordinary licence beside an exclusive one', licence(), licensed('exclusive'), 'licence-conflicts'],
    ['an ordinary licence beside an open one', licence(), encumbered('open-licence'), undefined],
    ['a sole licence beside none', licence({ licenceKind: 'sole' }), patent(), undefined],
    [
      'a sole licence beside an ordinary one',
      licence({ licenceKind: 'sole' }),
      licensed('ordinary'),
      'licence-conflicts',
    ],
    [
      'an exclusive licence beside an open one',
      licence({ licenceKind: 'exclusive' }),
      encumbered('open-licence'),
      'licence-conflicts',
    ],
    ['a licence up to the last day of the term', licence({ until: '2041-03-09' }), patent(), undefined],
    ['a licence beyond the term', licence({ until: '2041-03-10' }), patent(), 'term-exceeds-patent'],
    ['a pledge beyond the term', pledge({ until: '2041-03-10' }), patent(), 'term-exceeds-patent'],
    ['the cancellation of a pledge', cancellation(), encumbered('pledge'), undefined],
    ['the cancellation of a licence', cancellation(), licensed('ordinary'), undefined],
    ['the cancellation of what is not there', cancellation(), patent(), 'nothing-to-cancel'],
    ['the cancellation of an open licence', cancellation(), encumbered('open-licence'), 'nothing-to-cancel'],
    [
      'the cancellation of a pledge on a right that has ended',
      cancellation(),
      endRight(encumbered('pledge'), 'surrender', TODAY).patent,
      undefined,
    ],
  ])('%s', (_, filing, p, code) => {
    expect(groundAgainst(filing, p)?.reason.code).toBe(code);
  });

  test('are named in both languages', () => {
    for (const { zh, en } of [...Object.values(grounds), examinersDecision]) {
      expect(zh).toMatch(/。$/);
      expect(en).toMatch(/\.$/);
    }
  });
});

describe('what a registration does', () => {
  test('a licence is recorded with its kind, licensee and term', () => {
    const { step, filing } = register(accepted(licence({ licenceKind: 'sole' })), patent(), TODAY);
    expect(step?.patent.encumbrances).toEqual([
      { id: 'E1', kind: 'licence', licenceKind: 'sole', holder: buyer, since: TODAY, until: '2030-12-31' },
    ]);
    expect(filing.certificate?.title.zh).toBe('专利实施许可合同备案通知书');
  });

  test('a pledge arises on the day it is registered', () => {
    const { step } = register(accepted(pledge()), patent(), TODAY);
    expect(step?.patent.encumbrances).toEqual([
      { id: 'E1', kind: 'pledge', licenceKind: null, holder: bank, since: TODAY, until: null },
    ]);
  });

  test('a cancellation takes it away', () => {
    expect(register(accepted(cancellation()), encumbered('pledge'), TODAY).step?.patent.encumbrances).toEqual([]);
  });

  test('what was never examined counts as examined that day', () => {
    expect(register(accepted(transfer()), patent(), TODAY).filing.examinedOn).toBe(TODAY);
  });
});

test('a filing that is turned down keeps its reason and is not taken up again', () => {
  const filing = turnDown(accepted(transfer()), 'refused', examinersDecision, TODAY);
  expect(filing).toMatchObject({ state: 'refused', decidedOn: TODAY, reason: examinersDecision, refileBy: null });
  expect(nextDayOf(filing)).toBeNull();
});

test('a filing names each party once', () => {
  expect(NewFiling.safeParse({ ...transfer(), to: [buyer, buyer] }).success).toBe(false);
  expect(NewFiling.safeParse({ ...transfer(), to: [] }).success).toBe(false);
});
