import { defineProcess } from '@yuzhi/chassis/process';
import type { DataOf } from '@yuzhi/protocol/declare';
import type { approveReplay, askReplay, declineReplay } from '@yuzhi/protocol/ops';

/** What two people make of something that was set aside. */
export const replayProcess = defineProcess('replay', {
  states: ['asked', 'approved', 'declined', 'settled'],
  initial: 'asked',
  transitions: [
    { from: 'asked', on: 'approve', to: 'approved' },
    { from: 'asked', on: 'decline', to: 'declined' },
    { from: 'approved', on: 'carried-out', to: 'settled' },
  ],
  final: ['declined', 'settled'],
  // Nobody agreed while it was valid.
  rests: ['asked'],
});

/** Something that was set aside, to be sent again or discarded when a second person agrees. */
export interface ReplayState {
  readonly replay: string;
  readonly state: (typeof replayProcess.states)[number];
  readonly record: Omit<DataOf<typeof askReplay>, 'reason' | 'act'>;
  readonly act: DataOf<typeof askReplay>['act'];
  readonly reason: string;
  readonly askedBy: string;
  readonly askedAt: number;
  /** An ask is as good as what its asker saw: after this he looks again. */
  readonly validUntil: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly outcome: { sent: number; stillPoisoned: string | null } | null;
  readonly version: number;
}

export type ApprovalRefusal = keyof (typeof approveReplay)['rejections'];
export type DeclineRefusal = keyof (typeof declineReplay)['rejections'];

export function asked(
  replay: string,
  { reason, act, ...record }: DataOf<typeof askReplay>,
  askedBy: string,
  askedAt: number,
  validUntil: number,
): ReplayState {
  const nobody = { decidedBy: null, decidedAt: null, outcome: null };
  const times = { askedAt, validUntil };
  return { replay, state: replayProcess.initial, record, act, reason, askedBy, ...times, ...nobody, version: 1 };
}

export const isExpired = ({ state, validUntil }: ReplayState, now: number): boolean =>
  state === 'asked' && now > validUntil;

const isOpen = (replay: ReplayState, now: number) => replay.state === 'asked' && !isExpired(replay, now);

/** Two people, never the same one: who asked is told so before he is told anything else. */
export function approved(before: ReplayState | undefined, by: string, now: number): ReplayState | ApprovalRefusal {
  if (!before) return 'replay-not-found';
  if (before.askedBy === by) return 'replay-own';
  return isOpen(before, now) ? decided(before, 'approve', by, now) : 'replay-settled';
}

/** By whoever asked, too: he takes it back. */
export function declined(before: ReplayState | undefined, by: string, now: number): ReplayState | DeclineRefusal {
  if (!before) return 'replay-not-found';
  return isOpen(before, now) ? decided(before, 'decline', by, now) : 'replay-settled';
}

const decided = (before: ReplayState, on: 'approve' | 'decline', by: string, now: number): ReplayState => ({
  ...before,
  state: replayProcess.next(before.state, on)!,
  decidedBy: by,
  decidedAt: now,
  version: before.version + 1,
});

/** Carried out; undefined when that is known already. */
export function settled(before: ReplayState, outcome: NonNullable<ReplayState['outcome']>): ReplayState | undefined {
  const state = replayProcess.next(before.state, 'carried-out');
  return state && { ...before, state, outcome, version: before.version + 1 };
}
