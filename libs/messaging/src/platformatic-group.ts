import type { Admin } from '@platformatic/kafka';
import { causesOf, type Reading } from './platformatic-client.ts';
import { PlatformaticReader, type ReaderParts } from './platformatic-reader.ts';
import { atMost, sleep } from './wait.ts';

/** Before a membership that the client has given up is sought again. */
const REJOIN_MS = 500;
/** Before an acknowledgement that failed is tried again. */
const AGAIN_MS = 300;

export interface GroupParts extends Omit<ReaderParts, 'onRead'> {
  /** With its prefix. */
  group: string;
  admin(): Promise<Admin>;
  /** Between two acknowledgements. */
  acknowledgeEveryMs: number;
  /** The follower may seek at once or later. */
  onAssigned(partitions: number[]): void;
  /** Where a partition is read in which nobody sought: behind what the group acknowledged, by partition. */
  positions(): Promise<Map<number, bigint>>;
}

/** One membership of a group, and the reading of the partitions that it gives us. */
export class PlatformaticGroup {
  readonly #reader: PlatformaticReader;
  /** Read, and not acknowledged yet. */
  readonly #due = new Map<number, bigint>();
  #acknowledging: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #assignments = 0;
  #rejoining = false;
  #closed = false;

  constructor(private readonly parts: GroupParts & Reading) {
    this.#reader = new PlatformaticReader({ ...parts, onRead: (partition, next) => this.#read(partition, next) });
  }

  seek = (partition: number, offset: bigint): void => this.#reader.seek(partition, offset);

  /** Resolves once the group has given us our partitions. */
  async join(): Promise<void> {
    const { consumer, topic } = this.parts;
    consumer.topics.track(topic);
    // Whatever makes it join again, what we hold is not surely ours from then on.
    consumer.on('client:performWithRetry', (operation: string) => {
      if (operation === 'joinGroup') this.#lose();
    });
    consumer.on('consumer:group:join', ({ assignments = [] }) =>
      this.#assign(assignments.flatMap((one) => (one.topic === topic ? one.partitions : []))),
    );
    consumer.on('consumer:heartbeat:stalled', () => void this.#rejoin());
    consumer.on('error', () => void this.#rejoin());
    await this.#giveUpTheDead();
    await consumer.joinGroup({});
  }

  /** A killed process would keep its partitions for its whole session: whoever bore our name before us is dead. */
  async #giveUpTheDead(): Promise<void> {
    const { group: groupId, admin: open, consumer } = this.parts;
    const admin = await open();
    try {
      const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
      const dead = [...(group?.members.values() ?? [])].filter(({ clientId }) => clientId === consumer.clientId);
      const members = dead.map(({ id }) => ({ memberId: id }));
      if (members.length) await admin.removeMembersFromConsumerGroup({ groupId, members });
    } catch (e) {
      const gone = ['GROUP_ID_NOT_FOUND', 'UNKNOWN_MEMBER_ID'];
      if (!causesOf(e).every(({ apiId }) => gone.includes(apiId ?? ''))) throw e;
    }
  }

  /** The client gives a membership up for good when joining again fails. */
  async #rejoin(): Promise<void> {
    if (this.#rejoining) return;
    this.#rejoining = true;
    for (await sleep(REJOIN_MS); !this.#closed && !this.parts.consumer.isActive(); await sleep(REJOIN_MS)) {
      await this.parts.consumer.joinGroup({}).catch(() => {});
    }
    this.#rejoining = false;
  }

  #lose(): void {
    this.#assignments += 1;
    this.#due.clear();
    this.#reader.lose();
  }
  #assign(partitions: number[]): void {
    this.#lose();
    if (this.#closed) return;
    this.#reader.assign(partitions);
    this.parts.onAssigned(partitions);
    void this.#begin(this.#assignments);
  }
  async #begin(assignment: number): Promise<void> {
    while (!this.#closed && this.#assignments === assignment && this.#reader.unsought.length) {
      try {
        const positions = await this.parts.positions();
        if (this.#assignments !== assignment) return;
        for (const partition of this.#reader.unsought) this.seek(partition, positions.get(partition)!);
      } catch {
        await sleep(AGAIN_MS);
      }
    }
  }

  #read(partition: number, next: bigint): void {
    this.#due.set(partition, next);
    if (!this.#timer) this.#acknowledging ??= this.#acknowledge();
  }
  /** One request under way; the next one carries whatever was read meanwhile. */
  async #acknowledge(): Promise<void> {
    const { topic, consumer, acknowledgeEveryMs } = this.parts;
    while (this.#due.size) {
      const [assignment, part] = [this.#assignments, [...this.#due]];
      this.#due.clear();
      const offsets = part.map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
      try {
        await consumer.commit({ offsets });
      } catch {
        if (!consumer.isActive()) void this.#rejoin();
        if (this.#closed || this.#assignments !== assignment) break;
        for (const [partition, next] of part) if (!this.#due.has(partition)) this.#due.set(partition, next);
        await sleep(AGAIN_MS);
      }
      if (acknowledgeEveryMs) break;
    }
    this.#acknowledging = undefined;
    if (acknowledgeEveryMs && !this.#closed) this.#later(acknowledgeEveryMs);
  }
  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#due.size) this.#acknowledging ??= this.#acknowledge();
    }, ms).unref();
  }

  /** Waits for what is held and for its acknowledgement, then leaves the group. */
  async close(patienceMs: number): Promise<void> {
    await this.#reader.close();
    await atMost(patienceMs, this.#acknowledging);
    this.#closed = true;
    clearTimeout(this.#timer);
    const { consumer, pool } = this.parts;
    await consumer.close(true).catch(() => consumer.connections.close());
    await pool.close();
  }
}
