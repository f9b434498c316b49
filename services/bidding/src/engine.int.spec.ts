import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningService } from '@yuzhi/chassis/service';
import { Journal } from '@yuzhi/database/journal';
import type { Log } from '@yuzhi/messaging/log';
import { ANN, BOB, CID, Market, onlyDate } from './bidding.fixture.ts';

const HOUR = 3_600_000;
let market: Market;
beforeAll(async () => {
  jest.useFakeTimers({ now: Date.parse('2026-11-24T02:00:00Z'), ...onlyDate });
  market = await Market.start();
}, 60_000);
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await market.close();
  jest.useRealTimers();
}, 60_000);

/** A bidding in its free period with ann and bob admitted. */
async function free(): Promise<string> {
  const saleId = await market.lot({}, ANN, BOB);
  jest.setSystemTime(Date.now() + HOUR);
  return saleId;
}
const amount = (n: number) => String(10_000 + n * 1000);
/** n valid quotes by turns, all on the log before the first is decided. */
const volley = (saleId: string, n: number, from = 0) =>
  Promise.all(Array.from({ length: n }, (_, i) => market.bid(saleId, (from + i) % 2 ? BOB : ANN, amount(from + i))));
const kept = (saleId: string) =>
  market.rows<{ seq: number; amount: string; refusal: string | null }>(
    'select seq, amount_fen::text as amount, refusal from bid where sale_id = $1 order by seq',
    saleId,
  );
const valid = (from: number, n: number) =>
  Array.from({ length: n }, (_, i) => ({ seq: from + i + 1, amount: amount(from + i), refusal: null }));

describe('what a quote costs', () => {
  it('is one row, whatever came before: no row of the auction, the bidders or the hall is touched', async () => {
    const saleId = await free();
    await volley(saleId, 1);
    const others = () =>
      Promise.all(
        ['auction', 'bidder', 'moment'].map((table) =>
          market.rows(`select ctid, xmin, * from ${table} where sale_id = $1`, saleId),
        ),
      );
    const before = await others();
    await volley(saleId, 40, 1);
    expect(await others()).toEqual(before);
    expect(await kept(saleId)).toEqual(valid(0, 41));
  });

  it('in the timed period is the same: the end is put off by the row alone', async () => {
    const saleId = await free();
    jest.setSystemTime(Date.now() + HOUR);
    await volley(saleId, 1);
    const row = () => market.rows('select ctid, xmin, * from auction where sale_id = $1', saleId);
    const before = await row();
    jest.setSystemTime(Date.now() + 1000);
    await volley(saleId, 5, 1);
    expect(await row()).toEqual(before);
    const [standing] = await market.rows('select cycle, ends_at from standing where sale_id = $1', saleId);
    expect(standing).toEqual({ cycle: 7, ends_at: new Date(Date.now() + 300_000) });
  });

  it('leaves a registration to its own row', async () => {
    const saleId = await free();
    const rows = () => market.rows('select xmin, * from bidder where sale_id = $1 and party <> $2', saleId, CID);
    const before = await rows();
    await market.register(saleId, CID);
    expect(await rows()).toEqual(before);
  });

  it('does not include reading it again: after a start the newest quote is found without those before it', async () => {
    const saleId = await free();
    await volley(saleId, 1);
    await market.rows(
      `insert into bid select sale_id, n, at, bidder, person, paddle, amount_fen + n, refusal, n, n, cycle, n + 1
       from bid, generate_series(2, 20000) n where sale_id = $1`,
      saleId,
    );
    await market.rows('analyze bid');
    const explain = 'explain (analyze, buffers, format json) select * from standing where sale_id = $1';
    const [plan] = await market.rows<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(explain, saleId);
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read, 'Actual Rows': rows } = plan!['QUERY PLAN'][0].Plan;
    expect(rows).toBe(1);
    expect(hit! + read!).toBeLessThan(20);
    market.store.forget();
    expect((await market.bid(saleId, BOB, '100000')).body).toMatchObject({ seq: 20_001 });
  });
});

