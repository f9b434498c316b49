import { createHash } from 'node:crypto';
import type { Words } from '@yuzhi/protocol/declare';
import { demonstrationNumber, type PatentKind } from '@yuzhi/protocol/patent-number';
import { annuityDueOn, termYears } from './annuities.ts';
import { addDays, type CivilDate } from './calendar.ts';
import { computing, energy } from './demonstration/computing-and-energy.ts';
import { biology, food } from './demonstration/food-and-biology.ts';
import type { Pattern } from './demonstration/industry.ts';
import { IPC_TITLES } from './demonstration/ipc-titles.ts';
import { machinery, superhard } from './demonstration/machinery.ts';
import { agriculture, metals, refractories } from './demonstration/materials-and-agriculture.ts';
import { appearances, medical, products } from './demonstration/medical.ts';
import type { NewPatent, Party } from './wire.ts';

export interface DemonstrationOwner extends Party {
  /** Who invents for it; made up when absent. */
  inventors?: readonly { personId: string; name: string }[];
}
export interface DemonstrationOptions {
  owners: readonly DemonstrationOwner[];
  seed: number;
  /** Where the serials start, 0–99,999 above 9900000: two sets on one register must not share any. */
  firstSerial?: number;
}

/** All annuities that fell due before this day are paid; all patents were granted before it. */
const AS_OF: CivilDate = '2026-01-01';
const INDUSTRIES = [
  machinery,
  superhard,
  food,
  biology,
  computing,
  energy,
  metals,
  refractories,
  agriculture,
  medical,
] as const;
/** Of ten patents that could be a device's, so many are utility models; and every so-manieth patent is a design. */
const UTILITY_MODELS_OF_TEN = 6;
const DESIGN_EVERY = 25;
/** First and last year of filing, and how many days the grant took. */
const FILED: Record<PatentKind, { years: [number, number]; grantDays: [number, number] }> = {
  invention: { years: [2012, 2022], grantDays: [500, 1000] },
  'utility-model': { years: [2018, 2023], grantDays: [150, 330] },
  design: { years: [2022, 2024], grantDays: [120, 260] },
};
const EFFECTS: readonly Words[] = [
  { zh: '结构紧凑，便于在现有产线上改造', en: 'It fits into existing lines without rebuilding them.' },
  { zh: '能耗降低，运行成本下降', en: 'It needs less energy and costs less to run.' },
  { zh: '产品一致性提高，废品率下降', en: 'Products vary less and fewer are rejected.' },
  { zh: '自动化程度高，减少人工干预', en: 'It hardly needs anybody to attend to it.' },
  { zh: '检修周期延长，可靠性提高', en: 'It runs longer between overhauls and fails less.' },
  { zh: '环境适应性好，易于推广', en: 'It works in rough surroundings and is easy to roll out.' },
];
const SURNAMES = '豫嵩洛淮沁淇颍汝漯郏虢'.split('');
const GIVEN_NAMES = ['明远', '思齐', '文博', '雨桐', '立新', '景行', '若溪', '致远', '嘉禾', '望舒', '怀瑾', '守一'];

