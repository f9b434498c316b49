import type { Refusal, Words } from './declare.ts';

/** `application/problem+json` (RFC 9457): the members every refusal has; what else it says stands beside them. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  zh: string;
  en: string;
  next: Words;
}

/** How a refusal looks on the wire. Members of `more` never replace those of the catalogue. */
export const problem = (code: string, { status, zh, en, next }: Refusal, more: object = {}): Problem => ({
  ...more,
  type: `/problems/${code}`,
  title: en,
  status,
  code,
  zh,
  en,
  next,
});
