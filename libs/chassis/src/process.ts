import { noteMove } from '@yuzhi/telemetry/moves';

export interface ProcessTransition<S extends string, E extends string> {
  from: S;
  /** What happened: an answer, an event, a deadline. */
  on: E;
  to: S;
}

export interface ProcessTable<S extends string, E extends string> {
  states: readonly S[];
  initial: S;
  transitions: readonly ProcessTransition<S, E>[];
  /** Where a process may end; nothing leads on from there. */
  final: readonly S[];
  /** Where it may stay for ever as well, though something may lead on: a bank gives back what it had called paid. */
  rests?: readonly S[];
}

export interface Process<S extends string, E extends string> {
  readonly name: string;
  readonly states: readonly S[];
  readonly initial: S;
  readonly transitions: readonly ProcessTransition<S, E>[];
  /** Undefined where the table knows no such move: whether that is refused or ignored is the caller's decision. */
  next(state: S, on: E): S | undefined;
  isFinal(state: S): boolean;
}

const defined: Process<string, string>[] = [];
/** Every process that the modules loaded so far define. */
export const definedProcesses = (): readonly Process<string, string>[] => defined;

/**
 * A process manager's states and moves. Throws, naming every fault at once, where the table does not hold: a state that
 * is unknown, named twice, unreachable or never reaches an end, a move told twice, an end that leads on.
 */
export function defineProcess<const S extends string, const E extends string>(
  name: string,
  table: ProcessTable<S, E>,
): Process<S, E> {
  const faults = faultsOf(table);
  if (faults.length > 0) throw new Error(`process ${name}:\n${faults.join('\n')}`);
  const moves = new Map(table.transitions.map(({ from, on, to }) => [moveOf(from, on), to]));
  const final = new Set<S>(table.final);
  const process: Process<S, E> = {
    name,
    states: table.states,
    initial: table.initial,
    transitions: table.transitions,
    next: (state, on) => {
      const to = moves.get(moveOf(state, on));
      if (to !== undefined) noteMove({ process: name, from: state, on });
      return to;
    },
    isFinal: (state) => final.has(state),
  };
  defined.push(process);
  return process;
}

const moveOf = (from: string, on: string) => `${from}\0${on}`;

function faultsOf({ states, initial, transitions, final, rests = [] }: ProcessTable<string, string>): string[] {
  const known = new Set(states);
  const ends = [...final, ...rests];
  const named = [initial, ...ends, ...transitions.flatMap(({ from, to }) => [from, to])];
  const forward = closure(
    [initial],
    transitions.map(({ from, to }) => [from, to]),
  );
  const backward = closure(
    ends,
    transitions.map(({ from, to }) => [to, from]),
  );
  return [
    ...repeated(states).map((s) => `state ${s} is named twice`),
    ...unique(named.filter((s) => !known.has(s))).map((s) => `state ${s} is unknown`),
    ...states.filter((s) => !forward.has(s)).map((s) => `state ${s} is unreachable`),
    ...states.filter((s) => !backward.has(s)).map((s) => `state ${s} never reaches an end`),
    ...repeated(transitions.map(({ from, on }) => `${from} on ${on}`)).map((move) => `${move} is told twice`),
    ...transitions.filter(({ from }) => final.includes(from)).map(({ from, on }) => `end ${from} leads on by ${on}`),
  ];
}

/** Everything that can be reached from `start` along `edges`. */
function closure(start: readonly string[], edges: [source: string, target: string][]): Set<string> {
  const reached = new Set(start);
  // A Set goes on with what is added during its iteration.
  for (const state of reached) for (const [source, target] of edges) if (source === state) reached.add(target);
  return reached;
}

const unique = (words: readonly string[]) => [...new Set(words)];
const repeated = (words: readonly string[]) => unique(words.filter((word, i) => words.indexOf(word) !== i));
