import { CivilDate, text } from '@yuzhi/protocol/scalars';
import { z } from 'zod';
import { EncumbranceKind } from './register-codes.ts';
import { Encumbrance } from './wire.ts';

const holder = Encumbrance.shape.holder.default(null);
const until = CivilDate.nullable().default(null);

export const EncumbranceControl = z
  .object({
    kind: EncumbranceKind,
    licenceKind: Encumbrance.shape.licenceKind.default(null),
    holder,
    until,
  })
  .refine((e) => (e.kind === 'licence') === (e.licenceKind !== null), {
    message: '许可须注明许可方式，其他登记不得注明 · a licence, and nothing else, has a licence kind',
    path: ['licenceKind'],
  });
/** Removes one that stands. */
export const ReleaseControl = z.object({ release: z.string().max(20) });

/** `pay`: the next annuity today, with its late fee. `stop`, `resume`: the owner pays each year by himself, or not. */
export const AnnuityControl = z.object({ act: z.enum(['pay', 'stop', 'resume']) });

export const StatusControl = z.discriminatedUnion('act', [
  z.object({ act: z.enum(['lapse', 'surrender', 'invalidation', 'partial-invalidation', 'restoration']) }),
  /** By the court named; removed as an encumbrance. */
  z.object({ act: z.literal('preservation'), holder, until }),
]);
export type StatusControl = z.output<typeof StatusControl>;

export const DecisionControl = z.object({
  outcome: z.enum(['registered', 'refused', 'defective']),
  reason: z.object({ zh: text(500), en: text(500) }).optional(),
});
/** Working days from the filing to its registration, for what is filed from now on. */
export const DelayControl = z.object({ days: z.int().min(0).max(365) });

export const FaultMode = z.enum(['error', 'timeout', 'hang']);
export type FaultMode = z.output<typeof FaultMode>;
/** The next `count` requests from outside the control API misbehave; 0 ends it. */
export const FaultControl = z.object({ mode: FaultMode, count: z.int().min(0).max(10_000) });