describe('the memory of the engine', () => {
  it('holds what is asked for while it is under way, and lets go of what has ended', async () => {
    const saleId = await free();
    await volley(saleId, 2);
    await market.reboot();
    expect(market.store.holds(saleId)).toBe(false);
    await volley(saleId, 1, 2);
    expect(market.store.holds(saleId)).toBe(true);
    jest.setSystemTime(Date.now() + HOUR + 300_000);
    await market.ended(saleId);
    expect(market.store.holds(saleId)).toBe(false);
    expect((await market.bid(saleId, ANN, '99000')).code).toBe('auction-ended');
    expect((await market.register(saleId, CID)).code).toBe('auction-ended');
    expect(market.store.holds(saleId)).toBe(false);
  });

  it('may be lost between any two quotes', async () => {
    const saleId = await free();
    for (let i = 0; i < 6; i++) {
      await volley(saleId, 1, i);
      expect((await market.bid(saleId, CID, '99000')).code).toBe('bidder-not-registered');
      market.store.forget();
    }
    const amounts = (await kept(saleId)).filter(({ refusal }) => refusal === null).map((row) => row.amount);
    expect(amounts).toEqual(valid(0, 6).map((row) => row.amount));
  });
});

const real = Journal.prototype.commit;

describe('an unclean stop', () => {
  const lost = new Error('Connection terminated unexpectedly');

  it('after a commit whose answer is lost: nothing is decided twice', async () => {
    const saleId = await free();
    await volley(saleId, 2);
    jest.spyOn(Journal.prototype, 'commit').mockImplementationOnce(async function (this: Journal, ...args) {
      await real.apply(this, args);
      throw lost;
    });
    const outcomes = await volley(saleId, 5, 2);
    expect(outcomes.map(({ body }) => (body as { seq: number }).seq)).toEqual([3, 4, 5, 6, 7]);
    expect(await kept(saleId)).toEqual(valid(0, 7));
  });

  it('before a commit: everything is decided again, from where Postgres is', async () => {
    const saleId = await free();
    await volley(saleId, 2);
    jest.spyOn(Journal.prototype, 'commit').mockRejectedValueOnce(lost).mockRejectedValueOnce(lost);
    await volley(saleId, 5, 2);
    expect(await kept(saleId)).toEqual(valid(0, 7));
  });

  it('in the midst of it, the connection torn away: each quote is kept once, in order', async () => {
    const saleId = await free();
    const decided = volley(saleId, 60);
    for (let i = 0; i < 3; i++) {
      await new Promise((go) => setTimeout(go, 20));
      await market.sever();
    }
    await decided;
    expect(await kept(saleId)).toEqual(valid(0, 60));
  });

  it('with commands waiting: whoever starts next takes them up', async () => {
    const saleId = await free();
    await volley(saleId, 1);
    await market.running.stop();
    const waiting = volley(saleId, 3, 1);
    await market.boot();
    await waiting;
    expect(await kept(saleId)).toEqual(valid(0, 4));
  });
});

describe('a second engine', () => {
  /** In a group of its own it takes every partition; the first does not hear of it: a zombie, as after a long pause. */
  const deaf = (log: Log): Log =>
    new Proxy(log, {
      get(target, name) {
        const value = target[name as keyof Log];
        if (name === 'lead') return (topic: string, group: string, f: never) => target.lead(topic, `${group}.2`, f);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const epochs = async () =>
    (await market.rows<{ sum: string }>('select sum(owner_epoch)::text as sum from consumer_offset'))[0]!.sum;

  it('fences the first by its epoch: between them each quote is decided once, in order', async () => {
    const saleId = await free();
    await volley(saleId, 2);
    const before = Number(await epochs());
    const refused: string[] = [];
    jest.spyOn(Journal.prototype, 'commit').mockImplementation(function (this: Journal, ...args) {
      return real.apply(this, args).catch((error: Error) => {
        refused.push(error.constructor.name);
        throw error;
      });
    });
    let second: RunningService | undefined;
    try {
      second = await market.another(deaf);
      expect(Number(await epochs())).toBeGreaterThanOrEqual(before + 16);
      await volley(saleId, 30, 2);
    } finally {
      await second?.stop();
    }
    expect(refused).toContain('Fenced');
    expect(await kept(saleId)).toEqual(valid(0, 32));
  }, 60_000);
});
