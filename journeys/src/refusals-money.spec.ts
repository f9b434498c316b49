import { randomUUID } from 'node:crypto';
import { registerBidder } from '@yuzhi/protocol/bidding';
import type { Client } from '@yuzhi/protocol/client';
import { getOrder, listOperations, onboardPayee, payOrder, retryOperation } from '@yuzhi/protocol/escrow';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { foundFirms, freshSuffix } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { importInto, Sale } from './sale.ts';
import { Stage } from './stage.ts';

const stage = new Stage(readAddresses());
const BACK = `${stage.addresses.url}/back`;
const NOWHERE = 'javascript:alert(1)';
let cast: Awaited<ReturnType<typeof foundFirms>>;
let sale: Sale;

beforeAll(async () => {
  const suffix = freshSuffix();
  cast = await foundFirms(stage, suffix);
  const { university } = cast;
  const [patent] = invented(1, [university], suffix.patent);
  await stage.office.enter([patent!]);
  await importInto(stage, university.client, patent!.number);
  sale = await Sale.draft(stage, university, { patentNumber: patent!.number, inventors: [] });
  await sale.announce();
}, 60_000);

describe('an order', () => {
  it('is paid by its payer alone, once, and leads back to a web page', async () => {
    const { firmA, firmB } = cast;
    const { rulesVersion } = (await sale.auction()).terms;
    const { orderId } = await firmA.client.send(registerBidder, { saleId: sale.saleId, rulesVersion });
    await eventually('the order', () => firmA.client.ask(getOrder, { orderId }));
    const pay = (by: Client, id = orderId, returnUrl = BACK) =>
      refusalOf(by.send(payOrder, { orderId: id, returnUrl }));
    expect(await pay(firmA.client, randomUUID())).toBe('order-not-found');
    expect(await pay(firmB.client)).toBe('order-not-yours');
    expect(await pay(firmA.client, orderId, NOWHERE)).toBe('return-address-invalid');
    await sale.pay(firmA, orderId);
    expect(await pay(firmA.client)).toBe('order-not-payable');
  }, 60_000);
});

describe("a payee's account", () => {
  it('is opened once, and its pages lead back to a web page', async () => {
    const { client, name } = cast.university;
    const open = (returnUrl: string) => refusalOf(client.send(onboardPayee, { returnUrl }));
    expect(await open(NOWHERE)).toBe('return-address-invalid');
    await sale.onboard(client, name);
    expect(await open(BACK)).toBe('payee-exists');
  }, 60_000);
});

describe('what the rail was asked to do', () => {
  it('is tried again by the desk only where it is there and blocked', async () => {
    const retry = (operationId: string) => refusalOf(stage.desk.send(retryOperation, { operationId }));
    expect(await retry('transfer:of-nobody')).toBe('operation-not-found');
    const { items } = await stage.desk.ask(listOperations, { state: 'done' });
    expect(await retry(items[0]!.operationId)).toBe('operation-not-blocked');
  });
});
