import { readAddresses, type Addresses } from '@yuzhi/journeys/journeys.config';
import { type EvidenceAddresses, readEvidenceAddresses } from '../reconcile/reconcile.config.ts';
import { z } from 'zod';

const Own = z.object({ YUZHI_REPORTS: z.string().min(1), K6_BIN: z.string().min(1) });

export interface LoadAddresses {
  /** As its users and the world around it reach the platform. */
  market: Addresses;
  /** What the verdict rests on. */
  evidence: EvidenceAddresses;
  /** Absolute: where the report goes. */
  reports: string;
  /** The program. */
  k6: string;
}

/** Throws, naming every variable that is missing or malformed. */
export function readLoadAddresses(environment: NodeJS.ProcessEnv = process.env): LoadAddresses {
  const own = Own.safeParse(environment);
  if (!own.success) throw new Error(`the load cannot be run:\n${z.prettifyError(own.error)}`);
  const { YUZHI_REPORTS: reports, K6_BIN: k6 } = own.data;
  return { market: readAddresses(environment), evidence: readEvidenceAddresses(environment), reports, k6 };
}
