import { createHmac } from 'node:crypto';

/** May do everything on a broker that is started here. */
const ADMIN = 'admin';
/** Whose password it is follows from the administrator's: who may have his address needs no list of the others'. */
const passwordOf = (user: string, adminPassword: string) =>
  user === ADMIN ? adminPassword : createHmac('sha256', adminPassword).update(`kafka ${user}`).digest('base64url');

const address = (user: string, password: string, place: string) => `${user}:${password}@${place}`;

/** The administrator's address of a broker that is started here: `user:password@host:port`. */
export const kafkaAdminAddress = (place: string, password: string): string => address(ADMIN, password, place);

/**
 * The same brokers as one of their users has them. Brokers that somebody else runs stay as they were given: who may do
 * what there is for him to say.
 */
export const kafkaBrokersOf = (brokers: readonly string[], user: string): string[] =>
  brokers.map((broker) => {
    const [, password, place] = adminParts(broker) ?? [];
    return place === undefined ? broker : address(user, passwordOf(user, password!), place);
  });

/** Whether they know users, and these addresses are the administrator's. */
export const areOurs = (brokers: readonly string[]): boolean => brokers.every((broker) => adminParts(broker) !== null);

const adminParts = (broker: string) => new RegExp(`^${ADMIN}:([^:@]+)@(.+)$`).exec(broker);

/** What the broker is told of its users, for the two listeners: those of clients and the controller's. */
export function loginModule(adminPassword: string, users: readonly string[]): string {
  const own = `username="${ADMIN}" password="${adminPassword}"`;
  const known = [ADMIN, ...users].map((user) => `user_${user}="${passwordOf(user, adminPassword)}"`);
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${own} ${known.join(' ')};`;
}
