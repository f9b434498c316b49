import { z } from 'zod';
import type { OfficeBooks } from './evidence.ts';

const Filing = z.object({
  state: z.string(),
  number: z.string(),
  to: z.array(z.object({ party: z.string().nullable() })),
});

/** Asks the office by HTTP. Throws where it answers neither with the filing nor that there is none. */
export class HttpOfficeBooks implements OfficeBooks {
  constructor(private readonly url: string) {}

  async filing(reference: string) {
    const response = await fetch(`${this.url}/filings/${encodeURIComponent(reference)}`);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the office answered ${response.status}: ${await response.text()}`);
    const { state, number, to } = Filing.parse(await response.json());
    return { state, number, to: to.flatMap(({ party }) => party ?? []) };
  }
}
