import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { reachOf } from './kafka-settings.ts';

/** kafkajs at these brokers, which says nothing by itself: what goes wrong is thrown. */
export function openKafka(brokers: readonly string[], config: Omit<KafkaConfig, 'brokers'>): Kafka {
  const { places, user } = reachOf(brokers);
  const sasl = user && ({ mechanism: 'plain', ...user } as const);
  return new Kafka({ logLevel: logLevel.NOTHING, ...config, brokers: places, ...(sasl && { sasl }) });
}
