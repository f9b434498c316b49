/** A natural person, or an API client that acts like one. */
export interface Person {
  readonly person: string;
  readonly name: string;
  readonly version: number;
}

export const registered = (person: string, name: string): Person => ({ person, name, version: 1 });

/** Who signed in at another issuer is first heard of when he tells his name. */
export const named = (known: Person | undefined, person: string, name: string): Person =>
  known ? { ...known, name, version: known.version + 1 } : registered(person, name);
