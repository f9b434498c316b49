import { openPool } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { ServiceName } from '@yuzhi/protocol/catalogue';
import pg from 'pg';
import type { Acknowledged } from './acknowledged.ts';
import type { Evidence } from './evidence.ts';
import { HttpOfficeBooks } from './office-books.ts';
import { StripeBooks } from './rail-books.ts';
import type { EvidenceAddresses } from './reconcile.config.ts';

const POOL_MAX = 2;
const SESSION_TIMEOUT_MS = 10_000;

export interface OpenEvidence {
  evidence: Evidence;
  close(): Promise<void>;
}

/** Connects to everything that is named; nothing of it is written. */
export function openEvidence(
  { readers, kafka, rail, officeUrl }: EvidenceAddresses,
  acknowledged: readonly Acknowledged[],
): OpenEvidence {
  const pools = Object.entries(readers).map(
    ([service, connectionString]) =>
      [service as ServiceName, openPool(() => new pg.Pool({ connectionString, max: POOL_MAX }))] as const,
  );
  const log =
    kafka && new KafkaLog({ ...kafka, clientId: `reconciler-${process.pid}`, sessionTimeoutMs: SESSION_TIMEOUT_MS });
  return {
    evidence: {
      databases: Object.fromEntries<Reader>(pools) as Evidence['databases'],
      acknowledged,
      ...(log && { log }),
      ...(rail && { rail: new StripeBooks(rail) }),
      ...(officeUrl && { office: new HttpOfficeBooks(officeUrl) }),
    },
    close: async () => {
      await Promise.all([...pools.map(([, pool]) => pool.end()), log?.close()]);
    },
  };
}
