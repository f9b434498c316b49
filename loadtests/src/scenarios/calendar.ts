import http from 'k6/http';
import type { getClock } from '@yuzhi/protocol/oversight';
import { ask, given, until } from './gate.ts';

const HOUR_MS = 3_600_000;
/** Whoever begins to act while the clock is on its way is answered when it stands, whoever waits when it is there. */
const STEP_WITHIN = '3600s';

/** Tells whoever moves the clock about this deal. */
function tell(deal: string, says: object): void {
  const headers = { 'content-type': 'application/json' };
  const told = http.post(`${given.prompter}/calendar`, JSON.stringify({ deal, ...says }), {
    headers,
    timeout: STEP_WITHIN,
    tags: { name: 'calendar' },
  });
  if (told.status !== 204) throw new Error(`the calendar answered ${told.status}: ${JSON.stringify(told.body)}`);
}

/** The platform's time, epoch ms. */
export const now = (): number => until('the clock', () => ask<typeof getClock>('oversight.clock.get.v1', {})).now;

/**
 * The days of one deal. The clock is everybody's: it goes on when no deal acts that must be done before, to the first
 * instant that some deal waits for.
 */
export class Days {
  constructor(private readonly deal: string) {}

  /** The deal acts now, and must be done an hour before this instant. */
  actBefore(instant: number): void {
    tell(this.deal, { actsBefore: instant - HOUR_MS });
  }
  /** The deal acts now, and machines do what follows: they have an hour. */
  actAtOnce(): void {
    tell(this.deal, { actsBefore: now() + HOUR_MS / 2 });
  }
  /** Waits until the clock is there; the deal acts at once then. */
  waitUntil(instant: number): void {
    tell(this.deal, { waitsUntil: instant });
    this.actAtOnce();
  }
  over(): void {
    tell(this.deal, { isOver: true });
  }
}
