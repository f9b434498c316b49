import { it } from '@jest/globals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { expectPrice, noteRegistration, releaseSale, returnDeposit } from '@yuzhi/protocol/escrow';
import { priceOrderId } from './domain/payments.ts';
import { BUYER, House, SELLER, service } from './escrow.fixture.ts';
it('x', async () => {
  const t = Date.now(), log = (...a: unknown[]) => process.stderr.write(`${Date.now() - t} ${a.map((x) => JSON.stringify(x)).join(' ').slice(0, 1500)}\n`);
  const house = await House.open();
  await house.payee(SELLER);
  for (const call of ['checkout.sessions.create', 'refunds.create', 'transfers.create', 'payouts.create']) await house.control('/faults', { operation: call, mode: 'timeout', count: 1 });
  const saleId = uuidv7();
  await house.settle(await house.bidder(saleId, BUYER, 500_000n));
  log('settled');
  await house.send(returnDeposit, { saleId, party: BUYER }, service('bidding'));
  const sale2 = uuidv7();
  await house.send(expectPrice, { saleId: sale2, buyer: BUYER, seller: SELLER, depositFen: '0', dueAt: 9_999_999_999_999, priceFen: '1000000' }, service('contracts'));
  await house.settle(priceOrderId(sale2, BUYER), 'card');
  log('price');
  await house.send(noteRegistration, { saleId: sale2, registeredOn: '2026-11-24', owner: BUYER }, service('escrow'));
  await house.send(releaseSale, { saleId: sale2, inventors: [], inventorBps: 0, costsFen: '0' }, service('contracts'));
  for (let i = 0; i < 10; i++) {
    await new Promise((go) => setTimeout(go, 1000));
    log(await house.rows('select id, status, attempt from rail_operation where status not in ($1)', 'done'), (await house.money(sale2)).state,  await house.running.runtime.pulse(), await house.rows('select type, processed_at is null as open from psp_event where processed_at is null'), await house.rows('select left(error,300) from quarantine'));
  }
  await house.close();
}, 60000);
