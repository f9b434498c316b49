import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, type Lease } from '@yuzhi/database/journal';
import { derivedId, uuidv7 } from '@yuzhi/messaging/ids';
import type { Envelope } from '@yuzhi/protocol/declare';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { BOOK, BookStore } from './book.store.ts';
import { depositOf, escrowOf } from './domain/accounts.ts';
import type { Book, Draft } from './domain/draft.ts';
import { onboard } from './domain/payees.ts';
import { beginCheckout, depositOrderId, openOrder, received, saleOf } from './domain/payments.ts';
import { giveBack, refundSucceeded } from './domain/refunds.ts';

const PARTY = '91350100M000100Y43';
const NOW = Date.parse('2026-11-24T02:00:00Z');

let database: TestDatabase;
let store: BookStore;
let lease: Lease;
const journal = new Journal();
beforeAll(async () => {
  database = await testDatabase('escrow', { max: 4 });
  await database.writer.query('select roll_inbox(current_date, 7)');
  lease = await journal.lease(database.writer, 'cluster', 'escrow.commands', 0);
  store = new BookStore(database.reader);
});
afterEach(async () => {
  const { rows } = await database.reader.query('select invariant, subject from ledger_violation');
  if (rows.length) throw new Error(`the book is broken: ${JSON.stringify(rows)}`);
});
afterAll(() => database.close());

const envelope = (data: object) => ({ key: BOOK, data }) as unknown as Envelope;
const load = async (data: object = {}, from = store) => (await from.load([BOOK], [envelope(data)])).get(BOOK)!;
/** One batch, in which each piece of work is a decision of its own. */
async function batch(data: object, ...work: ((draft: Draft) => unknown)[]): Promise<Book> {
  let book = await load(data);
  for (const one of work) {
    const draft = book.draft(NOW, 'service:escrow');
    one(draft);
    book = book.after(draft).state;
  }
  const next = lease.next + 1n;
  const step = { lease, next, lastNow: NOW, clockOffsetMs: 0 };
  const nothing = { filed: [], outgoing: [], quarantined: [], published: [], doubtful: [] };
  const entry = { steps: [step], ...nothing, filedOn: '2026-11-24' };
  await journal.commit(database.writer, entry, [{ store: store.name, statements: store.save([book]) }]);
  store.committed(new Map([[BOOK, book]]));
  Object.assign(lease, { next });
  return book;
}
const orders = (saleId: string, amountFen = 1_000n) => {
  const id = depositOrderId(saleId, PARTY);
  const asked = { id, saleId, payer: PARTY, purpose: 'deposit' as const, amountFen, dueAt: null };
  return (draft: Draft) => openOrder(draft, asked);
};
const pays =
  (saleId: string, amountFen = 1_000n) =>
  (draft: Draft) => {
    const id = depositOrderId(saleId, PARTY);
    beginCheckout(draft, draft.book.order(id)!, amountFen, 'https://x.example');
    const on = draft.book.operation(`checkout:${id}:1`);
    received(draft, on, { railId: `pi_${saleId}`, rank: 3, amountFen, feeFen: 6n, at: NOW });
  };
const back = (saleId: string) => (draft: Draft) =>
  giveBack(draft, draft.book.order(depositOrderId(saleId, PARTY))!, depositOf(saleId, PARTY), null);
const refunds = (saleId: string) => (draft: Draft) => {
  const id = `refund:checkout:${depositOrderId(saleId, PARTY)}:1:1`;
  refundSucceeded(draft, { ...draft.book.operation(id)!, state: 'sent' }, NOW);
};

