import type { Rulebook } from '@yuzhi/chassis/rulebook';
import { NetDeduction } from '@yuzhi/protocol/escrow';
import type { z } from 'zod';
import type { TransferContractInput } from './transfer-contract.ts';

/** The numbers of a contract, as the rulebook had them when its deal was opened. */
export interface DealTerms {
  rulebookVersion: string;
  signWithinWorkingDays: number;
  /** How long what only machines do may take before people must know. */
  machinesMs: number;
  /** How long after a refusal the same is asked again: somebody must mend its cause first. */
  askAgainMs: number;
  /** What stands in the contract. */
  agreed: TransferContractInput['terms'];
  inventorFloor: { shareBps: number; payMonths: number; basis: { zh: string; en: string }; law: boolean };
  /** What net income is the price less of. */
  netDeducts: z.output<typeof NetDeduction>[];
}

const DAYS = {
  payWithinWorkingDays: 'contracts.pay-working-days',
  fileWithinWorkingDays: 'contracts.file-working-days',
  handOverWithinWorkingDays: 'contracts.hand-over-working-days',
  releaseWithinWorkingDays: 'contracts.release-working-days',
  refundWithinWorkingDays: 'contracts.refund-working-days',
  annuityNoticeDays: 'contracts.annuity-notice-days',
  cureDays: 'contracts.cure-days',
  longStopDays: 'contracts.long-stop-days',
} as const;
const SIGN = 'contracts.sign-working-days';
const MACHINES = 'contracts.machines-seconds';
const ASK_AGAIN = 'contracts.ask-again-seconds';
const LATE = 'contracts.late-per-day-bps';
const EARNEST = 'contracts.earnest-max-bps';
const INVENTOR_FLOOR = 'escrow.inventor-floor-bps';
const INVENTOR_MONTHS = 'contracts.inventor-pay-months';
const NET_DEDUCTS = 'contracts.net-income-deducts';

/** What the service cannot start without. */
export const NEEDED_RULES: readonly string[] = [
  ...Object.values(DAYS),
  SIGN,
  MACHINES,
  ASK_AGAIN,
  LATE,
  EARNEST,
  INVENTOR_FLOOR,
  INVENTOR_MONTHS,
  NET_DEDUCTS,
];

type Rules = Pick<Rulebook, 'int' | 'bps' | 'at' | 'of' | 'list' | 'version'>;

/** `region` of the seller, as GB/T 2260 numbers it; absent: no organisation sells, and the nation's rules apply. */
export function termsOf(rules: Rules, region: string | undefined, now: number): DealTerms {
  const days = Object.fromEntries(Object.entries(DAYS).map(([name, id]) => [name, rules.int(id, now)]));
  const floor = rules.of(INVENTOR_FLOOR, region, now);
  const { source, status } = rules.at(floor, now);
  return {
    rulebookVersion: rules.version(),
    signWithinWorkingDays: rules.int(SIGN, now),
    machinesMs: rules.int(MACHINES, now) * 1000,
    askAgainMs: rules.int(ASK_AGAIN, now) * 1000,
    agreed: {
      ...(days as Record<keyof typeof DAYS, number>),
      latePerDayBps: rules.bps(LATE, now),
      earnestCapBps: rules.bps(EARNEST, now),
    },
    inventorFloor: {
      shareBps: rules.bps(floor, now),
      payMonths: rules.int(rules.of(INVENTOR_MONTHS, region, now), now),
      basis: source,
      law: status === 'law',
    },
    netDeducts: rules.list(NET_DEDUCTS, NetDeduction.options, now),
  };
}
