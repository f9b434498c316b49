import { describe, expect, it } from '@jest/globals';
import type { Rulebook } from '@yuzhi/chassis/rulebook';
import { Accepted, type Decision, type Sent } from '@yuzhi/messaging/decision';
import type { Command, DataOf } from '@yuzhi/protocol/declare';
import { type Filing, opened, recorded } from './domain/filing.ts';
import { mirrored, type Patent, requested } from './domain/patent.ts';
import {
  BUYER,
  DAY_MS,
  entryOf,
  filingData,
  NOW,
  OTHER,
  owner,
  PATENT,
  type Said,
  said,
  SALE,
  SELLER,
  standing,
} from './register.fixture.ts';
import { FilingHandlers, PatentHandlers } from './register.handlers.ts';

const days: Record<string, number> = { 'register.filing-check-days': 2, 'register.filing-decision-days': 10 };
const patents = new PatentHandlers();
const filings = new FilingHandlers({ int: (id: string) => days[id], version: () => '2026.1' } as unknown as Rulebook);

const sent = <C extends Command>(data: DataOf<C>, key = PATENT) => ({ key, data }) as unknown as Sent<C>;
const codeOf = (decision: Decision<unknown>) => (decision instanceof Accepted ? 'done' : decision.code);
const toldBy = ({ events }: Decision<unknown>) =>
  events.map(({ event }) => event.type.split('.').slice(1, 3).join('.'));
const held = (more: Partial<Patent> = {}): Patent => ({ ...mirrored(requested(PATENT, NOW), entryOf(), NOW), ...more });

describe('importing a patent', () => {
  const ask = (patent?: Patent) => patents.import(patent, sent({ patentNumber: PATENT }), NOW);

  it('has the office asked, again too for one that it did not know', () => {
    expect(ask()).toMatchObject({
      state: { state: 'requested', stale: true, version: 1 },
      body: { patentNumber: PATENT },
    });
    const unknown = mirrored(requested(PATENT, NOW), null, NOW);
    expect(ask(unknown).state).toMatchObject({ state: 'requested', stale: true, version: 3 });
  });

  it('that is in the mirror is refused', () => {
    expect(codeOf(ask(held()))).toBe('patent-already-mirrored');
  });
});

describe('what the office shows', () => {
  const mirror = (patent: Patent | undefined, entry: Parameters<typeof mirrored>[1]) =>
    patents.mirror(patent, sent({ patentNumber: PATENT, entry }), NOW);

  it('is told when it is new, with a change of owners', () => {
    expect(toldBy(mirror(requested(PATENT, NOW), entryOf()))).toEqual(['patent.mirrored']);
    const newer = mirror(held(), entryOf({ officeVersion: 2, owners: [owner(BUYER)] }));
    expect(toldBy(newer)).toEqual(['patent.mirrored', 'patent.owner-changed']);
    expect(newer.events[1]!.data).toEqual({ patentNumber: PATENT, owners: [owner(BUYER)] });
  });

  it('is told to nobody when it is what we knew, or nothing', () => {
    for (const entry of [entryOf(), entryOf({ officeVersion: 0 }), null])
      expect(toldBy(mirror(held({ stale: true }), entry))).toEqual([]);
    expect(toldBy(mirror(requested(PATENT, NOW), null))).toEqual([]);
  });

  it('without a question of ours is a mistake', () => {
    expect(() => mirror(undefined, entryOf())).toThrow('nobody asked for');
    expect(() => patents.refresh(undefined)).toThrow('does not hold');
  });

  it('is read again after a change, once for several', () => {
    const stale = patents.refresh(held()).state;
    expect(stale).toMatchObject({ stale: true, version: 3 });
    expect(patents.refresh(stale).state).toBe(stale);
    const registered = {
      saleId: SALE,
      patentNumber: PATENT,
      owner: BUYER,
      registeredOn: '2026-12-08',
      noticeNumber: 'N-1',
    };
    expect(patents.onRegistered(registered)).toMatchObject({ key: PATENT, data: { patentNumber: PATENT } });
  });
});

