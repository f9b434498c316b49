/** How a process reaches Kafka, whichever client carries it. */
export interface KafkaSettings {
  /** `host:port`, or `user:password@host:port` where the brokers ask who connects (SASL PLAIN). */
  brokers: string[];
  /** Names one replica and must be the same after its restart. */
  clientId: string;
  sessionTimeoutMs: number;
  /** Before every topic and group: several platforms may share one cluster. */
  prefix: string;
}

interface Reach {
  /** `host:port`. */
  places: string[];
  /** The user of the first of them, for a cluster knows him everywhere. */
  user?: { username: string; password: string };
}

export function reachOf(brokers: readonly string[]): Reach {
  const parts = brokers.map((broker) => /^(?:([^:@]+):([^@]+)@)?(.+)$/.exec(broker)!);
  const [, username, password] = parts[0] ?? [];
  return {
    places: parts.map(([, , , place]) => place!),
    ...(username &&
      password && { user: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }),
  };
}
