import { isDeepStrictEqual } from 'node:util';
import { SERVICES } from '@yuzhi/protocol/catalogue';
import type { Outcome } from '@yuzhi/protocol/declare';
import { type Acknowledged, nameOf } from './acknowledged.ts';
import { type Check, FINDINGS_MAX, type Found } from './check.ts';
import type { Evidence } from './evidence.ts';

/** What the owner's inbox has of one acknowledged operation. */
interface Filed {
  outcome: Outcome;
  /** Epoch ms of the platform's clock. */
  decidedAt: number;
  type: string;
}
interface Pair {
  acknowledged: Acknowledged;
  filed: Filed[];
}
interface FiledRow extends Omit<Filed, 'decidedAt'> {
  n: number;
  decidedAt: string;
}

/** Operations of one look-up. */
const CHUNK = 5000;
/** By the words themselves, not by the id that the inbox derives from them: whoever derives it wrongly is found. */
const LOOK_UP = (withParty: boolean) => `
  select w.n::int as n, i.outcome, i.type, (extract(epoch from i.decided_at) * 1000)::bigint::text as "decidedAt"
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality w(party, aggregate, key, n)
  join inbox i on i.aggregate = w.aggregate and i.idempotency_key = w.key ${withParty ? 'and i.party = w.party' : ''}`;

async function lookUp(evidence: Evidence, asked: readonly Acknowledged[], withParty: boolean): Promise<Pair[]> {
  const [{ service }] = asked as [Acknowledged];
  const { rows } = await evidence.databases[service].query<FiledRow>(LOOK_UP(withParty), [
    asked.map(({ party }) => party ?? ''),
    asked.map(({ aggregate }) => aggregate),
    asked.map(({ idempotencyKey }) => idempotencyKey),
  ]);
  const filed = Map.groupBy(rows, ({ n }) => n);
  return asked.map((acknowledged, i) => ({
    acknowledged,
    filed: (filed.get(i + 1) ?? []).map((row) => ({ ...row, decidedAt: Number(row.decidedAt) })),
  }));
}

/** Every acknowledged operation beside what its owner filed under its key, a chunk at a time. */
export async function* pairs(evidence: Evidence): AsyncGenerator<Pair[]> {
  for (const service of SERVICES) {
    for (const withParty of [true, false]) {
      const of = evidence.acknowledged.filter((a) => a.service === service && (a.party !== undefined) === withParty);
      for (let from = 0; from < of.length; from += CHUNK) {
        yield lookUp(evidence, of.slice(from, from + CHUNK), withParty);
      }
    }
  }
}

/** What is wrong with each pair, if anything. */
const eachPair = (name: string, proves: string, judge: (pair: Pair) => string | undefined): Check => ({
  name,
  proves,
  find: async (evidence) => {
    const found: Found[] = [];
    for await (const chunk of pairs(evidence)) {
      for (const pair of chunk) {
        const says = judge(pair);
        if (says) found.push({ row: nameOf(pair.acknowledged), says });
      }
      if (found.length >= FINDINGS_MAX) break;
    }
    return found.slice(0, FINDINGS_MAX);
  },
});

const exists = eachPair(
  'acknowledged-once',
  'every operation that a client was answered for was decided exactly once',
  ({ filed }) => {
    if (filed.length === 1) return undefined;
    return filed.length === 0 ? 'was acknowledged, and its owner knows nothing of it' : `decided ${filed.length} times`;
  },
);

/** The gateway adds words to a refusal and the id to what was made: what the owner filed must all be in the answer. */
function differences({ status, code, body }: Acknowledged, { outcome }: Filed): string | undefined {
  if (status !== outcome.status || code !== outcome.code) {
    return `was answered ${status} ${code}, and is filed as ${outcome.status} ${outcome.code}`;
  }
  const filed = Object.entries((outcome.body ?? {}) as Record<string, unknown>);
  const [different] = filed.find(([field, value]) => !isDeepStrictEqual(body[field], value)) ?? [];
  if (different === undefined) return undefined;
  const shown = (of: unknown) => JSON.stringify((of as Record<string, unknown>)[different]);
  return `${different} was answered as ${shown(body)}, and is filed as ${shown(outcome.body)}`;
}

const outcome = eachPair(
  'acknowledged-outcome',
  'what is filed is what the client was answered',
  ({ acknowledged, filed }) => (filed[0] ? differences(acknowledged, filed[0]) : undefined),
);

/** An operation and its place in the order of decisions. */
interface Placed {
  acknowledged: Acknowledged;
  place: number;
}

/**
 * Whoever was answered before another was sent must stand before him: the places of an aggregate's operations against
 * the client's clock. `isBehind` says whether a place is wrong behind the highest place that was answered before.
 */
export function outOfOrder(placed: readonly Placed[], isBehind: (place: number, highest: number) => boolean) {
  const bySent = placed.toSorted((a, b) => a.acknowledged.sentAt - b.acknowledged.sentAt);
  const byAnswered = placed.toSorted((a, b) => a.acknowledged.answeredAt - b.acknowledged.answeredAt);
  const wrong: { late: Placed; early: Placed }[] = [];
  let highest: Placed | undefined;
  let answered = 0;
  for (const one of bySent) {
    for (let next = byAnswered[answered]; next && next.acknowledged.answeredAt < one.acknowledged.sentAt;) {
      if (!highest || next.place > highest.place) highest = next;
      next = byAnswered[++answered];
    }
    if (highest && isBehind(one.place, highest.place)) wrong.push({ late: one, early: highest });
  }
  return wrong;
}

async function ordered(
  evidence: Evidence,
  placeOf: (pair: Pair) => number | undefined,
  isBehind: (place: number, highest: number) => boolean,
): Promise<Found[]> {
  const placed: Placed[] = [];
  for await (const chunk of pairs(evidence)) {
    for (const pair of chunk) {
      const place = pair.filed[0] && placeOf(pair);
      if (place !== undefined) placed.push({ acknowledged: pair.acknowledged, place });
    }
  }
  const aggregates = Map.groupBy(placed, ({ acknowledged: a }) => `${a.service} ${a.aggregate}`);
  const wrong = [...aggregates.values()].flatMap((of) => outOfOrder(of, isBehind));
  return wrong.slice(0, FINDINGS_MAX).map(({ late, early }) => ({
    row: nameOf(late.acknowledged),
    says: `was sent after ${early.acknowledged.idempotencyKey} was answered, and was decided before it`,
  }));
}

const order: Check = {
  name: 'acknowledged-order',
  proves: 'decisions on an aggregate stand in the order in which its clients heard of them',
  find: (evidence) =>
    ordered(
      evidence,
      ({ filed }) => filed[0]!.decidedAt,
      (place, highest) => place < highest,
    ),
};

const seqOf = ({ filed: [filed] }: Pair) => {
  const { seq } = (filed!.outcome.body ?? {}) as { seq?: unknown };
  return typeof seq === 'number' ? seq : undefined;
};
const bidOrder: Check = {
  name: 'acknowledged-bids-in-order',
  proves: 'the numbers of acknowledged quotes rise in the order in which their bidders heard of them',
  find: (evidence) => ordered(evidence, seqOf, (place, highest) => place <= highest),
};

export const acknowledgedChecks: Check[] = [exists, outcome, order, bidOrder];
