import { z } from 'zod';

/** The characters of GB 32100-2015 in the order of their values, 0–30: no I, O, S, V, Z. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const SHAPE = /^[0-9A-HJ-NP-RTUWXY]{18}$/;
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** The 18th character over the first 17 (weights 3^i mod 31). Throws RangeError on anything else than 17 of them. */
export function usccCheck(first17: string): string {
  if (first17.length !== 17 || !SHAPE.test(`${first17}0`)) throw new RangeError('17 characters of a code are needed');
  const sum = first17.split('').reduce((total, c, i) => total + ALPHABET.indexOf(c) * (3 ** i % 31), 0);
  return ALPHABET[(31 - (sum % 31)) % 31]!;
}

/**
 * The 9th character of the organisation code (GB 11714) over its first eight, the letters valued A = 10 …. Throws
 * RangeError. DOMAIN §7.5 marks it unverified: codes are made with it, none is refused for it.
 */
export function organisationCheck(first8: string): string {
  if (!/^[0-9A-Z]{8}$/.test(first8)) throw new RangeError('8 characters of an organisation code are needed');
  const sum = ORGANISATION_WEIGHTS.reduce((total, weight, i) => total + weight * Number.parseInt(first8[i]!, 36), 0);
  return '0123456789X'[(11 - (sum % 11)) % 11]!;
}

/** Whether a canonical unified social credit code ends as GB 32100-2015 demands; finds every single wrong character. */
export const usccOk = (code: string): boolean => SHAPE.test(code) && usccCheck(code.slice(0, 17)) === code[17];

/**
 * The code of an invented organisation, both check digits right: `DEM` and five digits stand where a real code has its
 * organisation, and no authority issues such. `serial` 0–99,999; `region` by GB/T 2260 (Zhengzhou when absent);
 * `category` 91 is an enterprise, 12 an institution. Throws RangeError beyond those.
 */
export function makeUscc(serial: number, { region = '410100', category = '91' } = {}): string {
  if (!Number.isInteger(serial) || serial < 0 || serial > 99_999 || !/^\d{6}$/.test(region)) {
    throw new RangeError('a demonstration code has a serial of 0–99999 and a region of six digits');
  }
  const organisation = `DEM${String(serial).padStart(5, '0')}`;
  const first17 = `${category}${region}${organisation}${organisationCheck(organisation)}`;
  return `${first17}${usccCheck(first17)}`;
}

/** A unified social credit code 统一社会信用代码 as a person types it (blanks, full width, lower case), made canonical. */
export const Uscc = z
  .string()
  .max(40)
  .transform((spelling) => spelling.normalize('NFKC').replace(/\s/g, '').toUpperCase())
  .pipe(
    z
      .string()
      .regex(SHAPE, '统一社会信用代码为 18 位，不含 I、O、S、V、Z · a credit code has 18 characters, no I, O, S, V, Z')
      .refine(usccOk, {
        message: '统一社会信用代码的校验位不符，请逐位核对 · the check character does not match: compare the code',
        when: ({ issues }) => issues.length === 0,
      }),
  )
  .meta({
    id: 'Uscc',
    description: '统一社会信用代码 · Unified social credit code (GB 32100-2015)',
    examples: [makeUscc(1)],
  });
