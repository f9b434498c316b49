import { beforeEach, describe, expect, it } from '@jest/globals';
import { admitBidder } from '@yuzhi/protocol/bidding';
import { depositHeld, moneySentBack, orderOpened, saleFunded } from '@yuzhi/protocol/escrow';
import { depositOf, escrowOf, UNASKED } from './accounts.ts';
import type { Operation, Order } from './documents.ts';
import {
  beginCheckout,
  depositOrderId,
  endCheckout,
  nextChargeFen,
  openOrder,
  priceOrderId,
  received,
} from './payments.ts';
import { expect as expectPrice } from './sales.ts';
import { BUYER, OTHER, SALE, SELLER, T0, Till } from './till.fixture.ts';

const DEPOSIT = depositOrderId(SALE, BUYER);
const HELD = depositOf(SALE, BUYER);

let till: Till;
beforeEach(() => {
  till = new Till();
  till.does((draft) =>
    openOrder(draft, { id: DEPOSIT, saleId: SALE, payer: BUYER, purpose: 'deposit', amountFen: 1_000n, dueAt: null }),
  );
});
const checkout = (amountFen: bigint, id = DEPOSIT) => {
  till.does((draft) => beginCheckout(draft, draft.book.order(id)!, amountFen, 'https://back.example'));
  return till.operation(till.order(id).checkout!.operationId);
};
const arrives = (
  amountFen: bigint,
  {
    railId = 'pi_1',
    on = checkout(amountFen),
    feeFen = 0n,
  }: { railId?: string; on?: Operation | null; feeFen?: bigint } = {},
) =>
  till.does((draft) =>
    received(draft, on ? draft.book.operation(on.id) : undefined, { railId, rank: 3, amountFen, feeFen, at: T0 - 1 }),
  );

describe('an order', () => {
  it('is opened once with its sale, and says so', () => {
    expect(till.told(orderOpened)).toEqual([
      { saleId: SALE, orderId: DEPOSIT, party: BUYER, purpose: 'deposit', amountFen: '1000' },
    ]);
    expect(till.sale()).toMatchObject({ priceFen: null, isOpen: true });
    expect(till.order(DEPOSIT)).toMatchObject({ state: 'open', paidFen: 0n, openedAt: T0 });
  });

  it('has an id that everybody can derive who knows the sale and the party', () => {
    expect(depositOrderId(SALE, BUYER)).toBe(DEPOSIT);
    expect(new Set([DEPOSIT, depositOrderId(SALE, OTHER), priceOrderId(SALE, BUYER)]).size).toBe(3);
  });
});

describe('the next charge', () => {
  const order = (part: Partial<Order>): Order => ({ ...till.order(DEPOSIT), ...part });

  it('is what is left, and at most what the rail takes at once', () => {
    expect(nextChargeFen(order({ amountFen: 500n }), 99_999_999n)).toBe(500n);
    expect(nextChargeFen(order({ amountFen: 12_680_000_050n, paidFen: 0n }), 99_999_999n)).toBe(99_999_999n);
    expect(nextChargeFen(order({ amountFen: 500n, paidFen: 450n }), 99_999_999n)).toBe(50n);
  });

  it('never leaves a rest that no rail would take', () => {
    expect(nextChargeFen(order({ amountFen: 100_000_000n }), 99_999_999n)).toBe(99_989_999n);
    expect(nextChargeFen(order({ amountFen: 100_009_999n }), 99_999_999n)).toBe(99_999_999n);
  });

  it.each(['paid', 'returning', 'returned', 'applied', 'closed'] as const)(
    'of an order that is %s is nothing',
    (state) => {
      expect(nextChargeFen(order({ state }), 99_999_999n)).toBe(0n);
    },
  );
});

describe('a session on the rail’s page', () => {
  it('is an intention with its key on record', () => {
    const session = checkout(400n);
    expect(session).toMatchObject({ id: `checkout:${DEPOSIT}:1`, kind: 'checkout', state: 'intended', attempt: 1 });
    expect(session.returnUrl).toBe('https://back.example');
    expect(till.order(DEPOSIT).checkout).toEqual({ operationId: session.id, amountFen: 400n, url: null });
  });

  it('that ended without a payment makes room for the next', () => {
    const session = checkout(400n);
    till.does((draft) => endCheckout(draft, session, 'expired'));
    expect(till.order(DEPOSIT).checkout).toBeNull();
    expect(till.operation(session.id)).toMatchObject({ state: 'failed', reason: 'expired' });
    expect(checkout(400n).id).toBe(`checkout:${DEPOSIT}:2`);
  });
});

