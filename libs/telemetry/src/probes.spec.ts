import { describe, expect, it } from '@jest/globals';
import { metrics } from './metrics.ts';
import { Probes } from './probes.ts';

describe('a look around', () => {
  it('asks everybody, once for all who want to know at the same time', async () => {
    const probes = new Probes();
    const asked: string[] = [];
    for (const name of ['a', 'b']) {
      probes.add(name, async () => {
        await Promise.resolve();
        asked.push(name);
      });
    }
    await Promise.all([probes.look(), probes.look()]);
    await probes.look();
    expect(asked).toEqual(['a', 'b']);
  });

  it('asks again when what was seen is no longer fresh', async () => {
    const probes = new Probes(0);
    let asked = 0;
    probes.add('a', () => void (asked += 1));
    await probes.look();
    await probes.look();
    expect(asked).toBe(2);
  });

  it('never fails and never waits for ever: it counts who could not say', async () => {
    const probes = new Probes(0, 10);
    const seen: string[] = [];
    probes.add('broken', () => Promise.reject(new Error('away')));
    probes.add('silent', () => new Promise(() => {}));
    probes.add('well', () => void seen.push('well'));
    await probes.look();
    expect(seen).toEqual(['well']);
    const failed = ['broken', 'silent', 'well'].map((of) => metrics.failedLooks.of({ of }).value);
    expect(failed).toEqual([1, 1, 0]);
  });

  it('no longer asks whoever has gone, and asks only the last of one name', async () => {
    const probes = new Probes(0);
    const asked: string[] = [];
    const leave = probes.add('a', () => void asked.push('first'));
    const leaveAgain = probes.add('a', () => void asked.push('second'));
    leave();
    await probes.look();
    leaveAgain();
    await probes.look();
    expect(asked).toEqual(['second']);
  });
});
