import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { noticingMoves } from '@yuzhi/telemetry/moves';
import { defineProcess, type ProcessTable } from './process.ts';

type Table = ProcessTable<string, string>;
const parcel = (): Table => ({
  states: ['packed', 'sent', 'lost', 'received'],
  initial: 'packed',
  transitions: [
    { from: 'packed', on: 'handed-over', to: 'sent' },
    { from: 'sent', on: 'scanned', to: 'sent' },
    { from: 'sent', on: 'signed-for', to: 'received' },
    { from: 'sent', on: 'overdue', to: 'lost' },
    { from: 'lost', on: 'found', to: 'sent' },
  ],
  final: ['received'],
});
const faulty = (change: (table: Table) => Partial<Table>) => () =>
  defineProcess('parcel', { ...parcel(), ...change(parcel()) });
const move = (from: string, on: string, to: string) => ({ from, on, to });

describe('a process', () => {
  it('leads on as its table says, and nowhere else', () => {
    const process = defineProcess('parcel', parcel());
    for (const state of process.states) {
      for (const on of ['handed-over', 'scanned', 'signed-for', 'overdue', 'found']) {
        const told = parcel().transitions.find((t) => t.from === state && t.on === on);
        expect(process.next(state, on)).toBe(told?.to);
      }
    }
    expect(process.next('packed', 'never-heard-of')).toBeUndefined();
  });

  it('knows its beginning, its ends and its moves, for whoever documents it', () => {
    const process = defineProcess('parcel', parcel());
    expect(process.initial).toBe('packed');
    expect(process.states.filter((state) => process.isFinal(state))).toEqual(['received']);
    expect(process.transitions).toEqual(parcel().transitions);
  });

  it('may rest where something can still lead on', () => {
    const { rests, final, transitions } = { ...parcel(), final: [], rests: ['received'] };
    const returned = [...transitions, move('received', 'sent-back', 'sent')];
    const process = defineProcess('parcel', { ...parcel(), transitions: returned, final, rests });
    expect(process.isFinal('received')).toBe(false);
    expect(process.next('received', 'sent-back')).toBe('sent');
  });

  it('tells whoever decides of its moves, and of nothing that is no move', () => {
    const process = defineProcess('parcel', parcel());
    const { moves } = noticingMoves(() => [process.next('packed', 'scanned'), process.next('packed', 'handed-over')]);
    expect(moves).toEqual([{ process: 'parcel', from: 'packed', on: 'handed-over' }]);
  });

  it('does not confuse a state and a move whose words run together', () => {
    const process = defineProcess('words', {
      states: ['a', 'ab', 'end'],
      initial: 'a',
      transitions: [move('a', 'bc', 'ab'), move('ab', 'c', 'end')],
      final: ['end'],
    });
    expect(process.next('a', 'bc')).toBe('ab');
    expect(process.next('ab', 'c')).toBe('end');
  });

  it('types its states and moves: a word outside the table does not compile', () => {
    const process = defineProcess('lamp', {
      states: ['on', 'broken'],
      initial: 'on',
      transitions: [{ from: 'on', on: 'fell', to: 'broken' }],
      final: ['broken'],
    });
    // @ts-expect-error 'off' is no state of the lamp
    expect(process.next('off', 'fell')).toBeUndefined();
    // @ts-expect-error 'sang' is no move of the lamp
    expect(process.next('on', 'sang')).toBeUndefined();
  });
});

describe('a table is refused', () => {
  it.each<[string, (table: Table) => Partial<Table>, string]>([
    ['whose beginning is unknown', () => ({ initial: 'wrapped' }), 'state wrapped is unknown'],
    ['whose end is unknown', () => ({ final: ['received', 'burnt'] }), 'state burnt is unknown'],
    ['whose rest is unknown', () => ({ rests: ['burnt'] }), 'state burnt is unknown'],
    [
      'that leads to an unknown state',
      (t) => ({ transitions: [...t.transitions, move('sent', 'dropped', 'broken')] }),
      'state broken is unknown',
    ],
    [
      'that leads on from an unknown state',
      (t) => ({ transitions: [...t.transitions, move('ordered', 'paid', 'packed')] }),
      'state ordered is unknown',
    ],
    [
      'with a state that nothing leads to',
      (t) => ({ states: [...t.states, 'returned'] }),
      'state returned is unreachable',
    ],
    [
      'with states that only lead to each other',
      (t) => ({
        states: [...t.states, 'a', 'b'],
        transitions: [...t.transitions, move('a', 'x', 'b'), move('b', 'y', 'a'), move('b', 'z', 'received')],
      }),
      'state a is unreachable\nstate b is unreachable',
    ],
    [
      'with a state that never reaches an end',
      (t) => ({ transitions: t.transitions.filter(({ from }) => from !== 'lost') }),
      'state lost never reaches an end',
    ],
    ['that has no end at all', () => ({ final: [] }), 'state packed never reaches an end'],
    [
      'that tells one move twice',
      (t) => ({ transitions: [...t.transitions, move('sent', 'overdue', 'received')] }),
      'sent on overdue is told twice',
    ],
    [
      'whose end leads on',
      (t) => ({ transitions: [...t.transitions, move('received', 'refused', 'sent')] }),
      'end received leads on by refused',
    ],
    ['that names a state twice', (t) => ({ states: [...t.states, 'sent'] }), 'state sent is named twice'],
  ])('%s', (_, change, fault) => {
    expect(faulty(change)).toThrow(fault);
    expect(faulty(change)).toThrow(/^process parcel:\n/);
  });

  it('with all its faults named at once', () => {
    const build = faulty((t) => ({ initial: 'wrapped', states: [...t.states, 'returned'] }));
    expect(build).toThrow('state wrapped is unknown');
    expect(build).toThrow('state returned is unreachable');
    expect(build).toThrow('state returned never reaches an end');
  });
});

describe('whatever the table', () => {
  const states = ['a', 'b', 'c', 'd', 'e'];
  const word = fc.constantFrom(...states);
  const tables = fc.record({
    states: fc.constant(states),
    initial: word,
    transitions: fc.uniqueArray(fc.record({ from: word, on: fc.constantFrom('x', 'y'), to: word }), {
      selector: ({ from, on }) => from + on,
      maxLength: 10,
    }),
    final: fc.uniqueArray(word, { maxLength: 2 }),
  });

  it('if it is accepted, every state is reached from the beginning and reaches an end, by walking', () => {
    let accepted = 0;
    fc.assert(
      fc.property(tables, (table) => {
        let process;
        try {
          process = defineProcess('random', table);
        } catch {
          return;
        }
        accepted++;
        const walk = (from: string) => {
          const seen = [from];
          for (let i = 0; i < seen.length; i++) {
            for (const on of ['x', 'y'] as const) {
              const to = process.next(seen[i]!, on);
              if (to !== undefined && !seen.includes(to)) seen.push(to);
            }
          }
          return seen;
        };
        expect(walk(table.initial).toSorted()).toEqual(states);
        for (const state of states) expect(walk(state).some((s) => process.isFinal(s))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
