import { describe, expect, test } from '@jest/globals';
import { isDemonstrationNumber, kindOf, type PatentKind, PatentNumber } from '@yuzhi/protocol/patent-number';
import * as fc from 'fast-check';
import { computing, energy } from './demonstration/computing-and-energy.ts';
import { biology, food } from './demonstration/food-and-biology.ts';
import { IPC_TITLES } from './demonstration/ipc-titles.ts';
import { machinery, superhard } from './demonstration/machinery.ts';
import { agriculture, metals, refractories } from './demonstration/materials-and-agriculture.ts';
import { medical } from './demonstration/medical.ts';
import { demonstrationPatents } from './demonstration-patents.ts';
import { settle } from './desk.ts';
import { putOnRegister } from './patent.ts';
import { buyer, coOwner, desk, owner } from './patent.fixture.ts';
import { NewPatent } from './wire.ts';

const INDUSTRIES = [machinery, superhard, food, biology, computing, energy, metals, refractories, agriculture, medical];
const options = { owners: [owner, coOwner, buyer], seed: 7 };
const patents = demonstrationPatents(200, options);
const distinct = (values: unknown[]) => new Set(values).size;

describe('two hundred demonstration patents', () => {
  test('are the same each time, and others for another seed', () => {
    expect(demonstrationPatents(200, options)).toEqual(patents);
    expect(demonstrationPatents(200, { ...options, seed: 8 })).not.toEqual(patents);
  });

  test('differ in number, title and abstract, in both languages', () => {
    expect(distinct(patents.map(({ number }) => number))).toBe(200);
    for (const language of ['zh', 'en'] as const) {
      expect(distinct(patents.map(({ title }) => title[language]))).toBe(200);
      expect(distinct(patents.map(({ abstract }) => abstract[language]))).toBe(200);
    }
  });

  test('are what the office takes, under numbers that no real patent has', () => {
    for (const patent of patents) {
      expect(NewPatent.parse(patent)).toEqual(patent);
      expect(PatentNumber.parse(patent.number)).toBe(patent.number);
      expect(isDemonstrationNumber(patent.number)).toBe(true);
    }
  });

  test('are of all three kinds; a method is never a utility model, a design has a Locarno class and no other', () => {
    expect(distinct(patents.map(({ number }) => kindOf(number)))).toBe(3);
    const ofKind = (kind: PatentKind) => patents.filter(({ number }) => kindOf(number) === kind);
    for (const { title } of ofKind('utility-model')) expect(title.zh).toMatch(/^一种/);
    for (const { ipc, locarno } of ofKind('design')) expect([ipc.length, locarno.length]).toEqual([0, 1]);
    for (const { ipc, locarno } of ofKind('invention')) expect([ipc.length > 0, locarno.length]).toEqual([true, 0]);
  });

  test('are owned in turn by those given', () => {
    expect(patents.slice(0, 4).map(({ owners }) => owners)).toEqual([[owner], [coOwner], [buyer], [owner]]);
  });

  test('are in force, granted and paid for at the beginning of 2026: nothing is late for the office to enter', () => {
    const d = desk('2026-01-01');
    for (const given of patents) d.patents.set(given.number, putOnRegister(given, d.today).patent);
    settle(d);
    // Whoever pays 15 days ahead has just done so; nothing else has happened.
    expect(distinct(d.changes.map(({ code }) => code))).toBeLessThanOrEqual(1);
    for (const { on, code } of d.changes) {
      expect(code).toBe('AF01');
      expect(on >= '2025-12-17').toBe(true);
    }
  });

  test('have no blank left unfilled', () => {
    expect(JSON.stringify(patents)).not.toMatch(/\{m\}|undefined|null/);
  });
});

describe('inventors', () => {
  test('are one to three different people, made up for an owner who names none', () => {
    for (const { inventors } of patents) {
      expect(inventors.length).toBeGreaterThanOrEqual(1);
      expect(inventors.length).toBeLessThanOrEqual(3);
      expect(distinct(inventors.map(({ personId }) => personId))).toBe(inventors.length);
    }
  });

  test('are the owner’s own when he names them', () => {
    const personId = '00000000-0000-8000-a000-00000000000a';
    const inventors = [{ personId, name: '（演示）甲' }];
    const [first] = demonstrationPatents(1, { owners: [{ ...owner, inventors }], seed: 1 });
    expect(first?.inventors).toEqual(inventors);
    expect(first?.owners).toEqual([owner]);
  });

  test('of one name at one owner are one person', () => {
    const ids = new Map<string, string>();
    for (const { owners, inventors } of patents)
      for (const { name, personId } of inventors) {
        const key = `${owners[0]!.party} ${name}`;
        expect(ids.get(key) ?? personId).toBe(personId);
        ids.set(key, personId);
      }
  });
});

describe('the words', () => {
  const patterns = INDUSTRIES.flatMap((industry) => industry.patterns);

  test('are at least 60 patterns, each with its place for the subject and a means', () => {
    expect(distinct(patterns.map(({ title }) => title.zh))).toBeGreaterThanOrEqual(60);
    for (const { title, means } of patterns) {
      expect(title.zh).toContain('{m}');
      expect(title.en).toContain('{m}');
      expect(means.zh.length).toBeGreaterThan(10);
      expect(means.en.length).toBeGreaterThan(20);
    }
  });

  test('have a Chinese title for the main class of every pattern, and no other', () => {
    const main = patterns.map(({ ipc }) => ipc[0]!.slice(0, 4));
    expect([...new Set(main)].toSorted()).toEqual(Object.keys(IPC_TITLES).toSorted());
  });

  test('name every subject in both languages', () => {
    for (const { zh, en } of INDUSTRIES.flatMap((industry) => industry.subjects)) {
      expect(zh).toMatch(/^[\u4e00-\u9fff]+$/);
      expect(en).toMatch(/^[a-z][a-z -]+$/);
    }
  });
});

test('two sets with serials apart share no number', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (seed, other) => {
      const first = demonstrationPatents(40, { ...options, seed });
      const second = demonstrationPatents(40, { ...options, seed: other, firstSerial: 40 });
      expect(distinct([...first, ...second].map(({ number }) => number))).toBe(80);
    }),
    { numRuns: 20 },
  );
});

test('more than there are words for, or a patent without an owner, is not made', () => {
  expect(() => demonstrationPatents(1000, options)).toThrow(RangeError);
  expect(() => demonstrationPatents(1, { owners: [], seed: 1 })).toThrow(RangeError);
});
