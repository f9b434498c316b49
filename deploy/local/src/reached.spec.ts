import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { reachables, writeReached } from './reached.ts';

// Every service's module, and with it every process of the domain.
await import('./shapes.ts');
const folder = mkdtempSync(join(tmpdir(), 'reached-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wanted = reachables();
const look = (at: number, test: string | null, reached: readonly string[]) => JSON.stringify({ at, test, reached });
function judged(...files: string[][]) {
  const names = files.map((lines, i) => {
    const name = join(folder, `${i}.jsonl`);
    writeFileSync(name, lines.join('\n'));
    return name;
  });
  const report = join(folder, 'reached.md');
  const missing = writeReached([...names, join(folder, 'no-such-shape.jsonl')], report);
  return { missing: missing.map(({ what }) => what), table: readFileSync(report, 'utf8') };
}

describe('the table of what is reached', () => {
  it('knows every process of the domain', () => {
    const moves = wanted.filter(({ key }) => key.startsWith('process_moves_total'));
    const processes = new Set(moves.map(({ what }) => what.slice(0, what.indexOf(':'))));
    expect([...processes].toSorted()).toEqual([
      'auction',
      'deal',
      'deposit',
      'deposit-returns',
      'filing',
      'listing',
      'mirror',
      'order',
      'payee',
      'payout',
      'rail-operation',
      'replay',
    ]);
  });

  it('knows refusals of the same code by who refuses', () => {
    const refused = wanted.filter(
      ({ key }) => key.startsWith('refusals_total') && key.includes('code="role-reserved"'),
    );
    expect(refused).toEqual([
      {
        what: 'identity.organisation.add-client.v1 · role-reserved',
        key: 'refusals_total type="identity.organisation.add-client.v1",code="role-reserved",status="403"',
      },
    ]);
    expect(new Set(wanted.map(({ key }) => key)).size).toBe(wanted.length);
  });

  it('names the test that came first, in whichever shape', () => {
    const { key, what } = wanted[0]!;
    const { table } = judged([look(2, 'later', [key])], [look(3, 'last', [key]), look(1, 'first', [key])]);
    expect(table).toContain(`| ${what} | first |\n`);
  });

  it('takes nothing that came about between two tests for reached', () => {
    const { key, what } = wanted[0]!;
    expect(judged([look(1, null, [key])]).missing).toContain(what);
    expect(judged([look(1, null, [key]), look(2, 'second', [key])]).table).toContain(`| ${what} | second |\n`);
  });

  it('misses what no test reached, and nothing that another spec reaches and names', () => {
    const [one, ...others] = wanted.filter(({ what }) => !what.startsWith('gateway'));
    const { missing, table } = judged([
      look(
        1,
        'all but one',
        others.map(({ key }) => key),
      ),
    ]);
    expect(missing.filter((what) => !what.startsWith('gateway'))).toEqual([one!.what]);
    expect(missing).not.toContain('gateway · overloaded');
    expect(table).toContain(`| ${one!.what} | **nobody** |`);
    expect(table).toContain(
      '| gateway · overloaded | no journey; more callers than may wait: gateway/src/commands.int.spec.ts |',
    );
  });
});
