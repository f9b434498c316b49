import { defineProcess } from '@yuzhi/chassis/process';
import type { DataOf } from '@yuzhi/protocol/declare';
import type { openFiling, recordFiling } from '@yuzhi/protocol/register';

/** An application to the office (业务办理), from our intention to its notice. */
export const filingProcess = defineProcess('filing', {
  states: ['opened', 'accepted', 'examined', 'registered', 'defective', 'refused'],
  initial: 'opened',
  final: ['registered', 'defective', 'refused'],
  transitions: [
    { from: 'opened', on: 'accepted', to: 'accepted' },
    { from: 'accepted', on: 'accepted', to: 'accepted' },
    ...(['accepted', 'examined'] as const).flatMap((from) => [
      { from, on: 'examined', to: 'examined' } as const,
      { from, on: 'registered', to: 'registered' } as const,
      { from, on: 'defective', to: 'defective' } as const,
      { from, on: 'refused', to: 'refused' } as const,
    ]),
  ],
});
export type FilingState = (typeof filingProcess)['states'][number];

export interface Filing extends DataOf<typeof openFiling> {
  readonly state: FilingState;
  readonly officeReference: string | null;
  readonly openedAt: number;
  /** By then the office should have decided. */
  readonly dueAt: number;
  /** Of the rulebook that says so. */
  readonly rulebookVersion: string;
  /** It was said that this day had passed. */
  readonly overdue: boolean;
  readonly registeredOn: string | null;
  readonly noticeNumber: string | null;
  readonly reason: string | null;
  /** The office is to be asked now; `checks` counts how often it was. */
  readonly checking: boolean;
  readonly checks: number;
  readonly version: number;
  readonly deadlineAt: number | null;
}

export const opened = (
  data: DataOf<typeof openFiling>,
  now: number,
  { dueAt, rulebookVersion }: Pick<Filing, 'dueAt' | 'rulebookVersion'>,
): Filing => ({
  ...data,
  state: 'opened',
  officeReference: null,
  overdue: false,
  openedAt: now,
  dueAt,
  rulebookVersion,
  registeredOn: null,
  noticeNumber: null,
  reason: null,
  checking: false,
  checks: 0,
  version: 1,
  deadlineAt: dueAt,
});

/** What the office said; undefined when it no longer fits, as after a repetition. The next look is at `nextAt`. */
export function recorded(filing: Filing, said: DataOf<typeof recordFiling>, nextAt: number): Filing | undefined {
  // An office that was asked before, or is quick, may be further than we heard: it accepted the filing all the same.
  const from = filing.state === 'opened' ? filingProcess.next('opened', 'accepted')! : filing.state;
  const state = filingProcess.next(from, said.state);
  if (!state) return undefined;
  const { officeReference, registeredOn, noticeNumber, reason } = said;
  return {
    ...filing,
    ...{ state, officeReference, registeredOn, noticeNumber, reason },
    checking: false,
    version: filing.version + 1,
    deadlineAt: filingProcess.isFinal(state) ? null : nextAt,
  };
}

/** Time to ask again, if the office has it: what it has not taken yet is brought to it anyway. */
export function checked(filing: Filing, now: number): Filing {
  const look = filing.state === 'opened' ? {} : { checking: true, checks: filing.checks + 1 };
  const overdue = filing.overdue || now >= filing.dueAt;
  return { ...filing, ...look, overdue, version: filing.version + 1, deadlineAt: null };
}
