/** Of one record, key and value together: below the broker's own limit of 1 MiB for whatever it takes at once. */
export const RECORD_MAX_BYTES = 900_000;

/** A record to be written. A `null` value deletes the key of a compacted topic. */
export interface LogRecord {
  topic: string;
  key: string;
  value: string | null;
  /** Only for control records that must reach every partition. */
  partition?: number;
}
export interface Taken {
  partition: number;
  offset: bigint;
  key: string;
  value: string;
  /** Log-append time, epoch ms: the broker's clock is the referee's. */
  appended: number;
}
export interface Batch {
  partition: number;
  /** Where this fetch began; beyond what was expected means that something in between was skipped. */
  fetchedFrom: bigint;
  records: Taken[];
  /** False once the partition is no longer ours to read. */
  current(): boolean;
}
export interface TopicSpec {
  topic: string;
  partitions: number;
  /** Keeps the latest record of every key for ever. */
  compacted?: boolean;
}
export type Seek = (partition: number, offset: bigint) => void;

export interface CommandFollower {
  /** The group only hands out partitions; where to read on from is the follower's own knowledge. */
  onAssigned(partitions: number[], seek: Seek): void;
  /** Returns early to go on fetching; a pending promise is the back-pressure. */
  onBatch(batch: Batch): Promise<void> | undefined;
}

/** The log as the rest of the house sees it. Two of them pass one specification: Kafka and an in-memory broker. */
export interface Log {
  /** Creates what is missing and answers the cluster's id. Throws when a topic has another number of partitions. */
  prepare(topics: TopicSpec[]): Promise<string>;
  /**
   * Resolves when the brokers have it durably. Records of one key keep their order. After a rejection they may be on
   * the log or not. Throws RangeError for a record above RECORD_MAX_BYTES.
   */
  send(records: LogRecord[]): Promise<void>;
  /** One group member per partition; offsets belong to the follower. A batch whose `onBatch` throws comes again. */
  lead(topic: string, group: string, follower: CommandFollower): Promise<void>;
  /** The same, acknowledged to the group when `onBatch` resolves: the next member goes on from there. */
  follow(topic: string, group: string, onBatch: (batch: Batch) => Promise<void>): Promise<void>;
  /**
   * Everything from the beginning, every partition, in this process, each record once and the last one of a key last;
   * resolves once what was there at the call was read, and goes on.
   */
  replay(topic: string, onRecord: (key: string, value: string | null) => void): Promise<void>;
  /** The offset after the last record, by partition. */
  ends(topic: string): Promise<Map<number, bigint>>;
  /** How far a `follow` group acknowledged, by partition. */
  acknowledged(topic: string, group: string): Promise<Map<number, bigint>>;
  /** The offset of the first record that is still there, by partition. */
  earliest(topic: string): Promise<Map<number, bigint>>;
  close(): Promise<void>;
}
