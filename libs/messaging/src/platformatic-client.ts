import type { Admin, BaseOptions, Consumer, Producer } from '@platformatic/kafka';
import { type KafkaSettings, reachOf } from './kafka-settings.ts';

/** Short and stubborn, as with the other client: a broker that was away for 3 s is found again at once. */
const RETRY = { retries: 20, retryDelay: (_: object, __: string, attempt: number) => Math.min(25 * 2 ** attempt, 300) };
/** Leaders that moved show as errors, and are then asked for at once. */
const METADATA_MS = 60_000;
/** What both clients call dealing partitions out in turn: replicas may change their client one by one. */
const PROTOCOL = { name: 'RoundRobinAssigner', version: 0 };

/** Loaded by whoever chose it only: other processes need not hold it in memory. */
const library = () => import('@platformatic/kafka');

/** What went wrong, one by one, for the client wraps what brokers and attempts said. `apiId` is the protocol's name. */
export function causesOf(e: unknown): { apiId?: string }[] {
  return e instanceof AggregateError ? e.errors.flatMap(causesOf) : [e as { apiId?: string }];
}

/** The last of what went wrong: of twenty attempts at many brokers nobody reads the others. */
export function lastCause(e: unknown): never {
  throw causesOf(e).at(-1) ?? e;
}

/** Opens the parts of @platformatic/kafka for one replica. Opening connects to nobody yet. */
export class PlatformaticClient {
  constructor(readonly settings: KafkaSettings) {}

  get #options(): BaseOptions {
    const { clientId, brokers } = this.settings;
    const { places: bootstrapBrokers } = reachOf(brokers);
    return { clientId, bootstrapBrokers, ...this.#connection, metadataMaxAge: METADATA_MS, ...RETRY };
  }
  get #connection() {
    const { user } = reachOf(this.settings.brokers);
    return { connectTimeout: 1000, ...(user && { sasl: { mechanism: 'PLAIN' as const, ...user } }) };
  }

  async admin(): Promise<Admin> {
    const { Admin } = await library();
    return new Admin(this.#options);
  }
  async producer(): Promise<Producer> {
    const { Producer } = await library();
    return new Producer({ ...this.#options, idempotent: true, autocreateTopics: false });
  }
  /** A member of a group, and a connection of its own for fetching: a broker answers one question after the other. */
  async consumer(group: string) {
    const { Consumer, ConnectionPool } = await library();
    const { sessionTimeoutMs, clientId, prefix } = this.settings;
    const consumer: Consumer = new Consumer({
      ...this.#options,
      groupId: prefix + group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: sessionTimeoutMs / 3,
      protocols: [PROTOCOL],
    });
    return { consumer, pool: new ConnectionPool(clientId, this.#connection) };
  }
}
/** Who reads: a consumer, and its connections for fetching. */
export type Reading = Awaited<ReturnType<PlatformaticClient['consumer']>>;
