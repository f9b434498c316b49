import type { DataOf } from '@yuzhi/protocol/declare';
import type { activateRulebook } from '@yuzhi/protocol/oversight';

/** An edition of the rulebook as it is committed: rules with their sources, and the calendar of working days. */
export type Edition = Omit<DataOf<typeof activateRulebook>, 'rulebook'>;

export interface RulebookState extends Pick<Edition, 'rules' | 'calendar'> {
  readonly id: 'main';
  /** Name of the edition in force. */
  readonly edition: string;
  readonly activatedAt: number;
  readonly earlier: readonly { edition: string; activatedAt: number }[];
  readonly version: number;
}

/** The rulebook after a new edition; undefined when it is the one in force. */
export function activated(before: RulebookState | undefined, next: Edition, now: number): RulebookState | undefined {
  if (before?.edition === next.version) return undefined;
  return {
    id: 'main',
    edition: next.version,
    rules: next.rules,
    calendar: next.calendar,
    activatedAt: now,
    earlier: before ? [...before.earlier, { edition: before.edition, activatedAt: before.activatedAt }] : [],
    version: (before?.version ?? 0) + 1,
  };
}
