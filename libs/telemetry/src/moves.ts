/** A move of a process manager: where it stood and what happened. */
export type Move = Readonly<Record<'process' | 'from' | 'on', string>>;

let noticed: Move[] | undefined;

/** Tells whoever decides that a process moves; nobody, when it is only asked whether it would. */
export const noteMove = (move: Move): void => void noticed?.push(move);

/** What a decision answers, and the moves that it makes: they count once they are committed. */
export function noticingMoves<T>(decide: () => T): { decided: T; moves: readonly Move[] } {
  const outer = noticed;
  const moves: Move[] = (noticed = []);
  try {
    return { decided: decide(), moves };
  } finally {
    noticed = outer;
  }
}
