/** How a process reaches Kafka, whichever client carries it. */
export interface KafkaSettings {
  brokers: string[];
  /** Names one replica and must be the same after its restart. */
  clientId: string;
  sessionTimeoutMs: number;
  /** Before every topic and group: several platforms may share one cluster. */
  prefix: string;
}
