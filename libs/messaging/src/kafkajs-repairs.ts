import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface Queue {
  pending: unknown[];
  throttledUntil: number;
}
interface Member {
  memberId: string | null;
  evicted?: boolean;
  groupId: string;
  cluster: { findGroupCoordinator(of: { groupId: string }): Promise<Coordinator> };
}
interface Coordinator {
  connectionPool: { clientId: string };
  describeGroups(of: {
    groupIds: string[];
  }): Promise<{ groups: { members: { memberId: string; clientId: string }[] }[] }>;
  leaveGroup(of: { groupId: string; memberId: string }): Promise<unknown>;
}

/** Two faults of kafkajs 2.2.4 that no setting mends. Idempotent. */
export function repairKafkajs(): void {
  const { prototype: queue } = require('kafkajs/src/network/requestQueue') as { prototype: Record<string, unknown> };
  const { prototype: group } = require('kafkajs/src/consumer/consumerGroup') as { prototype: Record<string, unknown> };
  if (queue['repaired']) return;
  queue['repaired'] = true;

  // It re-arms a 1 ms timer for ever on every idle connection (its issues 1556, 1704, 1751).
  const schedule = queue['scheduleCheckPendingRequests'] as (this: Queue) => void;
  queue['scheduleCheckPendingRequests'] = function (this: Queue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };

  // It has no static membership: a killed process would keep its partitions for the whole session. Whoever bore our
  // client id before us is dead, so his membership is given up for him.
  const join = group['joinAndSync'] as (this: Member) => Promise<unknown>;
  group['joinAndSync'] = async function (this: Member) {
    if (!this.memberId && !this.evicted) {
      const coordinator = await this.cluster.findGroupCoordinator({ groupId: this.groupId });
      const { groups } = await coordinator.describeGroups({ groupIds: [this.groupId] });
      for (const { memberId, clientId } of groups[0]!.members) {
        if (clientId === coordinator.connectionPool.clientId)
          await coordinator.leaveGroup({ groupId: this.groupId, memberId });
      }
      this.evicted = true;
    }
    return join.call(this);
  };
}
