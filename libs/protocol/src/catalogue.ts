import * as bidding from './bidding.ts';
import * as contracts from './contracts.ts';
import type { Command, Declared, Event, Query } from './declare.ts';
import * as escrow from './escrow.ts';
import * as identity from './identity.ts';
import * as listings from './listings.ts';
import * as ops from './ops.ts';
import * as oversight from './oversight.ts';
import * as register from './register.ts';
import { SERVICES, type ServiceName } from './service-names.ts';

export { SERVICES, type ServiceName };

/** Command partitions by owner, over-provisioned once and never changed. One book, so one partition of money. */
const PARTITIONS: Record<ServiceName, number> = {
  identity: 4,
  register: 8,
  listings: 8,
  bidding: 16,
  contracts: 8,
  escrow: 1,
  oversight: 1,
};
const EVENT_PARTITIONS = 4;

export interface Catalogue {
  declared: readonly Declared[];
  topics: readonly { topic: string; partitions: number; compacted?: boolean }[];
}

const isDeclared = (value: unknown): value is Declared =>
  typeof value === 'object' && value !== null && 'kind' in value && 'service' in value && !('_zod' in value);

const modules = [identity, register, listings, bidding, contracts, escrow, oversight, ops];
const declared = modules.flatMap((module) => Object.values(module as Record<string, unknown>).filter(isDeclared));

const topics = [
  ...SERVICES.flatMap((service) => [
    { topic: `${service}.commands`, partitions: PARTITIONS[service] },
    { topic: `${service}.events`, partitions: EVENT_PARTITIONS },
  ]),
  ...declared.filter((d) => d.kind === 'table').map(({ topic }) => ({ topic, partitions: 1, compacted: true })),
];

/** Everything that is said on the platform, once. */
export const catalogue: Catalogue = { declared, topics };

/** The declarations of one kind, of one service or of all. */
export const declarations = <K extends Declared['kind']>(kind: K, service?: string) =>
  catalogue.declared.filter(
    (d): d is Extract<Declared, { kind: K }> => d.kind === kind && (service === undefined || d.service === service),
  );
export type { Command, Event, Query };