/** Numbers from 0 up to 1 that the seed alone determines (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const between = (random: () => number, [low, high]: readonly [number, number]) =>
  low + Math.floor(random() * (high - low + 1));
const oneOf = <T>(random: () => number, all: readonly T[]): T => all[Math.floor(random() * all.length)]!;

function shuffled<T>(random: () => number, all: readonly T[]): T[] {
  const mixed = [...all];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

/** A person's id that two runs agree on: a version 8 UUID of the name and where he works. */
function personIdOf(party: string, name: string): string {
  const hex = createHash('sha256').update(`${party} ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function inventorsOf(random: () => number, owner: DemonstrationOwner): NewPatent['inventors'] {
  const known = owner.inventors?.length ? shuffled(random, owner.inventors) : undefined;
  const count = between(random, [1, 3]);
  if (known) return known.slice(0, count);
  const names = shuffled(random, SURNAMES)
    .slice(0, count)
    .map((surname) => surname + oneOf(random, GIVEN_NAMES));
  return names.map((name) => ({ personId: personIdOf(owner.party, name), name }));
}

type Draft = Pick<NewPatent, 'title' | 'abstract' | 'ipc' | 'locarno'> & { kind: PatentKind };

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
const about = (words: Words, subject: Words): Words => ({
  zh: words.zh.replaceAll('{m}', subject.zh),
  en: capital(words.en.replaceAll('{m}', subject.en)),
});

function technical(random: () => number, industry: Words, subject: Words, pattern: Pattern): Draft {
  const kind = pattern.form === 'device' && random() * 10 < UTILITY_MODELS_OF_TEN ? 'utility-model' : 'invention';
  const named = about(pattern.title, subject);
  const title = { zh: pattern.form === 'device' ? `一种${named.zh}` : named.zh, en: named.en };
  const means = about(pattern.means, subject);
  const effect = oneOf(random, EFFECTS);
  const main = pattern.ipc[0]!;
  const field = `属于${industry.zh}领域（主分类${main}，${IPC_TITLES[main.slice(0, 4)]}）`;
  const opening = kind === 'invention' ? '本发明' : '本实用新型';
  return {
    kind,
    title,
    abstract: {
      zh: `${opening}公开了${title.zh}，${field}。${means.zh}。${effect.zh}。`,
      en: `${title.en}, in the field of ${industry.en} (main class ${main}). ${means.en}. ${effect.en}`,
    },
    ipc: [...pattern.ipc],
    locarno: [],
  };
}

/** Every pattern with every subject of its industry once, in an order that the seed decides. */
function technicalDrafts(random: () => number): Draft[] {
  const pairs = INDUSTRIES.flatMap(({ name, subjects, patterns }) =>
    subjects.flatMap((subject) => patterns.map((pattern) => ({ name, subject, pattern }))),
  );
  return shuffled(random, pairs).map(({ name, subject, pattern }) => technical(random, name, subject, pattern));
}

function designDrafts(random: () => number): Draft[] {
  const looks = products.flatMap((product) => appearances.map((appearance) => ({ ...product, appearance })));
  return shuffled(random, looks).map(({ locarno, name, appearance }) => ({
    kind: 'design',
    title: { zh: `${name.zh}（${appearance.zh}）`, en: `${name.en} (${appearance.en})` },
    abstract: {
      zh: `本外观设计产品的名称：${name.zh}。设计要点在于产品的${appearance.zh}外形。`,
      en: `The product is: ${name.en.toLowerCase()}. What is new is its ${appearance.en} shape.`,
    },
    ipc: [],
    locarno: [locarno],
  }));
}

/** The last year whose annuity fell due before AS_OF. */
function paidThrough(kind: PatentKind, filingDate: CivilDate): number {
  let year = 1;
  while (year < termYears(kind, filingDate) && annuityDueOn(filingDate, year + 1) < AS_OF) year++;
  return year;
}

/**
 * Invented patents of Henan's industries, ready to be put on the register; the same for the same arguments. No two
 * titles are the same. Throws RangeError beyond the words there are (about 500) or without an owner.
 */
export function demonstrationPatents(
  count: number,
  { owners, seed, firstSerial = 0 }: DemonstrationOptions,
): NewPatent[] {
  const random = randomOf(seed);
  const drafts = { technical: technicalDrafts(random), design: designDrafts(random) };
  if (owners.length === 0) throw new RangeError('a demonstration patent has an owner');
  return Array.from({ length: count }, (_, index) => {
    const draft = ((index + 1) % DESIGN_EVERY === 0 ? drafts.design : drafts.technical).pop();
    if (!draft) throw new RangeError(`there are not words enough for ${count} demonstration patents`);
    const { kind, ...words } = draft;
    const year = between(random, FILED[kind].years);
    const filingDate = addDays(`${year}-01-01`, between(random, [0, 364]));
    const owner = owners[index % owners.length]!;
    return {
      ...words,
      number: demonstrationNumber(year, kind, firstSerial + index),
      filingDate,
      grantDate: addDays(filingDate, between(random, FILED[kind].grantDays)),
      owners: [{ party: owner.party, name: owner.name }],
      inventors: inventorsOf(random, owner),
      annuity: { paidThroughYear: paidThrough(kind, filingDate), ownerPays: true },
    };
  });
}
