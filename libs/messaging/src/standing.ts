import type { Reader } from '@yuzhi/database/store';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { CommandIntake } from './command-intake.ts';
import type { Errands } from './errands.ts';
import type { EventIntake } from './event-intake.ts';
import type { Projector } from './projector.ts';
import { countSetAside } from './quarantine.ts';
import type { Sweeper } from './sweeper.ts';

/** How a service stands with its work: what ops people watch, and what scales it. */
export interface Standing {
  /** Records that each consumer group is not through with. */
  lag: Record<string, number>;
  /** Commands that were fetched and wait for their commit. */
  queued: number;
  /** Committed records that are not on the log, and how long the oldest has waited, ms. */
  unsent: number;
  outboxWaitedMs: number;
  setAside: { commands: number; events: number };
  errands: number;
  /** How far the oldest process is past its deadline, ms of the platform's time. */
  overdueMs: number;
}

export interface StandingParts {
  service: string;
  reader: Reader;
  sweeper: Sweeper;
  errands: Errands;
  intake: CommandIntake | undefined;
  events: EventIntake | undefined;
  projectors: ReadonlyMap<string, Projector>;
  /** End offset minus stored offset of the service's own commands. */
  ownLag(): Promise<number>;
}

export async function readStanding(parts: StandingParts): Promise<Standing> {
  const { service, reader, sweeper, errands, intake, events, projectors, ownLag } = parts;
  const read = [...projectors].map(async ([name, one]) => [`projection.${name}`, await one.behind()] as const);
  const [own, groups, projections, setAside, pending, now, earliest] = await Promise.all([
    ownLag(),
    events?.lags(),
    Promise.all(read),
    countSetAside(reader),
    errands.busy(),
    sweeper.now(),
    sweeper.earliest(),
  ]);
  return {
    lag: { [`${service}.commands`]: own, ...Object.fromEntries([...(groups ?? []), ...projections]) },
    queued: intake?.queued ?? 0,
    unsent: intake?.outbox.unsent ?? 0,
    outboxWaitedMs: intake?.outbox.waitedMs ?? 0,
    setAside,
    errands: pending,
    overdueMs: earliest === null ? 0 : Math.max(0, now - earliest),
  };
}

/** The same for a scraper. */
export function showStanding(service: string, standing: Standing): void {
  for (const [group, records] of Object.entries(standing.lag)) metrics.lag.of({ service, group }).set(records);
  metrics.queued.of({ service }).set(standing.queued);
  metrics.unsent.of({ service }).set(standing.unsent);
  metrics.outboxAge.of({ service }).set(standing.outboxWaitedMs / 1000);
  metrics.setAside.of({ service, kind: 'command' }).set(standing.setAside.commands);
  metrics.setAside.of({ service, kind: 'event' }).set(standing.setAside.events);
  metrics.errandsPending.of({ service }).set(standing.errands);
  metrics.overdue.of({ service }).set(standing.overdueMs / 1000);
}
