import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Reader } from '@yuzhi/database/store';
import type { Operation } from './domain/documents.ts';
import { PaymentRail, RailFaulted, type RailMade, type RailOrder, RailRefused } from './payment-rail.ts';
import { CallRail } from './rail.errands.ts';

const T0 = Date.parse('2026-12-01T00:00:00Z');
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
const operation = { id: 'refund:1', attempt: 1, kind: 'refund', amountFen: 100n } as unknown as Operation;
const MADE: RailMade = { railId: 're_1', url: null, object: null };
const LOST = new Error('no answer came');
const FAULT = new RailFaulted('the rail failed');

/** What each call does in turn; and what was asked: `make`, or from how many minutes before T0 it was searched for. */
let plan: (Error | RailMade | undefined)[];
let asked: (string | number)[];
const next = async () => {
  const what = plan.shift();
  if (what instanceof Error) throw what;
  return what;
};
const rail = Object.assign(Object.create(PaymentRail.prototype) as PaymentRail, {
  make: async ({ key }: RailOrder) => {
    asked.push(`make ${key}`);
    return (await next())!;
  },
  find: async (_: RailOrder, since: number) => {
    asked.push((T0 - since) / MINUTE_MS);
    return next();
  },
});
let errand: CallRail;
/** An attempt that was put on record at T0, called so many minutes later. */
async function call(minutes: number): Promise<unknown> {
  jest.setSystemTime(T0 + minutes * MINUTE_MS);
  try {
    const [told] = await errand.run({ operation, madeAt: T0 });
    return told!.data;
  } catch (error) {
    return error;
  }
}
beforeEach(() => {
  jest.useFakeTimers();
  [plan, asked] = [[], []];
  errand = new CallRail({} as Reader, rail, { railBackOffMs: 1 });
});
afterEach(() => void jest.useRealTimers());

describe('a call whose outcome nobody knows', () => {
  it('is made again under its key where no answer came: the key answers what was made', async () => {
    plan = [LOST, LOST, MADE];
    expect([await call(0), await call(1), await call(2)]).toEqual([
      LOST,
      LOST,
      expect.objectContaining({ outcome: 'done', railId: 're_1' }),
    ]);
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'make refund:1#1'));
  });

  it('is searched for where the rail failed and said so, from shortly before the first lost call', async () => {
    plan = [LOST, FAULT, MADE];
    expect([await call(0), await call(5), await call(6)]).toMatchObject([LOST, FAULT, { railId: 're_1' }]);
    expect(asked.at(-1)).toBe(2);
  });

  it('is made again where a search found nothing, and is then searched for from that call on', async () => {
    plan = [FAULT, undefined, FAULT, MADE];
    expect([await call(0), await call(10), await call(11)]).toMatchObject([FAULT, FAULT, { railId: 're_1' }]);
    expect(asked).toEqual(['make refund:1#1', 2, 'make refund:1#1', 2 - 10]);
  });

  it('is searched for again where the search itself failed', async () => {
    plan = [FAULT, LOST, MADE];
    expect([await call(0), await call(1), await call(2)]).toMatchObject([FAULT, LOST, { railId: 're_1' }]);
    expect(asked).toEqual(['make refund:1#1', 2, 2]);
  });

  it('is searched for from an hour before its attempt by whoever did not make it', async () => {
    plan = [MADE];
    expect(await call(1)).toMatchObject({ outcome: 'done' });
    expect(asked).toEqual([60]);
  });

  it('is forgotten once the rail has refused it', async () => {
    plan = [FAULT, undefined, new RailRefused('account_closed', false), MADE];
    await call(0);
    expect(await call(1)).toMatchObject({ outcome: 'refused', reason: 'account_closed' });
    expect(await call(0)).toMatchObject({ outcome: 'done' });
    expect(asked.at(-1)).toBe('make refund:1#1');
  });

  it('is not made again once its key is at its end', async () => {
    plan = [LOST, undefined];
    await call(0);
    expect(await call((23 * HOUR_MS) / MINUTE_MS + 1)).toMatchObject({ outcome: 'refused', isTransient: true });
    expect(asked).toEqual(['make refund:1#1', 60]);
  });
});