describe('the resident book', () => {
  it('writes what a batch of decisions made of it, each seeing those before it', async () => {
    const saleId = uuidv7();
    const { version } = await batch({ saleId }, orders(saleId), pays(saleId));
    const { rows } = await database.reader.query(`select posted_fen, version from account where code = $1`, [
      depositOf(saleId, PARTY),
    ]);
    expect(rows).toEqual([{ posted_fen: '-1000', version: '1' }]);
    expect((await database.reader.query('select version from book')).rows).toEqual([{ version }]);
    const { rows: keys } = await database.reader.query('select attempt from rail_attempt where operation_id like $1', [
      `checkout:${depositOrderId(saleId, PARTY)}%`,
    ]);
    expect(keys).toEqual([{ attempt: 1 }]);
  });

  it('is the same when it is read again: after a stop, a failed commit or a new owner', async () => {
    const saleId = uuidv7();
    await batch({ saleId }, orders(saleId), pays(saleId), back(saleId), (draft) =>
      onboard(draft, PARTY, undefined, 'https://x'),
    );
    const before = (await load({ saleId })).batch.below!;
    const other = await load({ saleId }, new BookStore(database.reader));
    const after = other.batch.below!;
    for (const kind of ['accounts', 'holds', 'sales', 'orders', 'operations', 'payees'] as const) {
      expect(Object.fromEntries<unknown>(after[kind])).toEqual(Object.fromEntries<unknown>(before[kind]));
    }
    expect(other.version).toBe((await load()).version);
    store.forget();
    expect((await load({ saleId })).batch.below!.order(depositOrderId(saleId, PARTY))!.state).toBe('returning');
    await batch({ saleId }, refunds(saleId));
  });

  it('keeps an open sale, lets an ended one go, and reads it again only when a command names it', async () => {
    const [ended, open] = [uuidv7(), uuidv7()];
    await batch({ saleId: ended }, orders(ended), pays(ended), orders(open), pays(open));
    await batch({ saleId: ended }, back(ended));
    expect((await load()).batch.sale(ended)).toBeDefined();
    await batch({ saleId: ended }, refunds(ended));
    expect((await load()).batch.sale(ended)).toBeUndefined();
    expect((await load()).batch.account(depositOf(ended, PARTY))).toBeUndefined();
    expect((await load()).batch.sale(open)).toBeDefined();

    const orderId = depositOrderId(ended, PARTY);
    const ways = [
      { saleId: ended },
      { orderId },
      { operationId: `checkout:${orderId}:1` },
      { reference: `refund:checkout:${orderId}:1:1#1` },
      { of: 'x', asked: { saleId: ended } },
    ];
    for (const named of ways) {
      expect((await load(named)).batch.order(orderId)!.state).toBe('returned');
      expect((await load({})).batch.order(orderId)).toBeUndefined();
    }
    const [{ is_open: isOpen }] = (await database.reader.query('select is_open from sale where sale_id = $1', [ended]))
      .rows as [{ is_open: boolean }];
    expect(isOpen).toBe(false);
  });

  it('reads only what is open when it starts', async () => {
    const fresh = new BookStore(database.reader);
    await load({}, fresh);
    const [{ sales }] = (await database.reader.query('select count(*)::int as sales from sale where is_open')).rows as [
      { sales: number },
    ];
    expect(fresh.residents.sales).toBe(sales);
    const [{ all }] = (await database.reader.query('select count(*)::int as all from sale')).rows as [{ all: number }];
    expect(all).toBeGreaterThan(sales);
  });

  it('takes money into a sale that had ended, and keeps it until that has gone back', async () => {
    const saleId = uuidv7();
    const code = depositOf(saleId, PARTY);
    await batch({ saleId }, orders(saleId), pays(saleId), back(saleId));
    await batch({ saleId }, refunds(saleId));
    const orderId = depositOrderId(saleId, PARTY);
    const late = (draft: Draft) => {
      const on = draft.book.operation(`checkout:${orderId}:1`);
      received(draft, on, { railId: 'pi_late', rank: 3, amountFen: 7n, feeFen: 0n, at: NOW });
    };
    await batch({ kind: 'payment', reference: `checkout:${orderId}:1#1`, railId: 'pi_late' }, late);
    expect((await load()).batch.account(code)).toMatchObject({ postedFen: -7n, heldFen: 7n, version: 3 });
    const id = `refund:stray:pi_late:2`;
    await batch({}, (draft) => refundSucceeded(draft, { ...draft.book.operation(id)!, state: 'sent' }, NOW));
    expect((await load()).batch.account(code)).toBeUndefined();
  });

  it('names nothing that is no id', async () => {
    const named = { saleId: 'x', orderId: "'; drop table sale", operationId: 5, reference: null, asked: 'nonsense' };
    expect((await load(named)).version).toBeGreaterThan(0);
    expect((await store.load([BOOK])).get(BOOK)!.version).toBeGreaterThan(0);
  });

  it('keeps nothing of a batch whose commit failed', async () => {
    const saleId = uuidv7();
    await batch({ saleId }, orders(saleId));
    const { version } = await load();
    const twice = (draft: Draft) => {
      const legs = [['psp:stripe', 1n] as const, [escrowOf(saleId), -1n] as const];
      draft.post({ id: derivedId(saleId, 'twice'), saleId, kind: 'x', ref: 'x', at: NOW, legs });
    };
    await batch({ saleId }, twice);
    await expect(batch({ saleId }, twice)).rejects.toMatchObject({ code: '23505' });
    store.forget();
    expect((await load()).version).toBe(version + 1);
    expect((await load()).batch.account(escrowOf(saleId))).toMatchObject({ postedFen: -1n });
  });

  it('never overwrites a document or a hold that is newer than memory knew', async () => {
    const saleId = uuidv7();
    const stale = new BookStore(database.reader);
    await batch({ saleId }, orders(saleId), pays(saleId));
    await load({ saleId }, stale);
    await batch({ saleId }, back(saleId));
    const old = await load({ saleId }, stale);
    const draft = old.draft(NOW, 'x');
    back(saleId)(draft);
    const written: string[] = [];
    for (const { text, values, rows } of stale.save([old.after(draft).state]).filter((s) => s.rows > 0)) {
      const { rowCount } = await database.writer.query(text, values as unknown[]).catch(() => ({ rowCount: 0 }));
      if (rowCount === rows) written.push(/^(?:insert into|update) (\w+)/.exec(text)![1]!);
    }
    // A hold changes an account and not its version: there it is the lease that keeps a former owner out.
    expect(written).toEqual(['account']);
    await batch({ saleId }, refunds(saleId));
  });
});

