import { isFen, isSignedFen, MAX_FEN } from '@yuzhi/money/fen';
import { z } from 'zod';

/** An amount in fen as a string of digits, at most MAX_FEN (¥90 trillion): the same on the wire and in JSON. */
export const Fen = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'an amount in fen, as a string of digits')
  .refine(isFen, `at most ${MAX_FEN} fen`)
  .meta({ id: 'Fen', examples: ['12680000050'] });

/** The same, above zero. */
export const PositiveFen = Fen.refine((s) => s !== '0', 'must be above zero').meta({
  id: 'PositiveFen',
  examples: ['12680000050'],
});

/** The same with a sign, as it stands on a ledger entry: + debit, − credit. */
export const SignedFen = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,15})$/)
  .refine(isSignedFen, `at most ${MAX_FEN} fen either way`)
  .meta({ id: 'SignedFen', examples: ['-12680000050'] });

export const Id = z.uuid().meta({ id: 'Id' });
export const SaleId = z
  .uuid()
  .meta({ id: 'SaleId', description: 'One trade, one id: minted when the listing is drafted.' });

/** An instant in epoch milliseconds; 9999-12-31 at most. */
export const Instant = z
  .int()
  .min(0)
  .max(253_402_300_799_999)
  .meta({ id: 'Instant', examples: [1_798_770_600_000] });
/** A civil date in Asia/Shanghai. */
export const CivilDate = z.iso.date().meta({ id: 'CivilDate', examples: ['2027-01-01'] });

/** A unified social credit code, a natural person's id, or one of our services. */
export const PartyId = z
  .string()
  .regex(/^([0-9A-HJ-NP-RTUWXY]{18}|[0-9a-f-]{36}|service:[a-z-]+)$/)
  .meta({ id: 'PartyId', examples: ['91410100DEM000014P'] });

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'Sha256' });

/** Text in lines that a person typed: no control characters but tabs and ends of lines; trimmed, not blank. */
export const text = (max: number, min = 1) =>
  z
    .string()
    .max(max)
    .refine(
      (s) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/.test(s),
      'no control characters',
    )
    .refine((s) => s.isWellFormed(), 'well-formed Unicode')
    .transform((s) => s.trim())
    .pipe(z.string().min(min));

/** What a reader sees of a line: a control, format or separator character could hide, reorder or forge its words. */
const seen = (s: string) => s.replaceAll(/\p{Cf}/gu, '').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
/** One visible line that a person typed, as a name or an address: whatever is accepted here, a contract accepts. */
export const line = (max: number) =>
  text(max).refine((s) => s === seen(s), '只能是一行可见文字 · one visible line, without hidden characters');
/** One line of a record that is not ours to refuse: what cannot be seen of it is left out. */
export const lineOfRecord = (max: number) => z.string().max(max).transform(seen).pipe(line(max));

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Keyset paging: `after` is the cursor that the last page gave, `<instant or number>_<id>`. */
export const pagingBy = (id: string) => ({
  after: z
    .string()
    .regex(new RegExp(`^\\d{1,15}_${id}$`), 'a cursor that an earlier page gave')
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
/** The same over rows that have a UUID. */
export const paging = pagingBy(UUID);
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
