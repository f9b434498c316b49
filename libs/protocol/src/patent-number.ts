import { z } from 'zod';
import type { Words } from './declare.ts';

export const PatentKind = z.enum(['invention', 'utility-model', 'design']).meta({ id: 'PatentKind' });
export type PatentKind = z.output<typeof PatentKind>;

/** Of the eight digits before 2003-10-01 (yy, type, 5 serial) and the twelve since (yyyy, type, 7 serial). */
const WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
const KIND_OF_TYPE = new Map<string, PatentKind>([
  ['1', 'invention'],
  ['2', 'utility-model'],
  ['3', 'design'],
  // International applications that have entered the Chinese phase.
  ['8', 'invention'],
  ['9', 'utility-model'],
]);
const TYPE_OF_KIND: Record<PatentKind, string> = { invention: '1', 'utility-model': '2', design: '3' };

const SPELLING = /^(?:CN|ZL)?(\d{12}|\d{8})\.?([\dX])$/;
const CANONICAL = /^(?:(\d{4})(\d)(\d{7})|(\d{2})(\d)(\d{5}))\.[\dX]$/;
/** No real year reaches this serial: what is invented for a demonstration starts here. */
const FIRST_DEMONSTRATION_SERIAL = 9_900_000;
const DEMONSTRATION_SERIALS = 100_000;

/**
 * The check digit, `0`–`9` or `X`, of the 8 or 12 digits before the dot (ZC 0006-2003; DOMAIN §7.1). It finds every
 * wrong digit and every swap of two neighbours. Throws RangeError on anything else than 8 or 12 digits.
 */
export function checkDigit(digits: string): string {
  if (!/^(\d{8}|\d{12})$/.test(digits)) throw new RangeError('a patent number has 8 or 12 digits before its dot');
  const sum = WEIGHTS.slice(0, digits.length).reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
  return sum % 11 === 10 ? 'X' : String(sum % 11);
}

function parts(canonical: string): { year: number; type: string; serial: number } {
  const found = CANONICAL.exec(canonical);
  if (!found) throw new RangeError('not a canonical patent number');
  const [, year, type, serial, shortYear, oldType, oldSerial] = found;
  if (year) return { year: Number(year), type: type!, serial: Number(serial) };
  const century = Number(shortYear) >= 85 ? 1900 : 2000;
  return { year: century + Number(shortYear), type: oldType!, serial: Number(oldSerial) };
}

/** What the type digit of a canonical number says. Throws RangeError on anything else than a patent number. */
export function kindOf(number: string): PatentKind {
  const kind = KIND_OF_TYPE.get(parts(number).type);
  if (!kind) throw new RangeError('the type digit of a patent number is 1, 2, 3, 8 or 9');
  return kind;
}

/** The year in which the application of a canonical number was filed. Throws RangeError. */
export const filingYearOf = (number: string): number => parts(number).year;

/** Whether a canonical number is one of those that only a demonstration uses. Throws RangeError. */
export const isDemonstrationNumber = (number: string): boolean => parts(number).serial >= FIRST_DEMONSTRATION_SERIAL;

/**
 * The canonical number of an invented patent: serials 9900000–9999999, by `index` from 0 to 99,999. Throws RangeError
 * beyond those, or when the year is not one of the twelve-digit numbers' (2004–2099).
 */
export function demonstrationNumber(year: number, kind: PatentKind, index: number): string {
  const allowed = Number.isInteger(index) && index >= 0 && index < DEMONSTRATION_SERIALS;
  if (!allowed || !Number.isInteger(year) || year < 2004 || year > 2099) {
    throw new RangeError('a demonstration number has a year from 2004 to 2099 and an index below 100000');
  }
  const digits = `${year}${TYPE_OF_KIND[kind]}${FIRST_DEMONSTRATION_SERIAL + index}`;
  return `${digits}.${checkDigit(digits)}`;
}

const problems = {
  shape: {
    zh: '专利号应为 8 位或 12 位数字加小数点和校验位，如 201710601862.3',
    en: 'a patent number is 8 or 12 digits, a dot and a check digit, such as 201710601862.3',
  },
  year: {
    zh: '专利号的年份应在 1985 年之后；12 位专利号自 2003 年起',
    en: 'the year of a patent number is 1985 or later, of one with 12 digits 2003 or later',
  },
  type: {
    zh: '专利号的种类位应为 1、2、3、8 或 9',
    en: 'the type digit of a patent number is 1, 2, 3, 8 or 9',
  },
  serial: { zh: '专利号的流水号从 1 开始', en: 'the serial of a patent number starts at 1' },
  check: {
    zh: '专利号的校验位不符，请逐位核对',
    en: 'the check digit of the patent number does not match: compare it digit by digit',
  },
} satisfies Record<string, Words>;

function problemOf(digits: string, check: string): Words | undefined {
  const { year, type, serial } = parts(`${digits}.${check}`);
  if (digits.length === 12 ? year < 2003 || year > 2099 : year > 2003) return problems.year;
  if (!KIND_OF_TYPE.has(type)) return problems.type;
  if (serial === 0) return problems.serial;
  return checkDigit(digits) === check ? undefined : problems.check;
}

/** The canonical spelling, or what is wrong with it. */
function read(spelling: string): string | Words {
  const found = SPELLING.exec(spelling.normalize('NFKC').replace(/\s/g, '').toUpperCase());
  if (!found) return problems.shape;
  const [, digits = '', check = ''] = found;
  return problemOf(digits, check) ?? `${digits}.${check}`;
}

/**
 * A Chinese application or patent number in any spelling (prefix ZL or CN, blanks, full-width digits, lower-case x,
 * no dot), made canonical: `201710601862.3`, or `97101765.4` before 2003-10-01. Refused when the check digit does not
 * match, also when it is left out: without it a slip would name somebody else's patent.
 */
export const PatentNumber = z
  .string()
  .max(40)
  .transform((spelling, context) => {
    const number = read(spelling);
    if (typeof number === 'string') return number;
    context.addIssue({ code: 'custom', message: `${number.zh} · ${number.en}`, input: spelling });
    return z.NEVER;
  })
  .pipe(z.string().regex(CANONICAL))
  .meta({
    id: 'PatentNumber',
    description: '专利号 · Patent number: 201710601862.3, ZL 2017 1 0601862.3',
    examples: [demonstrationNumber(2021, 'invention', 1)],
  });