describe('the ledger’s tables', () => {
  const refusedTo = (pool: TestDatabase['owner'], text: string) =>
    pool.query(text).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
  const saleId = uuidv7();
  beforeAll(() => batch({ saleId }, orders(saleId), pays(saleId)));

  it.each(['journal', 'entry'])('keep %s from being changed by anybody, its owner included', async (table) => {
    for (const text of [`update ${table} set line = line`, `delete from ${table}`, `truncate ${table}`]) {
      const statement = text.replace('line = line', table === 'journal' ? 'kind = kind' : 'line = line');
      expect(await refusedTo(database.owner, statement)).toBe('23001');
      expect(await refusedTo(database.writer, statement)).toBe('42501');
    }
  });

  it('are written by the committer alone; the webhooks’ inbox by its own role alone', async () => {
    for (const pool of [database.reader, database.side]) {
      expect(await refusedTo(pool, `insert into book values ('x', 1)`)).toBe('42501');
      expect(await refusedTo(pool, 'update account set posted_fen = 0')).toBe('42501');
    }
    expect(await refusedTo(database.writer, 'delete from psp_event')).toBe('42501');
    expect(await refusedTo(database.side, 'delete from psp_event')).toBe('done');
    expect(await refusedTo(database.writer, 'update rail_attempt set attempt = 2')).toBe('42501');
  });

  it.each([
    ['guarded_not_negative', 'posted_fen = 1'],
    ['guarded_not_negative', 'held_fen = 999999'],
    ['held_not_negative', 'held_fen = -1'],
  ])('prove what one row can prove: %s', async (constraint, change) => {
    const where = `where code = '${depositOf(saleId, PARTY)}'`;
    await expect(database.owner.query(`update account set ${change} ${where}`)).rejects.toMatchObject({ constraint });
  });
});

describe('a breach of a law of the book', () => {
  const client = () => database.owner.connect();
  /** Breaks something as a superuser might, looks, and puts it back. */
  async function broken(...statements: string[]): Promise<string[]> {
    const owner = await client();
    try {
      await owner.query('begin');
      for (const table of ['journal', 'entry']) await owner.query(`alter table ${table} disable trigger append_only`);
      await owner.query('alter table account drop constraint guarded_not_negative');
      for (const statement of statements) await owner.query(statement);
      const { rows } = await owner.query<{ invariant: string }>(
        'select distinct invariant from ledger_violation order by 1',
      );
      return rows.map(({ invariant }) => invariant);
    } finally {
      await owner.query('rollback');
      owner.release();
    }
  }
  const saleId = uuidv7();
  const code = depositOf(saleId, PARTY);
  const free = '00000000-0000-7000-8000-000000000001';
  beforeAll(async () => {
    await batch({ saleId }, orders(saleId), pays(saleId));
    await batch({ saleId }, back(saleId));
  });

  it.each<[string, string[], string[]]>([
    [
      'a journal that does not sum to zero',
      ['I1', 'I3', 'I6'],
      [`update entry set amount_fen = amount_fen - 1 where account = '${code}'`],
    ],
    [
      'a balance out of nothing',
      ['I2', 'I3'],
      [`update account set posted_fen = posted_fen + 1 where code = 'psp:stripe'`],
    ],
    [
      'other people’s money overdrawn',
      ['I2', 'I3', 'I4'],
      [`update account set posted_fen = 5 where code = '${code}'`],
    ],
    [
      'a hold that the account does not know',
      ['I5'],
      [`update hold set amount_fen = 1 where account = '${code}' and status = 'PENDING'`],
    ],
    [
      'a gap in an account',
      ['I6'],
      [`update entry set account_version = account_version + 5 where account = '${code}'`],
    ],
    ['an entry without an account', ['I2', 'I6'], [`delete from account where code = '${code}'`]],
    [
      'an empty journal',
      ['I7'],
      [
        `insert into journal (id, kind, ref, actor, effective_at, booked_at)
         values ('${free}', 'x', 'x', 'x', now(), now())`,
      ],
    ],
    [
      'a captured hold without its journal',
      ['I8'],
      [`insert into hold values ('x', 'x', 1, 'CAPTURED', now(), null, now(), 1, '${free}', 2)`],
    ],
  ])('is found: %s', async (_, laws, statements) => {
    expect(await broken(...statements)).toEqual(laws);
  });

  it('is not seen where there is none', async () => {
    expect(await broken()).toEqual([]);
    expect(saleOf((await load()).draft(NOW, 'x'), saleId).isOpen).toBe(true);
  });
});
