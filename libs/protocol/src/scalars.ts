import { z } from 'zod';

/** An amount in fen as a string of digits, at most 9·10^15 (¥90 trillion): the same on the wire, in JSON and in the inbox. */
export const Fen = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'an amount in fen, as a string of digits')
  .refine((s) => BigInt(s) <= 9_000_000_000_000_000n, 'at most 9000000000000000 fen')
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
  .meta({ id: 'SignedFen' });

export const Id = z.uuid().meta({ id: 'Id' });
export const SaleId = z.uuid().meta({ id: 'SaleId', description: 'One trade, one id: minted when the listing is drafted.' });

/** An instant in epoch milliseconds; 9999-12-31 at most. */
export const Instant = z.int().min(0).max(253_402_300_799_999).meta({ id: 'Instant' });
/** A civil date in Asia/Shanghai. */
export const CivilDate = z.iso.date().meta({ id: 'CivilDate' });

/** A unified social credit code, a natural person's id, or one of our services. */
export const PartyId = z
  .string()
  .regex(/^([0-9A-HJ-NP-RTUWXY]{18}|[0-9a-f-]{36}|service:[a-z-]+)$/)
  .meta({ id: 'PartyId' });

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'Sha256' });

/** Text a person typed: no control characters, trimmed, not blank. */
export const text = (max: number, min = 1) =>
  z
    .string()
    .max(max)
    .refine((s) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/.test(s), 'no control characters')
    .refine((s) => s.isWellFormed(), 'well-formed Unicode')
    .transform((s) => s.trim())
    .pipe(z.string().min(min));

/** Keyset paging: `after` is the cursor the last page gave. */
export const paging = {
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
};
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() });
