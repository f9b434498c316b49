import { describe, expect, it } from '@jest/globals';
import { noteMove, noticingMoves } from './moves.ts';

const move = (on: string) => ({ process: 'parcel', from: 'packed', on });

describe('the moves of a decision', () => {
  it('are noticed in their order, those of a decision within it apart', () => {
    const { decided, moves } = noticingMoves(() => {
      noteMove(move('weighed'));
      const inner = noticingMoves(() => noteMove(move('opened')));
      noteMove(move('sent'));
      return inner.moves;
    });
    expect(moves).toEqual([move('weighed'), move('sent')]);
    expect(decided).toEqual([move('opened')]);
  });

  it("are nobody's outside of one, also after one that threw", () => {
    const fails = () =>
      noticingMoves(() => {
        throw new Error('a mistake');
      });
    expect(fails).toThrow('a mistake');
    noteMove(move('lost'));
    expect(noticingMoves(() => 'done')).toEqual({ decided: 'done', moves: [] });
  });
});
