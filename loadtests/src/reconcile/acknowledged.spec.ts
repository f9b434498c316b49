import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outOfOrder } from './acknowledged-checks.ts';
import { type Acknowledged, readClientLog } from './acknowledged.ts';
import { compare } from './rail-checks.ts';
import { readArguments, readEvidenceAddresses } from './reconcile.config.ts';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'yuzhi-log-'))));
afterAll(() => rmSync(dir, { recursive: true }));

const LINE = {
  ...{ service: 'bidding', aggregate: 'a', idempotencyKey: 'k', status: 200, code: 'done', body: { seq: 1 } },
  ...{ sentAt: 1, answeredAt: 2 },
} as const;
const written = (...lines: string[]) => {
  const file = join(dir, `${Math.random()}.jsonl`);
  writeFileSync(file, lines.join('\n'));
  return file;
};

describe("the client's log", () => {
  it('is a line for each operation', async () => {
    const named = { ...LINE, party: 'p', type: 't', intendedAt: 0 };
    const file = written(JSON.stringify(LINE), '', JSON.stringify(named), '');
    expect(await readClientLog(file)).toEqual([LINE, named]);
  });

  it('is refused as a whole for one line that is none, which is named', async () => {
    await expect(readClientLog(written(JSON.stringify(LINE), '{"service":"bid'))).rejects.toThrow(/:2 is no JSON/);
    const missing = JSON.stringify({ ...LINE, aggregate: undefined });
    await expect(readClientLog(written(missing))).rejects.toThrow(/:1 is no acknowledged operation: .*\n.*aggregate/);
    const failed = JSON.stringify({ ...LINE, status: 503 });
    await expect(readClientLog(written(failed))).rejects.toThrow(/status/);
  });
});

const placed = (place: number, sentAt: number, answeredAt: number) => ({
  place,
  acknowledged: { ...LINE, idempotencyKey: `${place}`, sentAt, answeredAt } as Acknowledged,
});
const names = (all: ReturnType<typeof outOfOrder>) =>
  all.map(({ late, early }) => `${late.acknowledged.idempotencyKey} behind ${early.acknowledged.idempotencyKey}`);

describe('an order', () => {
  const isBehind = (place: number, highest: number) => place <= highest;

  it('is free among those that were under way at the same time', () => {
    expect(outOfOrder([placed(2, 0, 10), placed(1, 5, 15), placed(3, 10, 11)], isBehind)).toEqual([]);
  });

  it('is broken by whoever was sent after another was answered, and stands before him', () => {
    const all = [placed(1, 0, 10), placed(5, 11, 20), placed(4, 21, 30), placed(6, 40, 50)];
    expect(names(outOfOrder(all, isBehind))).toEqual(['4 behind 5']);
    expect(names(outOfOrder(all.toReversed(), isBehind))).toEqual(['4 behind 5']);
  });
});

describe('the rail beside the book', () => {
  const one = (name: string, fen: string) => ({ name, fen });

  it('agrees by name and amount, in any order', () => {
    expect(compare([one('a', '1'), one('b', '2')], [one('b', '2'), one('a', '1')], 't')).toEqual([]);
  });

  it('is told apart by what one side lacks, by another amount, and by what a side has twice', () => {
    const rail = [one('a', '1'), one('b', '2'), one('b', '2')];
    const book = [one('b', '3'), one('c', '4'), one('c', '4')];
    expect(compare(rail, book, 't').map(({ row, says }) => `${row}: ${says}`)).toEqual([
      'rail b: the rail has it twice',
      't b: 3 fen, and 2 fen on the rail',
      't c: 4 fen that the rail does not have',
      't c: the book has it twice',
      'rail a: 1 fen that the book does not have',
    ]);
  });
});

describe('what the reconciler is told', () => {
  const readers = Object.fromEntries(
    ['identity', 'register', 'listings', 'bidding', 'contracts', 'escrow', 'oversight'].map((name) => [
      name,
      `postgresql://reader@127.0.0.1:1/${name}`,
    ]),
  );
  const env = { YUZHI_READERS: JSON.stringify(readers) };

  it('is at least every database', () => {
    expect(readEvidenceAddresses(env)).toEqual({ readers });
    const { escrow: _, ...others } = readers;
    expect(() => readEvidenceAddresses({ YUZHI_READERS: JSON.stringify(others) })).toThrow(/escrow/);
    expect(() => readEvidenceAddresses({ YUZHI_READERS: '{' })).toThrow(/no JSON/);
    expect(() => readEvidenceAddresses({})).toThrow(/YUZHI_READERS/);
  });

  it('is the log, the rail and the office where they are named', () => {
    const all = {
      ...{ KAFKA_BROKERS: 'a:1,b:2', TOPIC_PREFIX: 'x_', YUZHI_RAIL_URL: 'http://127.0.0.1:3', YUZHI_RAIL_KEY: 'k' },
      YUZHI_PATENT_OFFICE_URL: 'http://127.0.0.1:4',
    };
    expect(readEvidenceAddresses({ ...env, ...all })).toMatchObject({
      kafka: { brokers: ['a:1', 'b:2'], prefix: 'x_' },
      rail: { url: 'http://127.0.0.1:3', secretKey: 'k' },
      officeUrl: 'http://127.0.0.1:4',
    });
  });

  it('is refused with the usage where an argument makes no sense', () => {
    expect(readArguments(['--log', 'x', '--within', '2'])).toEqual({ log: 'x', withinMs: 2000 });
    expect(() => readArguments(['--within', 'soon'])).toThrow(/--within soon: seconds.*\nusage: npm run reconcile/);
    expect(() => readArguments(['--quickly'])).toThrow(/usage: npm run reconcile/);
  });
});
