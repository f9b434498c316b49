import kafkajs, { type AclEntry } from 'kafkajs';
import { openKafka } from './kafkajs.ts';

// The names behind the first few are not found in this CommonJS module.
const { AclOperationTypes: Operation, AclResourceTypes: Resource, ResourcePatternTypes: Pattern } = kafkajs;
const { ALLOW } = kafkajs.AclPermissionTypes;

/** Who writes to the topics of one platform. */
export interface Writers {
  /** Services: each owns what begins with its name, and tells the others by their commands. */
  owners: readonly string[];
  /** Who only sends commands. */
  doors: readonly string[];
}

const EVERYBODY = '*';

/**
 * Grants on the topics and groups behind a prefix what each user needs, once or again. Whoever can connect may read;
 * commands are written by doors and owners; events, tables and live streams by their owner alone. The prefix is not
 * empty: several platforms may share the brokers. `brokers`: the administrator's.
 */
export async function grantAccess(brokers: readonly string[], prefix: string, writers: Writers): Promise<void> {
  const grant = (
    user: string,
    operation: AclEntry['operation'],
    resourceName: string,
    more: Partial<AclEntry>,
  ): AclEntry => ({
    ...{ principal: `User:${user}`, host: EVERYBODY, permissionType: ALLOW, operation, resourceName },
    ...{ resourceType: Resource.TOPIC, resourcePatternType: Pattern.LITERAL, ...more },
  });
  const all = { resourcePatternType: Pattern.PREFIXED };
  const { owners, doors } = writers;
  const commands = owners.map((owner) => `${prefix}${owner}.commands`);
  const acl = [
    grant(EVERYBODY, Operation.READ, prefix, all),
    grant(EVERYBODY, Operation.READ, prefix, { ...all, resourceType: Resource.GROUP }),
    ...[...owners, ...doors].flatMap((user) => [
      grant(user, Operation.CREATE, prefix, all),
      ...commands.map((topic) => grant(user, Operation.WRITE, topic, {})),
    ]),
    ...owners.map((owner) => grant(owner, Operation.WRITE, `${prefix}${owner}.`, all)),
  ];
  const admin = openKafka(brokers, { clientId: 'access', retry: { retries: 20, maxRetryTime: 300 } }).admin();
  try {
    await admin.connect();
    await admin.createAcls({ acl });
  } finally {
    await admin.disconnect();
  }
}
