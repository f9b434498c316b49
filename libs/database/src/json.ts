/** JSON of a state: bigints become digit strings. Back again, every field whose name ends in `Fen` becomes a bigint. */
export const toJson = (value: unknown): string => JSON.stringify(travelling(value));

/** A replacer would do, and take ten times as long: it is called for every field there is. */
function travelling(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(travelling);
  if ('toJSON' in value) return (value.toJSON as () => unknown)();
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) if (one !== undefined) copy[name] = travelling(one);
  return copy;
}

/** Reads back what `toJson` wrote, or what Postgres parsed of it. */
export function fromJson<T>(value: unknown): T {
  return revive(typeof value === 'string' ? JSON.parse(value) : value, '') as T;
}

function revive(value: unknown, name: string): unknown {
  if (typeof value === 'string') return name.endsWith('Fen') ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((v) => revive(v, name));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v, k)]));
}

/** A value as it travels: amounts are digit strings. */
export type Wire<T> = T extends bigint
  ? string
  : T extends readonly (infer U)[]
    ? Wire<U>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;
/** A value as a state holds it: every field whose name ends in `Fen` is a bigint. */
export type Held<T> = T extends readonly (infer U)[]
  ? Held<U>[]
  : T extends object
    ? { [K in keyof T]: K extends `${string}Fen` ? (T[K] extends string ? bigint : bigint | null) : Held<T[K]> }
    : T;

export const wire = <T>(value: T): Wire<T> => travelling(value) as Wire<T>;
export const held = <T>(value: T): Held<T> => revive(value, '') as Held<T>;
