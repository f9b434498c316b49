import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { LogRecord } from '@yuzhi/messaging/log';
import type { Scene } from './drill.ts';

/** Whoever has access to the broker may write what no door lets in. */
export async function writeToLog({ loaded }: Scene, records: LogRecord[]): Promise<void> {
  const { name: prefix, infrastructure } = loaded;
  const { kafkaBrokers: brokers } = infrastructure;
  const log = new KafkaLog({ brokers, prefix, clientId: 'drill', sessionTimeoutMs: 6000 });
  try {
    await log.send(records);
  } finally {
    await log.close();
  }
}
