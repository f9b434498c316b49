import type { Words } from '@yuzhi/protocol/declare';
import type { PatentKind } from '@yuzhi/protocol/patent-number';
import type { CivilDate } from './calendar.ts';

/** Where a figure comes from; one that is not verified is the best known, and must not be shown as law. */
interface Source {
  source: Words;
  verified: boolean;
}
/** Patent-years, from the filing date: the first is year 1. */
interface Band extends Source {
  kind: PatentKind;
  fromYear: number;
  toYear: number;
  feeYuan: bigint;
}
interface Term extends Source {
  kind: PatentKind;
  years: number;
  /** Only for applications filed before this day. */
  filedBefore?: CivilDate;
}

const published: Source = {
  source: { zh: '国家知识产权局公布的专利年费标准', en: 'annuity tariff published by CNIPA' },
  verified: true,
};
const article42: Source = { source: { zh: '专利法第四十二条', en: 'Patent Law, article 42' }, verified: true };
const rule115: Source = {
  source: { zh: '专利法实施细则第一百一十五条', en: 'Implementing Rules of the Patent Law, rule 115' },
  verified: true,
};
const general: Source = { source: { zh: '一般知识，未核实', en: 'general knowledge, not verified' }, verified: false };

const band = (kind: PatentKind, fromYear: number, toYear: number, feeYuan: bigint, from = published): Band => ({
  kind,
  fromYear,
  toYear,
  feeYuan,
  ...from,
});

export const BANDS: readonly Band[] = [
  band('invention', 1, 3, 900n),
  band('invention', 4, 6, 1200n),
  band('invention', 7, 9, 2000n),
  band('invention', 10, 12, 4000n),
  band('invention', 13, 15, 6000n),
  band('invention', 16, 20, 8000n),
  ...(['utility-model', 'design'] as const).flatMap((kind) => [
    band(kind, 1, 3, 600n),
    band(kind, 4, 5, 900n),
    band(kind, 6, 8, 1200n),
    band(kind, 9, 10, 2000n),
  ]),
  band('design', 11, 15, 3000n, general),
];

/** From the filing date; of a kind with several terms the first that fits counts. */
export const TERMS: readonly Term[] = [
  { kind: 'invention', years: 20, ...article42 },
  { kind: 'utility-model', years: 10, ...article42 },
  { kind: 'design', years: 10, filedBefore: '2021-06-01', ...general },
  { kind: 'design', years: 15, ...article42 },
];

export const GRACE = { months: 6, ...rule115 };
/** Basis points of the full annual fee, reliefs left aside, for each full month exceeded; so nothing in the first. */
export const LATE_FEE = { monthlyBps: 500, ...rule115 };
/** While an open licence is declared; of several reliefs the highest counts, they are not added up. */
export const OPEN_LICENCE_RELIEF = {
  bps: 1500,
  source: {
    zh: '国家知识产权局公告第594号（2024年8月6日）',
    en: 'CNIPA Announcement 594 of 2024-08-06',
  },
  verified: true,
};
