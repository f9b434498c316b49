import type { Entry, Filing, Journal, Step } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import { type Batch, decideOne } from './batch.ts';
import { readClocks } from './clocks.ts';
import type { Shown } from './decision.ts';
import type { Handlers } from './handlers.ts';
import type { Move } from '@yuzhi/telemetry/moves';
import { isControl, type Judged, type Leased, read } from './judge.ts';
import type { LogRecord } from './log.ts';
import type { Outcome } from '@yuzhi/protocol/declare';

/** A row of the outbox, of the partition whose next owner sends it again if we do not. */
export interface Outbound extends LogRecord {
  seq: bigint;
  owner: number;
}
export interface Committed {
  steps: Step[];
  /** By the gateway that waits: each a `Reply` as it travels. */
  replies: Map<string, string[]>;
  outgoing: Outbound[];
  shows: Shown[];
  decided: { type: string; code: string }[];
  moves: Move[];
  /** How many commands were set aside. */
  quarantined: number;
}

export interface CommitterParts {
  service: string;
  journal: Journal;
  /** The batch committer's role: no other may write the domain's tables. */
  writer: Reader;
  handlers: Handlers;
  /** The platform clock may be moved by control records: demonstration and test. */
  steppable: boolean;
}

/** Outcomes of one generation that memory keeps; two generations are kept. */
const REMEMBERED = 20_000;
/** Of text alone: what lives so long is walked over and moved by each collection of garbage. */
type Remembered = Pick<Filing, 'inputHash' | 'said'>;

/** One batch: answer what is known, load, decide in memory, and one statement that commits all of it or nothing. */
export class Committer {
  #recent = new Map<string, Remembered>();
  #older = new Map<string, Remembered>();

  constructor(private readonly parts: CommitterParts) {}

  /**
   * What memory does not remember is taken for new, and the commit fails with `Known` if the inbox says otherwise:
   * then `lookUp` asks it first. So a command that is new, as nearly all are, costs no read of the inbox.
   */
  async commit(taken: Leased[], published: bigint[], lookUp = false): Promise<Committed> {
    const { service, journal, writer, handlers, steppable } = this.parts;
    const { steps, nowOf } = readClocks(taken, steppable);
    const entry: Entry = {
      steps,
      filed: [],
      outgoing: [],
      quarantined: [],
      published,
      doubtful: [],
      filedOn: new Date(Math.max(...taken.map((t) => t.appended))).toISOString().slice(0, 10),
    };
    const asked = taken.filter((t) => !isControl(t)).map((t) => read(t, entry, handlers, service));
    const judged = asked.filter((j) => j !== undefined);
    const inbox = await this.#known(judged, entry, lookUp);
    const states = await this.#load(judged.filter((j) => !j.taken.error && !inbox.has(j.asked.id)));
    const made = { touched: new Map(), rows: new Map(), replies: new Map(), shows: [], decided: [], moves: [] };
    const batch: Batch = { service, handlers, entry, inbox, states, ...made };
    for (const j of judged) decideOne(batch, j, nowOf.get(j.taken)!);
    const stores = new Set([...batch.touched.keys(), ...batch.rows.keys()]);
    const saves = [...stores].map((store) => ({
      store: store.name,
      statements: store.save([...(batch.touched.get(store)?.values() ?? [])], batch.rows.get(store) ?? []),
    }));
    const seqs = await journal.commit(writer, entry, saves);
    for (const [store, saved] of batch.touched) store.committed?.(saved);
    this.#remember(entry.filed);
    const outgoing = entry.outgoing.map(({ partition: owner, topic, key, value }, i) => ({
      owner,
      topic,
      key,
      value,
      seq: seqs[i]!,
    }));
    const { replies, shows, decided, moves } = batch;
    return { steps, outgoing, replies, shows, decided, moves, quarantined: entry.quarantined.length };
  }

  /** A database that may have come back older knows less than memory does, and it is the one that counts. */
  forget(): void {
    this.#recent.clear();
    this.#older.clear();
  }

  async #known(judged: Judged[], entry: Entry, lookUp: boolean): Promise<Batch['inbox']> {
    const inbox: Batch['inbox'] = new Map();
    for (const { asked, fresh } of judged) {
      const filed = this.#recent.get(asked.id) ?? this.#older.get(asked.id);
      if (filed) inbox.set(asked.id, { inputHash: filed.inputHash, outcome: JSON.parse(filed.said) as Outcome });
      else if (!lookUp && !fresh) entry.doubtful.push(asked.id);
    }
    if (!lookUp) return inbox;
    const all = judged.map(({ asked }) => asked.id);
    for (const f of await this.parts.journal.known(this.parts.writer, all)) inbox.set(f.id, f);
    return inbox;
  }
  #remember(filed: Filing[]): void {
    for (const { id, inputHash, said } of filed) this.#recent.set(id, { inputHash, said });
    if (this.#recent.size < REMEMBERED) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  async #load(wanted: Judged[]): Promise<Batch['states']> {
    const states: Batch['states'] = new Map();
    const byStore = Map.groupBy(
      wanted.filter((j) => j.store),
      (j) => j.store!,
    );
    await Promise.all(
      [...byStore].map(async ([store, group]) => {
        const envelopes = group.map((g) => g.envelope);
        states.set(store, await store.load([...new Set(envelopes.map(({ key }) => key))], envelopes));
      }),
    );
    return states;
  }
}
