import { afterEach, describe, expect, it } from '@jest/globals';
import type { Reader } from '@yuzhi/database/store';
import { command, type Envelope } from '@yuzhi/protocol/declare';
import { logger } from '@yuzhi/telemetry/logging';
import { z } from 'zod';
import { type Follow, follow } from './decision.ts';
import { type Call, type Errand, Errands, type ErrandsParts, type Pending } from './errands.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';

const recordPayout = command('till.account.record-payout.v1', {
  summary: { zh: '记录付款', en: 'Record a payout' },
  key: 'account',
  keyType: z.string(),
  data: z.object({ reference: z.string() }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});

/** The lease table as Postgres keeps it, for one process. */
function fakeSide() {
  const rows = new Map<string, { holder: string; until: number }>();
  const query = async (text: string, [name, holder, ms]: [string, string, number]) => {
    const row = rows.get(name);
    if (text.startsWith('delete')) {
      if (row?.holder === holder) rows.delete(name);
      return { rowCount: 1 };
    }
    if (row && row.holder !== holder && row.until > performance.now()) return { rowCount: 0 };
    rows.set(name, { holder, until: performance.now() + ms });
    return { rowCount: 1 };
  };
  return { query } as unknown as Reader;
}

/** A payout partner whose intentions stand in `waiting`; what happens is in `calls`. */
class Payouts implements Errand<string> {
  readonly name = 'payouts';
  waiting: Pending<string>[] = [];
  readonly calls: string[] = [];
  most = 0;
  now = 0;

  constructor(private readonly work: (task: string, call: Call) => Promise<unknown> = async () => {}) {}

  async pending(limit: number) {
    return this.waiting.slice(0, limit);
  }
  async run(task: string, call: Call): Promise<Follow> {
    this.calls.push(call.key);
    this.most = Math.max(this.most, ++this.now);
    try {
      await this.work(task, call);
      return follow(recordPayout, task, { reference: `ref ${task}` });
    } finally {
      this.now -= 1;
    }
  }
}

const open: Errands[] = [];
function start(errand: Payouts, broker: MemoryBroker, more: Partial<ErrandsParts> = {}) {
  broker.create({ topic: 'till.commands', partitions: 1 });
  const parts = { service: 'till', log: new MemoryLog(broker), logger: logger('till', 'silent'), side: fakeSide() };
  const errands = new Errands({ ...parts, errands: [errand], backOffMs: 5, idleMs: 50, ...more });
  errands.start();
  open.push(errands);
  return errands;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((errands) => errands.stop()));
});

const one = (id: string, attempt = 1): Pending<string> => ({ id, attempt, task: id });
const many = (n: number) => Array.from({ length: n }, (_, i) => one(`p${i}`));
const sent = (broker: MemoryBroker) =>
  broker.partitions('till.commands')[0]!.records.map(({ value }) => JSON.parse(value!) as Envelope);
async function until(holds: () => boolean) {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 10_000) throw new Error('it never came to be');
    await new Promise((go) => setTimeout(go, 5));
  }
}

