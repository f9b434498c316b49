import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { verifySeals } from '@yuzhi/database/seals';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { admitBidder } from '@yuzhi/protocol/bidding';
import {
  applyDeposit,
  depositApplied,
  depositHeld,
  expectPrice,
  noteRegistration,
  onboardPayee,
  payoutPaid,
  releaseSale,
  saleFunded,
  saleRegistered,
  saleOverdue,
  saleReleased,
  saleSettled,
} from '@yuzhi/protocol/escrow';
import { filingRegistered } from '@yuzhi/protocol/register';
import { expectStripeMockToAccept } from '@yuzhi/stripe-sandbox/testing/sandbox-under-test';
import { escrowOf } from './domain/accounts.ts';
import { priceOrderId } from './domain/payments.ts';
import { BUYER, by, House, OTHER, SELLER, service } from './escrow.fixture.ts';

const DAY_MS = 86_400_000;
const contracts = service('contracts');
let house: House;
let saleId: string;
beforeAll(async () => {
  house = await House.open({ fee_bps: 60 });
});
afterAll(() => house.close());
beforeEach(() => void (saleId = uuidv7()));

const expects = (priceFen: bigint, depositFen = 0n, dueAt = Date.now() + 400 * DAY_MS) => {
  const terms = { saleId, buyer: BUYER, seller: SELLER, dueAt };
  return house.send(expectPrice, { ...terms, priceFen: String(priceFen), depositFen: String(depositFen) }, contracts);
};
const registers = (owner = BUYER) => {
  const filing = { saleId, patentNumber: '201710601862.3', owner, registeredOn: '2026-11-24', noticeNumber: '1' };
  house.tell(filingRegistered, filing);
  return house.until(async () => {
    const [row] = await house.rows<{ at: string }>(
      `select state->'registration'->>'on' as at from sale where sale_id = $1`,
      saleId,
    );
    return row?.at;
  });
};
const releases = (inventors: { party: string; weight: number }[] = [], costsFen = '0', key?: string) =>
  house.send(
    releaseSale,
    { saleId, inventors, inventorBps: 7_500, costsFen, netDeducts: ['fee', 'costs'], payMonths: 6 },
    contracts,
    key,
  );

describe('a sale from the deposit to the last payout', () => {
  it('moves every fen once, and says what happened', async () => {
    const inventor = uuidv7();
    for (const party of [SELLER, inventor]) await house.payee(party);
    const deposit = await house.bidder(saleId, BUYER, 2_000_000n);
    await house.settle(deposit);
    expect(await house.told(depositHeld, saleId)).toMatchObject([{ party: BUYER, amountFen: '2000000' }]);
    expect(house.asked(admitBidder, saleId)).toEqual([{ saleId, party: BUYER, heldFen: '2000000', orderId: deposit }]);
    await house.answer(
      admitBidder,
      { saleId, party: BUYER, heldFen: '2000000', orderId: deposit },
      {
        ...{ status: 200, code: 'done', body: { paddle: 1 } },
      },
    );

    const { body } = await expects(10_000_000n, 2_000_000n);
    expect(body).toEqual({ orderId: priceOrderId(saleId, BUYER), amountFen: '8000000' });
    expect((await house.send(applyDeposit, { saleId, party: BUYER }, service('bidding'))).code).toBe('done');
    await house.settle(priceOrderId(saleId, BUYER), 'wechat_pay');
    expect(await house.told(depositApplied, saleId)).toHaveLength(1);
    expect(await house.told(saleFunded, saleId)).toEqual([{ saleId, priceFen: '10000000' }]);

    await registers();
    expect(await house.told(saleRegistered, saleId)).toEqual([{ saleId, registeredOn: '2026-11-24', shows: 'buyer' }]);
    const inventors = [{ party: inventor, weight: 1 }];
    const split = { feeFen: '200000', netFen: '9300000', inventorsFen: '6975000', sellerFen: '2825000' };
    expect((await releases(inventors, '500000')).body).toEqual(split);
    expect(await house.told(saleReleased, saleId)).toMatchObject([{ inventorBps: 7_500, rulebookVersion: '2026.1' }]);

    expect(await house.told(saleSettled, saleId)).toEqual([{ saleId }]);
    const paid = await house.told(payoutPaid, saleId);
    expect(new Set(paid.map(({ party, amountFen }) => `${party} ${amountFen}`))).toEqual(
      new Set([`${SELLER} 2825000`, `${inventor} 6975000`]),
    );
    const money = await house.money(saleId);
    expect(money).toMatchObject({ state: 'settled', escrowFen: '0', priceFen: '10000000', overdue: null });
    expect(money.payouts.map(({ state }) => state)).toEqual(['paid', 'paid']);
    await house.agree();

    const seen = async (party: string, organisation?: string) => {
      const person = organisation ? await house.employ(organisation, 'holder') : party;
      type Money = Awaited<ReturnType<House['money']>>;
      const { body: shown } = await house.get<Money>(`/v1/sales/${saleId}/money`, organisation, person);
      const accounts = new Set(shown.entries.map(({ account }) => account));
      return { ...shown, payouts: shown.payouts.map(({ party: payee }) => payee), accounts: [...accounts].toSorted() };
    };
    const nothing = { split: null, payouts: [] };
    const bought = { priceFen: '10000000', accounts: [`deposit:${saleId}:${BUYER}`, `escrow:${saleId}`] };
    expect(await seen(BUYER, BUYER)).toMatchObject({ ...nothing, ...bought });
    const sold = { priceFen: '10000000', accounts: [`escrow:${saleId}`, `payable:${SELLER}`] };
    const { split: whole, payouts, ...sellers } = await seen(SELLER, SELLER);
    expect(sellers).toMatchObject(sold);
    expect([whole, payouts]).toEqual([money.split, [SELLER, inventor]]);
    const own = { payouts: [inventor], accounts: [`payable:${inventor}`] };
    expect(await seen(inventor)).toMatchObject({ split: null, priceFen: null, escrowFen: '0', ...own });
  });

  it('pays a price that one charge cannot carry in several, and pays it out in several', async () => {
    await house.payee(OTHER);
    const terms = {
      saleId,
      buyer: BUYER,
      seller: OTHER,
      priceFen: '250000000',
      depositFen: '0',
      dueAt: 9_999_999_999_999,
    };
    await house.send(expectPrice, terms, contracts);
    const id = priceOrderId(saleId, BUYER);
    expect(await house.order(id)).toMatchObject({ amountFen: '250000000', nextChargeFen: '99999999', paidFen: '0' });
    await house.settle(id);
    expect(
      (await house.rows(`select from rail_operation where sale_id = $1 and kind = 'checkout'`, saleId)).length,
    ).toBe(3);
    await registers();
    await releases();
    expect(await house.told(saleSettled, saleId)).toHaveLength(1);
    const parts = (await house.money(saleId)).payouts.map(({ amountFen }) => BigInt(amountFen));
    expect(parts).toHaveLength(3);
    expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(245_000_000n);
  });

  it('waits visibly for a payee without an account, and goes on when he has one', async () => {
    const inventor = uuidv7();
    await expects(1_000_000n);
    await house.settle(priceOrderId(saleId, BUYER), 'card');
    await registers();
    await releases([{ party: inventor, weight: 1 }]);
    await house.idle();
    const states = async () => Object.fromEntries((await house.money(saleId)).payouts.map((p) => [p.party, p.state]));
    expect(await states()).toEqual({ [SELLER]: 'paid', [inventor]: 'waiting' });
    expect((await house.trialBalance()).accounts.find((a) => a.class === 'payable')!.postedFen).toBe('-735000');
    expect(await house.told(saleSettled, saleId)).toEqual([]);
    await house.payee(inventor);
    await house.until(async () => (await house.told(saleSettled, saleId)).length > 0);
    expect(await states()).toEqual({ [SELLER]: 'paid', [inventor]: 'paid' });
  });
});

