import { isDeepStrictEqual } from 'node:util';
import { catalogue, declarations } from '@yuzhi/protocol/catalogue';
import type { CloudEvent } from '@yuzhi/protocol/declare';
import { type Check, FINDINGS_MAX, type Found } from './check.ts';

interface Entry {
  id: string;
  saleId: string;
  at: Date;
  type: string;
  actor: unknown;
}

const EVENTS = catalogue.topics.map(({ topic }) => topic).filter((topic) => topic.endsWith('.events'));
const declared = new Map(declarations('event').map((event) => [event.type, event]));

/** What an event of a sale says; undefined of one that belongs in no record. */
function read(value: string): CloudEvent | undefined {
  try {
    const event = JSON.parse(value) as CloudEvent;
    const isSound = declared.get(event.type)?.data.safeParse(event.data).success ?? false;
    return isSound && event.saleid ? event : undefined;
  } catch {
    return undefined;
  }
}

function difference({ saleId, at, type, actor }: Entry, event: CloudEvent): string | undefined {
  if (type !== event.type) return `is a ${type}, and was a ${event.type}`;
  if (saleId !== event.saleid) return `stands under sale ${saleId}, and belongs to ${event.saleid}`;
  if (at.getTime() !== Date.parse(event.time)) return `says ${at.toISOString()}, and happened at ${event.time}`;
  if (isDeepStrictEqual(actor, event.actor)) return undefined;
  return `says that ${JSON.stringify(actor)} did it, and it was ${JSON.stringify(event.actor)}`;
}

/** The log is what the record was made from. Its sentences follow from the type, and are not compared. */
const record: Check = {
  name: 'record-is-the-log',
  proves: 'the record of every sale has each event of the log once, of its type, at its instant, by its actor',
  find: async ({ databases, log }) => {
    if (!log) return [];
    const { rows } = await databases.oversight.query<Entry>(
      'select event_id::text as id, sale_id::text as "saleId", at, type, actor from sale_record',
    );
    const left = new Map(rows.map((row) => [row.id, row]));
    const known = new Set(left.keys());
    const found: Found[] = [];
    const judge = (event: CloudEvent) => {
      const entry = left.get(event.id);
      left.delete(event.id);
      const says = entry ? difference(entry, event) : known.has(event.id) ? undefined : `has no ${event.type}`;
      known.add(event.id);
      if (says) found.push({ row: `oversight.sale_record ${event.id}`, says });
    };
    await Promise.all(
      EVENTS.map((topic) =>
        log.replay(topic, (_, value) => {
          const event = value === null ? undefined : read(value);
          if (event) judge(event);
        }),
      ),
    );
    const invented = [...left.keys()].map((id) => ({ row: `oversight.sale_record ${id}`, says: 'is on no log' }));
    return [...found, ...invented].slice(0, FINDINGS_MAX);
  },
};

export const recordChecks: readonly Check[] = [record];
