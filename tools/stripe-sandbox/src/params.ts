import { formatExact } from '@yuzhi/money/format';
import { z } from 'zod';
import { invalid, missingParam } from './failure.ts';
import { MAX_AMOUNT_FEN } from './wire.ts';

const REFUSED = (message: string, code: string) => ({ code: 'custom' as const, message, params: { code } });

/** Texts that name a thing or describe it; Stripe's own bound. */
export const text = z.string().min(1).max(5000);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A whole number that is not money: a count, a time. */
export const whole = z.string().transform((value, context) => {
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  context.addIssue(REFUSED(`Invalid integer: ${value}`, 'parameter_invalid_integer'));
  return z.NEVER;
});

/** An amount in fen, one to eight digits. */
export const amount = z.string().transform((value, context) => {
  const fen = /^-?\d{1,18}$/.test(value) ? BigInt(value) : undefined;
  const refusal =
    fen === undefined
      ? REFUSED(`Invalid integer: ${value}`, 'parameter_invalid_integer')
      : fen < 1n
        ? REFUSED('This value must be greater than or equal to 1.', 'parameter_invalid_integer')
        : fen > MAX_AMOUNT_FEN
          ? REFUSED(`Amount must be no more than ${formatExact(MAX_AMOUNT_FEN)}`, 'amount_too_large')
          : undefined;
  if (!refusal) return fen!;
  context.addIssue(refusal);
  return z.NEVER;
});

export const currency = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((value) => value === 'cny', 'This sandbox settles in cny alone: exchange is not emulated.');

/** A list, which a form shows as an object with the indices as keys. */
export const list = <S extends z.ZodType>(item: S) =>
  z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const keys = Object.keys(value);
    if (!keys.every((key) => /^\d+$/.test(key))) return value;
    return keys.toSorted((a, b) => Number(a) - Number(b)).map((key) => (value as Record<string, unknown>)[key]);
  }, z.array(item));

/** Where an empty value means "unset". */
export const emptyable = <S extends z.ZodType>(item: S) =>
  z.preprocess((value) => (value === '' ? null : value), item.nullable());

export const metadata = emptyable(
  z
    .record(z.string().max(40), z.string().max(500))
    .refine((pairs) => Object.keys(pairs).length <= 50, 'Metadata can have at most 50 keys.'),
);

export const methodType = z.enum(['alipay', 'wechat_pay', 'card']);
export const url = z.url({ protocol: /^https?$/, error: 'Not a valid URL' });

const range = z.preprocess(
  (value) => (typeof value === 'string' ? { gte: value, lte: value } : value),
  z.strictObject({ gt: whole.optional(), gte: whole.optional(), lt: whole.optional(), lte: whole.optional() }),
);
export type Range = z.output<typeof range>;

/** What every list takes. */
export const page = {
  limit: whole.refine((value) => value >= 1 && value <= 100, 'limit must be between 1 and 100').default(10),
  starting_after: text.optional(),
  ending_before: text.optional(),
  created: range.optional(),
};
export type Page = z.output<z.ZodObject<typeof page>>;

const nameOf = (path: PropertyKey[]): string =>
  path.map((part, depth) => (depth === 0 ? String(part) : `[${String(part)}]`)).join('');

function refusalOf(issues: z.core.$ZodIssue[]) {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys') {
    const names = unknown.keys.map((key) => nameOf([...unknown.path, key]));
    const noun = names.length === 1 ? 'parameter' : 'parameters';
    return invalid(`Received unknown ${noun}: ${names.join(', ')}`, 'parameter_unknown', names[0]);
  }
  const first = issues.find((issue) => issue.code === 'invalid_type' && issue.input === undefined) ?? issues[0]!;
  const param = nameOf(first.path);
  if (first.code === 'invalid_type' && first.input === undefined) return missingParam(param);
  const code = first.code === 'custom' ? (first.params?.['code'] as string | undefined) : undefined;
  return invalid(first.code === 'custom' ? first.message : `Invalid ${param}: ${first.message}`, code, param);
}

/** Checks what a request says. Throws Stripe's refusal: unknown parameters first, then missing, then malformed ones. */
export function readParams<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const result = schema.safeParse(raw, { reportInput: true });
  if (result.success) return result.data;
  throw refusalOf(result.error.issues);
}
