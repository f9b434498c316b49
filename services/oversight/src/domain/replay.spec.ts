import { describe, expect, it } from '@jest/globals';
import { approved, asked, declined, isExpired, type ReplayState, settled } from './replay.ts';

const NOW = 1_796_000_000_000;
const UNTIL = NOW + 86_400_000;
const [ASKER, OTHER] = ['person-1', 'person-2'];
const record = {
  ...{ service: 'register' as const, kind: 'command' as const, topic: 'register.commands' },
  ...{ partition: 3, offset: '17', key: '202119900001.9' },
};
const open = asked('r-1', { ...record, act: 'discard', reason: '已修复' }, ASKER, NOW, UNTIL);
const approve = (by: string, now = NOW + 1) => approved(open, by, now);
const carriedOut = (replay: ReplayState) => settled(replay, { sent: 1, stillPoisoned: null })!;

describe('a replay', () => {
  it('is asked for by one person and approved by another', () => {
    expect(open).toMatchObject({
      state: 'asked',
      record,
      act: 'discard',
      reason: '已修复',
      askedBy: ASKER,
      version: 1,
    });
    expect(approve(OTHER)).toEqual({
      ...open,
      ...{ state: 'approved', decidedBy: OTHER, decidedAt: NOW + 1, version: 2 },
    });
  });

  it('is never approved by whoever asked, however it stands', () => {
    const withdrawn = declined(open, ASKER, NOW) as ReplayState;
    for (const replay of [open, withdrawn, approve(OTHER) as ReplayState])
      expect(approved(replay, ASKER, NOW + 1)).toBe('replay-own');
  });

  it('is declined by another, or taken back', () => {
    for (const by of [ASKER, OTHER])
      expect(declined(open, by, NOW + 1)).toMatchObject({ state: 'declined', decidedBy: by, decidedAt: NOW + 1 });
  });

  it('is decided once', () => {
    const done = approve(OTHER) as ReplayState;
    for (const replay of [done, declined(open, ASKER, NOW) as ReplayState, carriedOut(done)]) {
      expect(approved(replay, OTHER, NOW + 1)).toBe('replay-settled');
      expect(declined(replay, OTHER, NOW + 1)).toBe('replay-settled');
    }
  });

  it('is looked at anew when it is not valid any more', () => {
    expect(approve(OTHER, UNTIL)).toMatchObject({ state: 'approved' });
    expect(approve(OTHER, UNTIL + 1)).toBe('replay-settled');
    expect(declined(open, OTHER, UNTIL + 1)).toBe('replay-settled');
    expect([isExpired(open, UNTIL), isExpired(open, UNTIL + 1)]).toEqual([false, true]);
    expect(isExpired(approve(OTHER) as ReplayState, UNTIL + 1)).toBe(false);
  });

  it('must be there', () => {
    expect(approved(undefined, OTHER, NOW)).toBe('replay-not-found');
    expect(declined(undefined, OTHER, NOW)).toBe('replay-not-found');
  });

  it('is carried out once, and only when it was approved', () => {
    const outcome = { sent: 3, stillPoisoned: null };
    const done = settled(approve(OTHER) as ReplayState, outcome)!;
    expect(done).toMatchObject({ state: 'settled', outcome, version: 3 });
    expect(settled(done, { sent: 0, stillPoisoned: null })).toBeUndefined();
    expect(settled(open, outcome)).toBeUndefined();
  });
});
