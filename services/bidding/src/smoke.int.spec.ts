import { it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { by, Market, service } from './bidding.fixture.ts';
import { openAuction, placeBid, registerBidder, admitBidder } from '@yuzhi/protocol/bidding';
const SELLER = '91350100M000100Y43',
  ANN = '91512081MA62K0260E',
  BOB = '91440300708461136T';
const T0 = Date.parse('2026-11-24T02:00:00Z');
it('smokes', async () => {
  jest.useFakeTimers({
    now: T0,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'requestAnimationFrame',
      'cancelAnimationFrame',
      'requestIdleCallback',
      'cancelIdleCallback',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ] as never,
  });
  const m = await Market.open();
  const saleId = randomUUID();
  const terms = {
    startPriceFen: '10000',
    reserveFen: null,
    incrementFen: '1000',
    depositFen: '1000',
    admissionEndsAt: T0 + 1000000,
    freeStartsAt: T0 + 10,
    freeEndsAt: T0 + 2000000,
    cycleSeconds: 300,
  };
  console.log(await m.send(openAuction, saleId, { saleId, seller: SELLER, terms }, service('listings')));
  console.log(await m.send(registerBidder, saleId, { rulesVersion: '2026.1' }, by(ANN)));
  console.log(
    await m.send(
      admitBidder,
      saleId,
      { saleId, party: ANN, heldFen: '1000', orderId: randomUUID() },
      service('escrow'),
    ),
  );
  jest.setSystemTime(T0 + 10);
  console.log(await m.send(placeBid, saleId, { amountFen: '10500' }, by(ANN)));
  console.log(await m.send(placeBid, saleId, { amountFen: '10500' }, by(ANN)));
  await m.reboot();
  console.log(await m.send(placeBid, saleId, { amountFen: '10500' }, by(BOB)));
  console.log(
    await m.get('/v1/auctions/' + saleId),
    (await m.get('/v1/auctions/' + saleId + '/live')).body,
    (await m.get('/v1/auctions/' + saleId + '/bids')).body,
    (await m.get('/v1/auctions')).body,
  );
  console.log(await m.since('bidding.events', saleId));
  console.log(
    await m.rows('select * from quarantine'),
    await m.rows('select * from auction'),
    await m.rows('select * from bid'),
  );
  await m.close();
}, 60000);
