import type { InputOf } from '@yuzhi/protocol/declare';
import type { draftListing } from '@yuzhi/protocol/listings';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { makeUscc } from '@yuzhi/protocol/uscc';
import type { Listing } from './domain/listing.ts';

export const SELLER = makeUscc(41);
export const BUYER = makeUscc(42);
export const SALE = '0190f3c0-0000-7000-8000-0000000000b1';
export const PATENT = demonstrationNumber(2021, 'invention', 1);
/** A Tuesday. */
export const NOW = Date.parse('2026-12-01T10:00:00+08:00');
export const DAY_MS = 86_400_000;

/** An offer as a holder sends it: start 200,000, reserve 220,000, deposit 20,000 yuan. */
export const offer = (more: Partial<InputOf<typeof draftListing>> = {}): InputOf<typeof draftListing> => ({
  patentNumber: PATENT,
  terms: {
    startPriceFen: '20000000',
    reserveFen: '22000000',
    incrementFen: '500000',
    depositFen: '2000000',
    admissionEndsAt: NOW + 5 * DAY_MS,
    freeStartsAt: NOW + 5 * DAY_MS,
    freeEndsAt: NOW + 7 * DAY_MS,
    cycleSeconds: 300,
  },
  description: { zh: '演示数据：一种超硬刀具', en: 'A superhard tool (demonstration)' },
  reward: {
    inventors: [],
    noneBecause: '发明人已另行结清奖酬',
    shareBps: 7000,
    costs: [{ what: '检索与评估', amountFen: '800000' }],
  },
  ...more,
});
/** What the register shows when the patent is reserved. */
export const entry: NonNullable<Listing['entry']> = {
  patentNumber: PATENT,
  kind: 'invention',
  title: { zh: '一种超硬刀具', en: 'A superhard cutting tool' },
  abstract: '演示数据',
  ipc: ['B23B27/14'],
  filingDate: '2021-03-01',
  grantDate: '2023-05-09',
  expiresOn: '2041-03-01',
  owners: [{ party: SELLER, name: '演示数据·中原大学', shareBps: 10_000 }],
  inventors: [],
  status: 'GRANTED',
  annuity: { paidThroughYear: 6, nextDueOn: '2027-03-01', late: false },
  encumbrances: [
    { id: 'E1', kind: 'ordinary-licence', holder: '演示数据·被许可人', since: '2024-01-05', until: '2028-01-05' },
    { id: 'E2', kind: 'pledge', holder: '演示数据·银行', since: '2024-01-05', until: null },
  ],
  officeVersion: 3,
  demo: true,
};