describe('errands', () => {
  it('carry out an intention and tell its result as a command of the service to itself', async () => {
    const [errand, broker] = [new Payouts(), new MemoryBroker()];
    errand.waiting = [one('a')];
    start(errand, broker);
    await until(() => sent(broker).length === 1);
    const [envelope] = sent(broker);
    expect(envelope).toMatchObject({
      type: recordPayout.type,
      key: 'a',
      data: { reference: 'ref a' },
      principal: { party: 'service:till', roles: ['service'] },
    });
    expect(envelope!.idempotencyKey).toBe(envelope!.id);
    expect(errand.calls).toEqual(['payouts:a#1']);
  });

  it('are looked for at once when something was committed', async () => {
    const [errand, broker] = [new Payouts(), new MemoryBroker()];
    const errands = start(errand, broker);
    let looks = 0;
    errand.pending = async () => (++looks, errand.waiting);
    await until(() => looks === 1);
    errand.waiting = [one('a')];
    errands.kick();
    errands.kick();
    await until(() => sent(broker).length === 1);
    expect(looks).toBe(2);
  });

  it('do not repeat an attempt whose result is told and not decided yet, then do, under the same ids', async () => {
    const [holdMs, calledAt, broker] = [450, [] as number[], new MemoryBroker()];
    const errand = new Payouts(async () => void calledAt.push(performance.now()));
    errand.waiting = [one('a')];
    start(errand, broker, { holdMs });
    await until(() => sent(broker).length === 2);
    expect(errand.calls).toEqual(['payouts:a#1', 'payouts:a#1']);
    expect(calledAt[1]! - calledAt[0]!).toBeGreaterThanOrEqual(holdMs);
    const ids = sent(broker).map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
  });

  it('take a new attempt of the same intention at once, under a new key and new ids', async () => {
    const [errand, broker] = [new Payouts(), new MemoryBroker()];
    errand.waiting = [one('a')];
    start(errand, broker);
    await until(() => sent(broker).length === 1);
    errand.waiting = [one('a', 2)];
    await until(() => sent(broker).length === 2);
    expect(errand.calls).toEqual(['payouts:a#1', 'payouts:a#2']);
    const ids = sent(broker).map(({ id }) => id);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('try again after a throw, with the same key, until it works', async () => {
    let failures = 3;
    const errand = new Payouts(async () => {
      if (failures-- > 0) throw new Error('the partner is away');
    });
    const broker = new MemoryBroker();
    errand.waiting = [one('a')];
    start(errand, broker);
    await until(() => sent(broker).length === 1);
    expect(errand.calls).toEqual(Array(4).fill('payouts:a#1'));
  });

  it('give a call up that takes too long, although it ignores its signal', async () => {
    let hang = true;
    let aborted = false;
    const errand = new Payouts((_, { signal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      return hang ? new Promise(() => {}) : Promise.resolve();
    });
    const broker = new MemoryBroker();
    errand.waiting = [one('a')];
    start(errand, broker, { timeoutMs: 30 });
    await until(() => aborted);
    hang = false;
    await until(() => sent(broker).length === 1);
    expect(new Set(errand.calls)).toEqual(new Set(['payouts:a#1']));
  });

  it('run at most eight at a time', async () => {
    const errand = new Payouts(() => new Promise((go) => setTimeout(go, 10)));
    const broker = new MemoryBroker();
    errand.waiting = many(30);
    start(errand, broker);
    await until(() => sent(broker).length === 30);
    expect(errand.most).toBe(8);
    expect(new Set(sent(broker).map(({ key }) => key)).size).toBe(30);
  });

  it('are not kept from new intentions by any number that fails or waits for its decision', async () => {
    const errand = new Payouts(async (task) => {
      if (task !== 'last') throw new Error('never');
    });
    const broker = new MemoryBroker();
    errand.waiting = [...many(40), one('last')];
    start(errand, broker, { backOffMs: 60_000 });
    await until(() => sent(broker).length === 1);
    expect(sent(broker)[0]!.key).toBe('last');
  });

  it('read no more of those that wait, however many were told before', async () => {
    const limits: number[] = [];
    const errand = new Payouts(async (task) => {
      errand.waiting = errand.waiting.filter(({ id }) => id !== task);
    });
    const broker = new MemoryBroker();
    errand.waiting = many(200);
    errand.pending = async (limit) => (limits.push(limit), errand.waiting.slice(0, limit));
    const errands = start(errand, broker, { holdMs: 10 });
    await until(() => (errands.kick(), sent(broker).length === 200));
    expect(Math.max(...limits)).toBeLessThan(50);
  });

  it('run on one replica, and on another once that has stopped', async () => {
    const broker = new MemoryBroker();
    const side = fakeSide();
    const [first, second] = [new Payouts(), new Payouts()];
    const leader = start(first, broker, { side, leaseMs: 400 });
    first.waiting = second.waiting = [one('a')];
    await until(() => first.calls.length === 1);
    start(second, broker, { side, leaseMs: 400 });
    await new Promise((go) => setTimeout(go, 600));
    expect(second.calls).toEqual([]);
    await leader.stop();
    await until(() => second.calls.length === 1);
  });

  it('abort what runs when the lease is lost to another replica', async () => {
    let reason = '';
    const errand = new Payouts((_, { signal }) => {
      signal.addEventListener('abort', () => (reason = String(signal.reason)));
      return new Promise(() => {});
    });
    errand.waiting = [one('a')];
    let mine = true;
    const side = { query: async () => ({ rowCount: mine ? 1 : 0 }) } as unknown as Reader;
    start(errand, new MemoryBroker(), { side, leaseMs: 300 });
    await until(() => errand.calls.length === 1);
    mine = false;
    await until(() => reason !== '');
    expect(reason).toMatch(/another replica/);
  });

  it('count what is on record and what still runs although its intention was withdrawn', async () => {
    let finish = () => {};
    const errand = new Payouts(() => new Promise<void>((go) => (finish = go)));
    const broker = new MemoryBroker();
    const errands = start(errand, broker);
    expect(await errands.busy()).toBe(0);
    errand.waiting = [one('a')];
    await until(() => errand.calls.length === 1);
    expect(await errands.busy()).toBe(1);
    errand.waiting = [];
    expect(await errands.busy()).toBe(1);
    finish();
    await until(() => sent(broker).length === 1);
    expect(await errands.busy()).toBe(0);
  });

  it('let a running call end and tell its result when they are stopped', async () => {
    const errand = new Payouts(() => new Promise((go) => setTimeout(go, 50)));
    const broker = new MemoryBroker();
    errand.waiting = [one('a')];
    const errands = start(errand, broker);
    await until(() => errand.calls.length === 1);
    await errands.stop();
    expect(sent(broker)).toHaveLength(1);
  });

  it('go on when the database or the log was away for a while', async () => {
    const errand = new Payouts();
    const broker = new MemoryBroker();
    let away = true;
    errand.pending = async () => {
      if (away) throw new Error('the database is away');
      return [one('a')];
    };
    start(errand, broker);
    await new Promise((go) => setTimeout(go, 20));
    broker.away = true;
    away = false;
    await until(() => errand.calls.length >= 2);
    broker.away = false;
    await until(() => sent(broker).length === 1);
    expect(sent(broker)[0]!.key).toBe('a');
  });
});
