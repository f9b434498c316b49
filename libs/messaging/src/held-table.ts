import type { DataOf, Table } from '@yuzhi/protocol/declare';
import type { Log } from './log.ts';

/** A compacted topic, whole in memory: small things that everyone must know, such as who may act for whom. */
export class HeldTable<T extends Table = Table> {
  readonly #rows = new Map<string, DataOf<T>>();
  readonly #unreadable = new Set<string>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(readonly table: T) {}

  /** Resolves once everything that was on the log is held; goes on listening. */
  start(log: Log): Promise<void> {
    return log.replay(this.table.topic, (key, value) => {
      this.#unreadable.delete(key);
      const data = value === null || value === '' ? undefined : this.#read(key, value);
      if (data === undefined) this.#rows.delete(key);
      else this.#rows.set(key, data);
      for (const heard of this.#listeners) heard(key);
    });
  }
  /** A word that we do not understand is no word: what it replaced must not be believed either. */
  #read(key: string, value: string): DataOf<T> | undefined {
    try {
      return this.table.data.parse(JSON.parse(value)) as DataOf<T>;
    } catch {
      this.#unreadable.add(key);
      return undefined;
    }
  }
  /** Keys whose last word could not be understood: by a newer owner, most likely. */
  get unreadable(): readonly string[] {
    return [...this.#unreadable];
  }
  get(key: string): DataOf<T> | undefined {
    return this.#rows.get(key);
  }
  get size(): number {
    return this.#rows.size;
  }
  values(): IterableIterator<DataOf<T>> {
    return this.#rows.values();
  }
  onChange(heard: (key: string) => void): void {
    this.#listeners.add(heard);
  }
}
