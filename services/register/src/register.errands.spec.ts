import { describe, expect, it } from '@jest/globals';
import type { Reader } from '@yuzhi/database/store';
import type { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { Change, PatentOffice } from './patent-office.ts';
import { FollowChanges } from './register.errands.ts';

interface Row {
  id: string;
  version: number;
  stale: boolean;
}
/** The mirror and the office's journal, as a test moves them. */
function following() {
  const journal: Change[] = [];
  const mirror: Row[] = [];
  const reader = {
    query: async (_: string, [named]: [string[]]) => ({ rows: mirror.filter(({ id }) => named.includes(id)) }),
  };
  const office = { changes: async (after: number) => journal.filter(({ seq }) => seq > after).slice(0, 2) };
  const clock = { now: async () => 0 } as unknown as PlatformClock;
  const start = () => new FollowChanges(reader as unknown as Reader, office as unknown as PatentOffice, clock);
  const { signal } = new AbortController();
  const look = async (errand: FollowChanges) =>
    (await errand.run(undefined, { key: 'k', signal })).map(({ key }) => key);
  const change = (patentNumber: string) => journal.push({ patentNumber, seq: journal.length + 1 });
  return { mirror, change, start, look };
}

describe('following the changes of the office', () => {
  it('refreshes what is behind its own newest change, not whatever stood on the same page', async () => {
    const { mirror, change, start, look } = following();
    for (const patent of ['A', 'B']) change(patent);
    mirror.push({ id: 'A', version: 1, stale: false }, { id: 'B', version: 1, stale: false });
    const errand = start();
    expect(await look(errand)).toEqual(['B']);
    mirror[1]!.version = 2;
    expect(await look(errand)).toEqual([]);
  });

  it('reads page after page, and nothing that the mirror does not hold', async () => {
    const { mirror, change, start, look } = following();
    for (const patent of ['X', 'X', 'X', 'X', 'A']) change(patent);
    mirror.push({ id: 'A', version: 0, stale: false });
    const errand = start();
    expect([await look(errand), await look(errand), await look(errand)]).toEqual([[], [], ['A']]);
  });

  it('waits for a reading that is under way, and asks again when that was older than the change', async () => {
    const { mirror, change, start, look } = following();
    mirror.push({ id: 'A', version: 0, stale: true });
    change('A');
    const errand = start();
    expect(await look(errand)).toEqual([]);
    mirror[0]!.stale = false;
    expect(await look(errand)).toEqual(['A']);
    mirror[0]!.version = 1;
    expect(await look(errand)).toEqual([]);
  });

  it('asks again until the mirror has caught up: a refresh may get lost', async () => {
    const { mirror, change, start, look } = following();
    mirror.push({ id: 'A', version: 0, stale: false });
    change('A');
    const errand = start();
    expect([await look(errand), await look(errand)]).toEqual([['A'], ['A']]);
  });

  it('is another attempt with each look and after each start: no refresh passes for an earlier one', async () => {
    const { change, start, look } = following();
    const attempts: number[] = [];
    for (let starts = 0; starts < 3; starts++) {
      const errand = start();
      for (let looks = 0; looks < 3; looks++) {
        change('A');
        attempts.push(...(await errand.pending()).map(({ attempt }) => attempt));
        await look(errand);
        await new Promise((go) => setTimeout(go, 2));
      }
    }
    expect(attempts).toHaveLength(9);
    expect(attempts).toEqual([...new Set(attempts)].toSorted((a, b) => a - b));
  });

  it('rests when there was nothing new', async () => {
    const { start, look } = following();
    const errand = start();
    expect(await errand.pending()).toHaveLength(1);
    await look(errand);
    expect(await errand.pending()).toEqual([]);
  });
});
