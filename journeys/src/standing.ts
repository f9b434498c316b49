import { setTimeout as sleep } from 'node:timers/promises';
import { declarations } from '@yuzhi/protocol/catalogue';
import type { Listing } from '@yuzhi/protocol/client';
import type { Query } from '@yuzhi/protocol/declare';
import { noteRail } from '@yuzhi/protocol/escrow';
import { beforeAll, expect, it } from '@jest/globals';
import { isOfPlatform, parametersOf, takes } from './doors.ts';
import { eventually } from './eventually.ts';
import type { Stage } from './stage.ts';

const QUIET_MS = 300;
/** The register reads the office's journal every two seconds: what others did there before may still be on its way. */
const FOLLOWED_MS = 2_500;

/** What the platform's own people see without naming anything: every list, the book, the rail, what was set aside. */
const shown = declarations('query').filter(
  (query) => !parametersOf(query).length && (query.permission === 'anyone' || isOfPlatform(query) || takesDesk(query)),
);
function takesDesk({ permission }: Query): boolean {
  return permission === 'person' || permission.includes('desk');
}

/** Whole: page by page, and again where somebody who is asked for a part of it was too slow to answer. */
const readAll = (stage: Stage, query: Query): Promise<unknown> =>
  eventually(query.type, async () => {
    if (takes(query, 'limit')) return Array.fromAsync(stage.desk.list(query as Listing, {}));
    const answer = (await stage.desk.ask(query, {})) as { silent?: string[] };
    return !answer.silent?.length && answer;
  });

/** When it was asked is no part of it. */
const undated = (answer: unknown): unknown => {
  if (Array.isArray(answer)) return answer.map(undated);
  const { at: _, now: __, ...rest } = answer as { at?: number; now?: number };
  return rest;
};

const COUNTED = [
  'commands_decided_total',
  'commit_commands_count',
  'commit_commands_sum',
  'process_moves_total',
  'outbox_unsent_records',
  'quarantined_total',
  'set_aside_records',
];
const SERIES = new RegExp(`^yuzhi_((?:${COUNTED.join('|')})\\{[^}]*\\}) (\\d+)$`, 'gm');

/** Escrow looks after the rail by itself, and notes what it sees of accounts that are being opened. */
const isOfRail = (series: string) => series.includes(noteRail.type) || /^commit_.*"escrow"/.test(series);

/** What was decided and committed, what moved, what waits to be sent, and what was set aside. */
async function counted(stage: Stage): Promise<Record<string, number>> {
  const text = await (await fetch(`${stage.addresses.url}/metrics`)).text();
  const all = [...text.matchAll(SERIES)].map(([, series, count]) => [series!, Number(count)] as const);
  return Object.fromEntries(all.filter(([series]) => !isOfRail(series)));
}

/** Everything that a refused request must leave as it was. */
interface Standing {
  counted: Record<string, number>;
  [query: string]: unknown;
}
async function standing(stage: Stage): Promise<Standing> {
  const seen = shown.map(async (query) => [query.type, undated(await readAll(stage, query))] as const);
  return { ...Object.fromEntries(await Promise.all(seen)), counted: await counted(stage) };
}

/** The same once nothing has moved for a while. */
export const atRest = (stage: Stage, quietMs = QUIET_MS) =>
  eventually('rest', async () => {
    const before = await standing(stage);
    await sleep(quietMs);
    return JSON.stringify(before) === JSON.stringify(await standing(stage)) && before;
  });

/** A refusal of the owner is decided and committed, and that is all. */
const isRefusal = (series: string) => series.startsWith('commit_') || /code="(?!done")/.test(series);
const withoutRefusals = ({ counted: all, ...rest }: Standing): Standing => ({
  ...rest,
  counted: Object.fromEntries(Object.entries(all).filter(([series]) => !isRefusal(series))),
});

let hasFollowed = false;
/** Closes a block of tests none of which may change anything; `decided`: their requests come as far as the owner. */
export function changesNothing(stage: () => Stage, { decided = false } = {}): void {
  let before: Standing;
  const seen = decided ? withoutRefusals : (all: Standing) => all;
  beforeAll(async () => {
    before = await atRest(stage(), hasFollowed ? QUIET_MS : FOLLOWED_MS);
    hasFollowed = true;
  }, 60_000);
  it('changes nothing', async () => {
    expect(seen(before).counted).not.toEqual({});
    expect(seen(await standing(stage()))).toEqual(seen(before));
  });
}
