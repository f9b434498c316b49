import { describe, expect, it } from '@jest/globals';
import type { Entry } from '@yuzhi/database/journal';
import { noteMove } from '@yuzhi/telemetry/moves';
import { type Batch, decideOne } from './batch.ts';
import { accept, type Decision, refuse } from './decision.ts';
import { add } from './fixture/protocol.ts';
import { envelopeOf } from './fixture/shop.ts';
import type { Handlers } from './handlers.ts';
import { type Leased, read } from './judge.ts';

const lease = { topic: 'till.commands', partition: 0, epoch: 1n, next: 0n, lastNow: 0, clockOffsetMs: 0 };
const move = (on: string) => ({ process: 'till', from: 'open', on });
const before = { version: 1 };
const due = { version: 2 };

/** The moves of a batch of one command, on a state that `advance` takes on before it is decided. */
function movesOf(decide: (state: unknown) => Decision<unknown, 'limit-passed'>, isDue = true): string[] {
  const store = {
    name: 'till',
    load: async () => new Map(),
    save: () => [],
    advance: () => (isDue ? (noteMove(move('due')), { state: due }) : undefined),
  };
  const handler = { command: add, store, decide };
  const handlers = { commands: new Map([[add.type, handler]]), answers: new Map(), wakings: [] } as unknown as Handlers;
  const entry = { filed: [], outgoing: [], quarantined: [] } as unknown as Entry;
  const value = JSON.stringify(envelopeOf(add, 'a', { account: 'a', amountFen: '1' }));
  const taken: Leased = { lease, partition: 0, offset: 0n, key: 'a', value, appended: 1 };
  const batch: Batch = {
    ...{ service: 'till', handlers, entry, inbox: new Map(), replies: new Map(), shows: [], decided: [], moves: [] },
    ...{ touched: new Map(), rows: new Map(), states: new Map([[store, new Map([['a', before]])]]) },
  };
  decideOne(batch, read(taken, entry, handlers, 'till')!, 1);
  return batch.moves.map(({ on }) => on);
}

describe('a move', () => {
  it('is part of the batch when the state that it led to is', () => {
    const paid = () => (noteMove(move('paid')), accept({ version: 3 }, { totalFen: '1' }));
    expect(movesOf(paid)).toEqual(['due', 'paid']);
    expect(movesOf(paid, false)).toEqual(['paid']);
  });

  it('is none when a refusal only asked how far it would lead; what time brought stays', () => {
    const refused = () => (noteMove(move('paid')), refuse('limit-passed'));
    expect(movesOf(refused)).toEqual(['due']);
    expect(movesOf(() => refused().leaving({ version: 3 }))).toEqual(['due', 'paid']);
  });

  it('is none when nothing changed, or when the decision threw', () => {
    const unchanged = (state: unknown) => (noteMove(move('paid')), accept(state, { totalFen: '1' }));
    expect(movesOf(unchanged, false)).toEqual([]);
    const throws = () => {
      noteMove(move('paid'));
      throw new Error('a mistake');
    };
    expect(movesOf(throws)).toEqual([]);
  });
});
