import { describe, expect, it } from '@jest/globals';
import { confirmPatent } from '@yuzhi/protocol/register';
import fc from 'fast-check';
import { entryOf, NOW, OTHER, owner, PATENT, SELLER, standing } from '../register.fixture.ts';
import { changed, type Entry, mirrored, obstacleOf, ownersDiffer, type Patent, requested } from './patent.ts';

const asked = requested(PATENT, NOW);
const held = (entry: Partial<Entry> = {}, more: Partial<Patent> = {}): Patent => ({
  ...mirrored(asked, entryOf(entry), NOW),
  ...more,
});

describe('the mirror', () => {
  it('asks for a patent, and shows it when the office has answered', () => {
    expect(asked).toMatchObject({ state: 'requested', stale: true, entry: null, reservedBy: null, version: 1 });
    expect(held()).toEqual({
      ...asked,
      state: 'mirrored',
      stale: false,
      entry: entryOf(),
      mirroredAt: NOW,
      version: 2,
    });
  });

  it('says when the office does not know the number', () => {
    const unknown = mirrored(asked, null, NOW);
    expect(unknown).toEqual({ ...asked, state: 'not-on-register', stale: false, version: 2 });
    expect(mirrored(changed(unknown, { stale: true }), entryOf(), NOW)).toMatchObject({
      state: 'mirrored',
      version: 4,
    });
  });

  it('keeps what it has when the office no longer finds it, and when nothing is newer', () => {
    const patent = held({ officeVersion: 7 }, { stale: true, reservedBy: 'a sale' });
    for (const answer of [null, entryOf({ officeVersion: 7 }), entryOf({ officeVersion: 6, status: 'EXPIRED' })]) {
      expect(mirrored(patent, answer, NOW + 1)).toEqual({ ...patent, stale: false, version: patent.version + 1 });
    }
  });

  it('keeps the lock of a sale whatever the register shows', () => {
    const patent = held({}, { reservedBy: 'a sale' });
    const after = mirrored(patent, entryOf({ officeVersion: 2, owners: [owner(OTHER)] }), NOW);
    expect(after).toMatchObject({ reservedBy: 'a sale', entry: { owners: [{ party: OTHER }] } });
  });

  it('shows the newest version that it ever heard of, in whatever order the answers come', () => {
    const answer = fc.option(fc.integer({ min: 0, max: 40 }), { nil: null });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 30 }), (versions) => {
        let patent = asked;
        for (const officeVersion of versions) {
          const before = patent;
          patent = mirrored(patent, officeVersion === null ? null : entryOf({ officeVersion }), NOW);
          expect(patent.entry?.officeVersion ?? -1).toBeGreaterThanOrEqual(before.entry?.officeVersion ?? -1);
          expect([patent.version, patent.stale]).toEqual([before.version + 1, false]);
        }
        const newest = Math.max(-1, ...versions.map((version) => version ?? -1));
        expect(patent.entry?.officeVersion ?? -1).toBe(newest);
        expect(patent.state).toBe(newest < 0 ? 'not-on-register' : 'mirrored');
      }),
    );
  });

  it('sees that owners changed only between two entries', () => {
    const [before, after] = [entryOf(), entryOf({ owners: [owner(OTHER)] })];
    expect(ownersDiffer(before, after)).toBe(true);
    expect(ownersDiffer(before, entryOf({ status: 'EXPIRED' }))).toBe(false);
    expect([ownersDiffer(null, after), ownersDiffer(before, null)]).toEqual([false, false]);
  });
});

describe('what stands against a transfer', () => {
  const against = (entry: Partial<Entry>, seller = SELLER) => obstacleOf(entryOf(entry), seller);

  it('is nothing for the only owner of a patent in force', () => {
    for (const status of ['GRANTED', 'INVALID_PART', 'RESTORED'] as const) expect(against({ status })).toBeNull();
  });

  it('is no licence, nor an open one: the buyer takes them over', () => {
    const licences = ['ordinary-licence', 'sole-licence', 'exclusive-licence', 'open-licence'] as const;
    expect(against({ encumbrances: licences.map(standing) })).toBeNull();
  });

  it.each([
    ['another owner', { owners: [owner(OTHER)] }, 'seller-not-owner'],
    ['an owner whom we do not know', { owners: [owner(null)] }, 'seller-not-owner'],
    ['a second owner', { owners: [owner(SELLER), owner(OTHER)] }, 'co-owner-consent-missing'],
    ['a lapse', { status: 'LAPSED_FEE' }, 'patent-not-in-force'],
    ['the end of its term', { status: 'EXPIRED' }, 'patent-not-in-force'],
    ['a surrender', { status: 'SURRENDERED' }, 'patent-not-in-force'],
    ['an invalidation', { status: 'INVALID_FULL' }, 'patent-not-in-force'],
    ['an annuity in its grace period', { status: 'GRANTED_LATE_FEE' }, 'annuity-unpaid'],
    [
      'a late annuity, whatever the status says',
      { annuity: { paidThroughYear: 5, nextDueOn: '2026-03-01', late: true } },
      'annuity-unpaid',
    ],
    ['a pledge', { encumbrances: [standing('pledge')] }, 'patent-pledged'],
    ['a preservation', { encumbrances: [standing('preservation')] }, 'patent-preserved'],
    ['a suspension', { status: 'SUSPENDED' }, 'patent-preserved'],
  ] as [string, Partial<Entry>, string][])('is %s', (_, entry, obstacle) => expect(against(entry)).toBe(obstacle));

  it('is named by the first code of the catalogue that fits', () => {
    const order = Object.keys(confirmPatent.rejections);
    const status = fc.constantFrom<Entry['status'][]>(
      'GRANTED',
      'GRANTED_LATE_FEE',
      'SUSPENDED',
      'EXPIRED',
      'INVALID_FULL',
    );
    const parts = { mine: fc.boolean(), alone: fc.boolean(), pledged: fc.boolean(), preserved: fc.boolean(), status };
    fc.assert(
      fc.property(fc.record(parts), ({ mine, alone, pledged, preserved, status: shown }) => {
        const stands = {
          'seller-not-owner': !mine,
          'co-owner-consent-missing': !alone,
          'patent-not-in-force': shown === 'EXPIRED' || shown === 'INVALID_FULL',
          'annuity-unpaid': shown === 'GRANTED_LATE_FEE',
          'patent-pledged': pledged,
          'patent-preserved': preserved || shown === 'SUSPENDED',
        } as Record<string, boolean>;
        const owners = [owner(mine ? SELLER : OTHER), ...(alone ? [] : [owner(null, '共有人')])];
        const kinds = [...(preserved ? (['preservation'] as const) : []), ...(pledged ? (['pledge'] as const) : [])];
        const found = against({ owners, status: shown, encumbrances: kinds.map(standing) });
        expect(found).toBe(order.find((code) => stands[code]) ?? null);
      }),
    );
  });
});