describe('the lock on a patent', () => {
  const reserve = (patent: Patent | undefined, saleId = SALE, seller = SELLER) =>
    patents.reserve(patent, sent({ patentNumber: PATENT, saleId, seller, purpose: 'transfer' }));
  const confirm = (patent: Patent | undefined, saleId = SALE) =>
    patents.confirm(patent, sent({ patentNumber: PATENT, saleId, seller: SELLER }));
  const release = (patent: Patent | undefined, saleId = SALE) =>
    patents.release(patent, sent({ patentNumber: PATENT, saleId }));
  const another = '0190f3c0-0000-7000-8000-0000000000a2';

  it('is taken by one sale at a time, and answers with the register', () => {
    const taken = reserve(held());
    expect(taken).toMatchObject({ state: { reservedBy: SALE, version: 3 }, body: entryOf() });
    const locked = taken.state as Patent;
    expect(codeOf(reserve(locked, another))).toBe('patent-reserved');
    expect(reserve(locked)).toMatchObject({ state: locked, body: entryOf() });
  });

  it('is not taken against what stands on the register', () => {
    const unread = [undefined, requested(PATENT, NOW), mirrored(requested(PATENT, NOW), null, NOW)];
    for (const patent of unread) expect(codeOf(reserve(patent))).toBe('patent-unknown');
    expect(codeOf(reserve(held(), SALE, OTHER))).toBe('seller-not-owner');
    expect(codeOf(reserve(held({ entry: entryOf({ encumbrances: [standing('pledge')] }) })))).toBe('patent-pledged');
  });

  it('is confirmed only for the sale that has it, as the register stands then', () => {
    expect(confirm(held({ reservedBy: SALE }))).toMatchObject({ body: entryOf(), state: { version: 2 } });
    for (const patent of [held({ reservedBy: another }), held(), undefined])
      expect(() => confirm(patent)).toThrow('does not hold the patent');
    const preserved = held({ reservedBy: SALE, entry: entryOf({ encumbrances: [standing('preservation')] }) });
    expect(codeOf(confirm(preserved))).toBe('patent-preserved');
  });

  it('is given back by the sale that has it, and by no other', () => {
    expect(release(held({ reservedBy: SALE })).state).toMatchObject({ reservedBy: null, version: 3 });
    for (const patent of [held(), held({ reservedBy: another })]) expect(release(patent).state).toBe(patent);
    expect(() => release(undefined)).toThrow('does not hold');
  });
});

describe('a filing', () => {
  const intended = opened(filingData(), NOW, { dueAt: NOW + 10 * DAY_MS, rulebookVersion: '2026.1' });
  const record = (filing: Filing | undefined, answer: Said) => filings.record(filing, sent(answer, SALE), NOW);
  const accepted = recorded(intended, said('accepted'), NOW)!;
  const notice = { registeredOn: '2026-12-08', noticeNumber: 'N-1' };

  it('is opened once per sale, and due by the rule', () => {
    const decision = filings.open(undefined, sent(filingData(), SALE), NOW);
    expect(decision).toMatchObject({ state: intended, body: { saleId: SALE } });
    const again = filings.open(intended, sent(filingData(), SALE), NOW + DAY_MS);
    expect(again).toMatchObject({ state: intended, body: { saleId: SALE }, events: [] });
  });

  it('tells that it was submitted, registered or refused, each once', () => {
    const submitted = record(intended, said('accepted'));
    expect([toldBy(submitted), submitted.state]).toEqual([
      ['filing.submitted'],
      expect.objectContaining({ deadlineAt: NOW + 2 * DAY_MS }),
    ]);
    expect(toldBy(record(accepted, said('accepted')))).toEqual([]);
    expect(toldBy(record(accepted, said('examined')))).toEqual([]);
    for (const shown of [BUYER, SELLER, null]) {
      const registered = record(accepted, said('registered', { ...notice, owner: shown }));
      expect(registered.events.map(({ data }) => data)).toEqual([
        { saleId: SALE, patentNumber: PATENT, owner: shown, ...notice },
      ]);
    }
    const refused = record(accepted, said('refused', { reason: '受让人名称不符' }));
    expect(refused.events[0]!.data).toEqual({ saleId: SALE, patentNumber: PATENT, reason: '受让人名称不符' });
    expect(record(accepted, said('defective')).events[0]!.data).toMatchObject({ reason: 'defective' });
  });

  it('registered at once tells both', () => {
    expect(toldBy(record(intended, said('registered', notice)))).toEqual(['filing.submitted', 'filing.registered']);
  });

  it('ignores what it was told before', () => {
    const ended = record(accepted, said('registered', notice)).state;
    for (const state of ['accepted', 'registered', 'refused'] as const) {
      expect(record(ended, said(state))).toMatchObject({ state: ended, events: [] });
    }
    expect(() => record(undefined, said('accepted'))).toThrow('without its filing');
  });

  it('wakes to ask the office, not before its time and not twice', () => {
    const wake = (filing: Filing | undefined, now: number) => filings.wake(filing, sent({}, SALE), now).state;
    const waiting = { ...accepted, deadlineAt: NOW + DAY_MS };
    expect(wake(waiting, NOW + DAY_MS - 1)).toBe(waiting);
    const asking = wake(waiting, NOW + DAY_MS);
    expect(asking).toMatchObject({ checking: true, checks: 1 });
    expect(wake(asking, NOW + 2 * DAY_MS)).toBe(asking);
    expect(() => wake(undefined, NOW)).toThrow('without its filing');
  });
});