describe('money that comes in', () => {
  it('lands on the rail’s account less what the rail keeps, against the deposit', () => {
    arrives(1_000n, { feeFen: 6n });
    expect([till.posted('psp:stripe'), till.posted('expense:psp'), till.posted(HELD)]).toEqual([994n, 6n, -1_000n]);
    expect(till.journals('pay-in')[0]).toMatchObject({ ref: 'pi_1', effectiveAt: T0 - 1, bookedAt: T0 });
  });

  it('adds up over several payments: only the last one makes the deposit held', () => {
    arrives(400n);
    expect(till.order(DEPOSIT)).toMatchObject({ state: 'open', paidFen: 400n, checkout: null });
    expect(till.told(depositHeld)).toEqual([]);
    arrives(600n, { railId: 'pi_2' });
    expect(till.order(DEPOSIT)).toMatchObject({ state: 'paid', paidFen: 1_000n });
    expect(till.told(depositHeld)).toEqual([{ saleId: SALE, orderId: DEPOSIT, party: BUYER, amountFen: '1000' }]);
    expect(till.asked(admitBidder)).toEqual([{ saleId: SALE, party: BUYER, heldFen: '1000', orderId: DEPOSIT }]);
  });

  it('counts once, however often it is told', () => {
    const session = checkout(1_000n);
    for (let i = 0; i < 3; i++) arrives(1_000n, { on: session });
    expect(till.journals('pay-in')).toHaveLength(1);
    expect(till.told(depositHeld)).toHaveLength(1);
  });

  it('is taken on a session that was given up: the person paid in the last moment', () => {
    const session = checkout(1_000n);
    till.does((draft) => endCheckout(draft, session, 'expired'));
    arrives(1_000n, { on: session });
    expect(till.order(DEPOSIT).state).toBe('paid');
    expect(till.operation(session.id).state).toBe('failed');
    expect(till.operation('stray:pi_1')).toMatchObject({ state: 'done', orderId: DEPOSIT, paymentId: 'pi_1' });
  });

  it('goes back by what is too much of it, and is set aside until then', () => {
    arrives(400n);
    arrives(700n, { railId: 'pi_2' });
    expect(till.order(DEPOSIT)).toMatchObject({ state: 'paid', paidFen: 1_000n });
    const [refund] = till.operations('refund');
    expect(refund).toMatchObject({ amountFen: 100n, paymentId: 'pi_2', bookAccount: HELD, state: 'intended' });
    expect([till.posted(HELD), till.available(HELD)]).toEqual([-1_100n, 1_000n]);
    till.note(refund!);
    expect(till.told(moneySentBack)).toEqual([
      { saleId: SALE, orderId: DEPOSIT, party: BUYER, amountFen: '100', reason: 'too-much' },
    ]);
    expect(till.posted(HELD)).toBe(-1_000n);
    expect(till.order(DEPOSIT).state).toBe('paid');
  });

  it('goes back whole when the order was paid already', () => {
    const first = checkout(1_000n);
    arrives(1_000n, { on: first });
    arrives(1_000n, { on: first, railId: 'pi_2' });
    const [refund] = till.operations('refund');
    expect(refund).toMatchObject({ amountFen: 1_000n, paymentId: 'pi_2' });
    expect(till.operation('stray:pi_2')).toMatchObject({ state: 'done', orderId: DEPOSIT });
    arrives(1_000n, { on: first, railId: 'pi_2' });
    expect(till.operations('refund')).toHaveLength(1);
    till.note(refund!);
    expect(till.told(moneySentBack).map(({ reason }) => reason)).toEqual(['too-late']);
    expect(till.posted(HELD)).toBe(-1_000n);
  });

  it('that nobody asked for is booked as nobody’s, and goes back', () => {
    arrives(77n, { on: null, railId: 'pi_9', feeFen: 1n });
    arrives(77n, { on: null, railId: 'pi_9', feeFen: 1n });
    expect([till.posted(UNASKED), till.available(UNASKED)]).toEqual([-77n, 0n]);
    const [refund, ...more] = till.operations('refund');
    expect(more).toEqual([]);
    expect(refund).toMatchObject({ id: 'refund:stray:pi_9:1', saleId: null, orderId: null, paymentId: 'pi_9' });
    till.note(refund!);
    expect(till.posted(UNASKED)).toBe(0n);
    expect(till.told(moneySentBack)).toEqual([]);
  });
});

describe('the price', () => {
  const PRICE = priceOrderId(SALE, BUYER);
  const terms = { saleId: SALE, buyer: BUYER, seller: SELLER, priceFen: 5_000n, depositFen: 0n, dueAt: T0 + 9 };
  beforeEach(() => void till.does((draft) => expectPrice(draft, terms)));

  it('is in escrow when the last part of it has come in, which is said once', () => {
    arrives(2_000n, { on: checkout(2_000n, PRICE) });
    expect(till.told(saleFunded)).toEqual([]);
    arrives(3_000n, { on: checkout(3_000n, PRICE), railId: 'pi_2' });
    expect(till.told(saleFunded)).toEqual([{ saleId: SALE, priceFen: '5000' }]);
    expect(till.sale()).toMatchObject({ fundedAt: T0, deadlineAt: null });
    expect(till.posted(escrowOf(SALE))).toBe(-5_000n);
    expect(till.told(depositHeld)).toEqual([]);
  });

  it('is not covered by money that is on its way back', () => {
    arrives(2_000n, { on: checkout(2_000n, PRICE) });
    arrives(4_000n, { on: checkout(3_000n, PRICE), railId: 'pi_2' });
    expect(till.told(saleFunded)).toHaveLength(1);
    expect(till.available(escrowOf(SALE))).toBe(5_000n);
    for (const refund of till.operations('refund')) till.note(refund);
    expect(till.posted(escrowOf(SALE))).toBe(-5_000n);
  });
});
