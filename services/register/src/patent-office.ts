import type { Entry } from './domain/patent.ts';
import type { Filing } from './domain/filing.ts';
import type { DataOf } from '@yuzhi/protocol/declare';
import type { recordFiling } from '@yuzhi/protocol/register';

/** What the office says of a filing; whom its register shows is asked of the register. */
export type OfficeAnswer = Omit<DataOf<typeof recordFiling>, 'saleId' | 'owner'>;

/** A patent changed on the official register. */
export interface Change {
  patentNumber: string;
  /** Its place in the office's journal, and the patent's version after it. */
  seq: number;
}

/**
 * The patent office, in our words. Every call may be repeated: the sale id is the reference of a filing. `now` is the
 * platform's time in epoch ms; only a simulated office takes it for its own.
 */
export abstract class PatentOffice {
  /** Whether answers are invented (演示). */
  abstract readonly demo: boolean;
  /** The register's entry, or null when the office has no such patent. */
  abstract read(patentNumber: string, now: number, signal: AbortSignal): Promise<Entry | null>;
  abstract file(filing: Filing, now: number, signal: AbortSignal): Promise<OfficeAnswer>;
  abstract filing(officeReference: string, now: number, signal: AbortSignal): Promise<OfficeAnswer>;
  /** The changes after `seq`, oldest first, as far as one answer of the office goes. */
  abstract changes(after: number, now: number, signal: AbortSignal): Promise<Change[]>;
}
