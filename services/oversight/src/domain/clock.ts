/** The platform clock: an offset to the log's own time, and where it is being moved to. */
export interface ClockState {
  readonly id: 'main';
  readonly offsetMs: number;
  readonly movingTo: number | null;
  readonly version: number;
}

export type ClockRefusal = 'clock-immovable' | 'clock-behind' | 'clock-moving';

const atRest: ClockState = { id: 'main', offsetMs: 0, movingTo: null, version: 0 };

/** Sets off for `to` (epoch ms, later than `now`). */
export function setOff(
  before: ClockState | undefined,
  to: number,
  { now, steppable }: { now: number; steppable: boolean },
): ClockState | ClockRefusal {
  const clock = before ?? atRest;
  if (!steppable) return 'clock-immovable';
  if (clock.movingTo !== null) return 'clock-moving';
  if (to <= now) return 'clock-behind';
  return { ...clock, movingTo: to, version: clock.version + 1 };
}

/** Has reached `to`; undefined when it was not on the way there. */
export function arrive(clock: ClockState | undefined, to: number, offsetMs: number): ClockState | undefined {
  if (!clock || clock.movingTo !== to) return undefined;
  return { ...clock, movingTo: null, offsetMs: Math.max(clock.offsetMs, offsetMs), version: clock.version + 1 };
}
