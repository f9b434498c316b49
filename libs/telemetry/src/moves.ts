/** A move of a process manager: where it stood and what happened. */
export type Move = Readonly<Record<'process' | 'from' | 'on', string>>;

const NONE: readonly Move[] = [];
/** Of the decision under way; most make no move, and cost no list. */
let noticing: { moves: Move[] | undefined } | undefined;

/** Tells whoever decides that a process moves; nobody, when it is only asked whether it would. */
export function noteMove(move: Move): void {
  if (noticing) (noticing.moves ??= []).push(move);
}

/** What a decision answers, and the moves that it makes: they count once they are committed. */
export function noticingMoves<T>(decide: () => T): { decided: T; moves: readonly Move[] } {
  const outer = noticing;
  const own: NonNullable<typeof noticing> = (noticing = { moves: undefined });
  try {
    return { decided: decide(), moves: own.moves ?? NONE };
  } finally {
    noticing = outer;
  }
}
