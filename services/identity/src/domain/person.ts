/** A natural person, or an API client that acts like one. */
export interface Person {
  readonly person: string;
  readonly name: string;
  readonly version: number;
}

export const registered = (person: string, name: string): Person => ({ person, name, version: 1 });
