import { z } from 'zod';
import { type Page, list, text } from './params.ts';
import type { Kind, States } from './states.ts';
import type { Filter, Work } from './work.ts';

/** One endpoint of the API. */
export interface Operation {
  /** As the stripe package names it, `payment_intents.create`: what faults are set on. */
  name: string;
  method: 'DELETE' | 'GET' | 'POST';
  path: string;
  params: z.ZodType;
  /** Whether it may act for a connected account, named by the Stripe-Account header. */
  connected: boolean;
  run(work: Work, params: never, path: Record<string, string>): object | Promise<object>;
}

interface Definition<S extends z.ZodRawShape> {
  name: string;
  method: Operation['method'];
  path: string;
  params?: S;
  connected?: boolean;
  run(work: Work, params: z.output<z.ZodObject<S>>, path: Record<string, string>): object | Promise<object>;
}

/** Declares an endpoint; whatever it does not list is an unknown parameter. `expand` belongs to all of v1. */
export function operation<S extends z.ZodRawShape = Record<string, never>>(definition: Definition<S>): Operation {
  const everywhere = definition.path.startsWith('/v1/') ? { expand: list(text).optional() } : {};
  const params = z.strictObject({ ...everywhere, ...definition.params });
  return { connected: false, ...definition, params };
}

/** Stripe's list envelope, newest first. Throws resource_missing for a place that is not in the list. */
export async function listed<K extends Kind, W>(
  work: Work,
  kind: K,
  path: string,
  page: Page,
  filter: Pick<Filter, 'also' | 'match'>,
  show: (state: States[K]) => Promise<W> | W,
): Promise<{ object: 'list'; data: W[]; has_more: boolean; url: string }> {
  const { limit, created, starting_after: after, ending_before: before } = page;
  for (const [param, id] of Object.entries({ starting_after: after, ending_before: before })) {
    if (id) await work.need(kind, id, param);
  }
  const found = await work.where(kind, { account: work.account, created, after, before, limit: limit + 1, ...filter });
  const shown = found.slice(0, limit);
  if (before) shown.reverse();
  const data: W[] = [];
  for (const state of shown) data.push(await show(state));
  return { object: 'list', data, has_more: found.length > limit, url: path };
}

/** Only the fields of a filter that were given. */
export const given = (filter: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
