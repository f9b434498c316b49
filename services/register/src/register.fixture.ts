import type { DataOf } from '@yuzhi/protocol/declare';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import type { openFiling, recordFiling } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import type { Entry } from './domain/patent.ts';

export const SELLER = makeUscc(21);
export const BUYER = makeUscc(22);
export const OTHER = makeUscc(23);
export const SALE = '0190f3c0-0000-7000-8000-0000000000a1';
export const PATENT = demonstrationNumber(2021, 'invention', 1);
export const NOW = Date.parse('2026-12-01T10:00:00+08:00');
export const DAY_MS = 86_400_000;

export const owner = (party: string | null, name = '演示数据·中原大学') => ({ party, name, shareBps: 10_000 });
/** What the register shows of a patent that nothing stands against. */
export const entryOf = (more: Partial<Entry> = {}): Entry => ({
  patentNumber: PATENT,
  kind: 'invention',
  title: { zh: '一种超硬刀具', en: 'A superhard cutting tool' },
  abstract: '演示数据',
  ipc: ['B23B27/14'],
  filingDate: '2021-03-01',
  grantDate: '2023-05-09',
  expiresOn: '2041-03-01',
  owners: [owner(SELLER)],
  inventors: [],
  status: 'GRANTED',
  annuity: { paidThroughYear: 6, nextDueOn: '2027-03-01', late: false },
  encumbrances: [],
  officeVersion: 1,
  demo: true,
  ...more,
});
export const standing = (kind: Entry['encumbrances'][number]['kind']) => ({
  ...{ id: 'E1', kind, holder: '演示数据·第三方', since: '2026-01-05', until: null },
});
export const filingData = (more: Partial<DataOf<typeof openFiling>> = {}): DataOf<typeof openFiling> => ({
  saleId: SALE,
  patentNumber: PATENT,
  from: SELLER,
  to: BUYER,
  contractHash: 'c'.repeat(64),
  contractSignedAt: NOW,
  ...more,
});

export type Said = DataOf<typeof recordFiling>;
/** What the office says of that filing, and nothing more than its state. */
export const said = (state: Said['state'], more: Partial<Said> = {}): Said => ({
  ...{ saleId: SALE, state, officeReference: 'DEMO-1', registeredOn: null, noticeNumber: null },
  ...{ owner: null, reason: null, ...more },
});