describe('the price of a sale', () => {
  it('is expected once; the same request again has the same answer', async () => {
    const first = await expects(1_000n);
    expect(first).toMatchObject({ status: 200, body: { amountFen: '1000' } });
    expect(await expects(1_000n)).toEqual(first);
  });

  it('needs no order when the deposit covers it', async () => {
    expect((await expects(1_000n, 1_000n)).body).toEqual({ orderId: null, amountFen: '0' });
  });
});

describe('a release', () => {
  it('waits for the registration, and is done once', async () => {
    await expects(1_000_000n);
    await house.settle(priceOrderId(saleId, BUYER));
    expect((await releases()).code).toBe('internal-fault');
    await registers(OTHER);
    expect((await releases()).code).toBe('internal-fault');
    expect((await house.money(saleId)).state).toBe('funded');
    await house.send(noteRegistration, { saleId, registeredOn: '2026-11-25', owner: BUYER }, service('escrow'));
    const shown = (await house.told(saleRegistered, saleId)).map(({ shows }) => shows);
    expect(shown).toEqual(['another', 'buyer']);
    expect((await house.money(saleId)).state).toBe('registered');
    const key = uuidv7();
    const done = await releases([], '0', key);
    expect(done.code).toBe('done');
    expect(await releases([], '0', key)).toEqual(done);
    expect((await releases([], '1', key)).code).toBe('idempotency-key-reused');
    expect(await releases()).toEqual(done);
    expect(await house.told(saleReleased, saleId)).toHaveLength(1);
  });

  it('asked for 500 times at once pays out what is in escrow, and no fen more', async () => {
    await house.payee(SELLER);
    await expects(1_000_000n);
    await house.settle(priceOrderId(saleId, BUYER));
    await registers();
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => releases()));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(outcomes[0]!.code).toBe('done');
    expect(await house.told(saleReleased, saleId)).toHaveLength(1);
    await house.until(async () => (await house.told(saleSettled, saleId)).length > 0);
    const entries = await house.rows<{ fen: string; after: string }>(
      'select amount_fen::text as fen, balance_after::text as after from entry where account = $1',
      escrowOf(saleId),
    );
    // What is owed to others stands on the credit side, which is negative: above zero more would have left than came.
    expect(entries.map(({ after }) => BigInt(after)).filter((after) => after > 0n)).toEqual([]);
    expect(entries.reduce((sum, { fen }) => sum + BigInt(fen), 0n)).toBe(0n);
    const paid = (await house.money(saleId)).payouts.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n);
    expect(paid).toBe(1_000_000n - BigInt((outcomes[0]!.body as { feeFen: string }).feeFen));
  }, 30_000);

  it('before the price is in escrow is a mistake of ours, and moves nothing', async () => {
    expect((await releases()).code).toBe('internal-fault');
    await expects(1_000_000n);
    expect((await releases()).code).toBe('internal-fault');
    expect((await house.money(saleId)).state).toBe('expected');
  });

  it('is nobody’s to ask for but contracts’', async () => {
    const data = { saleId, inventors: [], inventorBps: 0, costsFen: '0', netDeducts: [], payMonths: 6 };
    for (const principal of [by(SELLER), by(BUYER, 'desk'), service('bidding')]) {
      expect((await house.send(releaseSale, data, principal)).code).toBe('forbidden');
    }
  });
});

