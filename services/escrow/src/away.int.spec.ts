import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnPostgres } from '@yuzhi/backing/own-servers';
import { uuidv7 } from '@yuzhi/messaging/ids';
import pg from 'pg';
import { DESK, House } from './escrow.fixture.ts';

/** By what they ask with: a list, raw statements, one row. */
const READS = ['/v1/rail-operations', '/v1/ledger/trial-balance', `/v1/orders/${uuidv7()}`];
let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let house: House;
beforeAll(async () => {
  postgres = await startOwnPostgres();
  house = await House.open({ adminUrl: postgres.part.url });
}, 60_000);
afterAll(async () => {
  await house.close();
  await postgres.stop();
});

const reads = () =>
  Promise.all(
    READS.map(async (path) => {
      const { status, body } = await house.get<{ code?: string }>(path, DESK);
      return `${status} ${body.code ?? 'answered'}`;
    }),
  );
const usual = ['200 answered', '200 answered', '404 not-found'];
const away = READS.map(() => '503 owner-unavailable');

describe('a read while PostgreSQL', () => {
  it('is gone, and after its connections broke, says so, and is answered when it is back', async () => {
    expect(await reads()).toEqual(usual);
    postgres.kill();
    // A backend hears a moment later that its server is gone, and answers until then.
    await house.until(async () => {
      const now = await reads();
      for (const [i, one] of now.entries()) expect([usual[i], away[i]]).toContain(one);
      return now.join() === away.join();
    });
    expect(await reads()).toEqual(away);
    await postgres.revive();
    await house.until(async () => (await reads()).join() === usual.join());
  });

  it('gives a statement up says so', async () => {
    const locked = await house.database.owner.connect();
    const admin = new pg.Client({ connectionString: postgres.part.url });
    await admin.connect();
    await locked.query('begin');
    for (const table of ['rail_operation', 'account', 'payment_order']) await locked.query(`lock table ${table}`);
    const answers = reads();
    const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock'`;
    await house.until(async () => (await admin.query(waiting)).rowCount! >= READS.length);
    await admin.query(`select pg_terminate_backend(pid) from (${waiting}) waiting`);
    await locked.query('rollback');
    locked.release();
    await admin.end();
    expect(await answers).toEqual(away);
  });
});
