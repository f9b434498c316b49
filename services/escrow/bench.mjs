import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Journal } from '@yuzhi/database/journal';
import { uuidv7, derivedId } from '@yuzhi/messaging/ids';
import { templateDatabase, cloneDatabase } from '@yuzhi/local/databases';
import { BookStore } from './dist/book.store.js';
import { saleOf } from './dist/domain/payments.js';
const admin = process.env.DATABASE_URL;
const db = await cloneDatabase(admin, await templateDatabase(admin, 'escrow'));
const writer = new pg.Pool({ connectionString: db.writerUrl, max: 1 });
const reader = new pg.Pool({ connectionString: db.readerUrl, max: 2 });
await writer.query('select roll_inbox(current_date, 7)');
const store = new BookStore(reader);
const journal = new Journal();
const lease = await journal.lease(writer, 'c', 'escrow.commands', 0);
const N = Number(process.argv[2] ?? 1000), BATCH = Number(process.argv[3] ?? 128), SECONDS = 8, EV = process.argv[4] === 'out';
const sales = Array.from({ length: N }, () => uuidv7());
let offset = 0n, t0 = Date.now(), done = 0, lat = [];
async function commit(ids, make) {
  const now = Date.now();
  let [[, book]] = await store.load(['main'], []);
  const filed = [], outgoing = [];
  for (const saleId of ids) {
    const draft = book.draft(now, 'service:escrow');
    make(draft, saleId);
    book = book.after(draft).state;
    const id = uuidv7();
    filed.push({ party: 'service:escrow', aggregate: 'main', idempotencyKey: id, commandId: id, type: 't', inputHash: 'h', outcome: { status: 200, code: 'done', body: {} }, now });
    if (EV) outgoing.push({ partition: 0, owner: 0, topic: 'escrow.events', key: saleId, value: '{"x":1}'.padEnd(400) });
  }
  const next = lease.next + BigInt(ids.length);
  const entry = { steps: [{ lease, next, lastNow: now, clockOffsetMs: 0 }], filed, outgoing, quarantined: [], published: [], doubtful: filed.map(({ party, aggregate, idempotencyKey }) => ({ party, aggregate, idempotencyKey })), filedOn: new Date(now).toISOString().slice(0, 10) };
  await journal.commit(writer, entry, [{ store: 'book', statements: store.save([book]) }]);
  store.committed(new Map([['main', book]]));
  Object.assign(lease, { next, lastNow: now });
}
for (let i = 0; i < N; i += 128) await commit(sales.slice(i, i + 128), (d, s) => d.putSale(saleOf(d, s)));
const post = (d, s) => d.post({ id: uuidv7(), saleId: s, kind: 'pay-in', ref: 'r', at: Date.now(), legs: [['psp:stripe', 994n], ['expense:psp', 6n], [`escrow:${s}`, -1000n]] });
for (let i = 0; i < 20; i++) await commit(Array.from({ length: BATCH }, () => sales[Math.floor(Math.random() * N)]), post);
t0 = performance.now(); const cpu0 = process.cpuUsage();
while (performance.now() - t0 < SECONDS * 1000) {
  const a = performance.now();
  await commit(Array.from({ length: BATCH }, () => sales[Math.floor(Math.random() * N)]), post);
  lat.push(performance.now() - a); done += BATCH;
}
const s = (performance.now() - t0) / 1000, cpu = process.cpuUsage(cpu0);
lat.sort((a, b) => a - b);
console.log({ sales: N, batch: BATCH, out: EV, postingsPerS: Math.round(done / s), nodeCpuUsPer: Math.round((cpu.user + cpu.system) / done), p50: lat[lat.length >> 1].toFixed(1), p99: lat[Math.floor(lat.length * .99)].toFixed(1) });
const v = await reader.query('select * from ledger_violation');
console.log('violations', v.rows.length, (await reader.query('select count(*) from entry')).rows[0]);
await writer.end(); await reader.end(); await db.drop();