describe('a payee', () => {
  it('gets an account with a link, fresh links while he has not finished, and no second account', async () => {
    const party = uuidv7();
    const onboards = (returnUrl = 'https://yuzhi.example/back') => house.send(onboardPayee, { returnUrl }, by(party));
    expect((await onboards('javascript:alert(1)')).code).toBe('return-address-invalid');
    const opening = await Promise.all([onboards(), onboards()]);
    expect(opening.map(({ code }) => code)).toEqual(['done', 'payee-exists']);
    const mine = () =>
      house.get<{ state: string; onboardingUrl: string | null; rail: object }>('/v1/payees/mine', undefined, party);
    const link = async () => (await mine()).body.onboardingUrl;
    const first = await house.until(link);
    expect((await mine()).body).toMatchObject({ party, state: 'onboarding', rail: { demo: true } });
    expect((await onboards()).code).toBe('done');
    expect(await house.until(async () => (await link()) !== first && (await link()))).toContain('/onboarding/');
    const [row] = await house.rows<{ account: string }>(
      `select state->>'account' as account from payee where party = $1`,
      party,
    );
    await house.control(`/accounts/${row!.account}/complete`, {});
    await house.until(async () => (await mine()).body.state === 'ready');
    expect((await mine()).body.onboardingUrl).toBeNull();
    expect((await onboards()).code).toBe('payee-exists');
    expect((await house.get('/v1/payees/mine', undefined, uuidv7())).status).toBe(404);
  });
});

describe('a deadline', () => {
  it('that passes on the platform’s clock makes a missing price and missing payees visible', async () => {
    const inventor = uuidv7();
    await expects(1_000_000n, 0n, Date.now() + 30 * DAY_MS);
    house.moveClock(31 * DAY_MS);
    await house.until(async () => (await house.told(saleOverdue, saleId)).length > 0);
    expect(await house.money(saleId)).toMatchObject({ state: 'expected', overdue: 'price' });
    await house.settle(priceOrderId(saleId, BUYER));
    expect(await house.money(saleId)).toMatchObject({ state: 'funded', overdue: null });
    await registers();
    await releases([{ party: inventor, weight: 1 }]);
    house.moveClock(220 * DAY_MS);
    await house.until(async () => (await house.told(saleOverdue, saleId)).length > 1);
    expect(await house.told(saleOverdue, saleId)).toEqual([
      { saleId, what: 'price' },
      { saleId, what: 'payees' },
    ]);
    expect(await house.money(saleId)).toMatchObject({ state: 'released', overdue: 'payees' });
    await house.payee(inventor);
    await house.until(async () => (await house.money(saleId)).state === 'settled');
    expect((await house.money(saleId)).overdue).toBeNull();
  });
});

describe('the book', () => {
  it('is sealed behind its writer: what a superuser edits afterwards is named', async () => {
    const { reader } = house.database;
    await house.until(async () => {
      const [open] = await house.rows<{ n: string }>(
        `select count(*) as n from journal
         where seq > coalesce((select max(seq) from seal where chain = 'journal'), 0)`,
      );
      return open!.n === '0';
    });
    expect(await verifySeals(reader, 'journal')).toEqual([]);
    const [{ id }] = (await house.rows<{ id: string }>('select id from journal order by seq limit 1 offset 3')) as [
      { id: string },
    ];
    const edit = async (difference: number) => {
      await house.rows('alter table entry disable trigger append_only');
      await house.rows(
        'update entry set amount_fen = amount_fen + $2 where journal_id = $1 and line = 1',
        id,
        difference,
      );
      await house.rows('alter table entry enable trigger append_only');
    };
    await edit(1);
    expect(await verifySeals(reader, 'journal')).toMatchObject([{ kind: 'changed', subject: `journal ${id}` }]);
    await edit(-1);
    expect(await verifySeals(reader, 'journal')).toEqual([]);
  });
});

describe("our adapter's requests", () => {
  it('are accepted by the mock that the rail itself publishes, all that this file made', async () => {
    await expectStripeMockToAccept(house.sandbox);
  });
});
