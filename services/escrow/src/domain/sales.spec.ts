import { beforeEach, describe, expect as that, it } from '@jest/globals';
import { depositApplied, moneySentBack, saleFunded, saleOverdue, saleRegistered } from '@yuzhi/protocol/escrow';
import { depositOf, escrowOf } from './accounts.ts';
import { beginCheckout, depositOrderId, openOrder, priceOrderId, received } from './payments.ts';
import { giveBack } from './refunds.ts';
import { apply, closeDeposits, expect, isRegistered, overdue, register } from './sales.ts';
import { BUYER, OTHER, SALE, SELLER, T0, Till } from './till.fixture.ts';

const DEPOSIT = depositOrderId(SALE, BUYER);
const PRICE = priceOrderId(SALE, BUYER);

let till: Till;
beforeEach(() => void (till = new Till()));

function deposit(amountFen: bigint, payer = BUYER): void {
  const id = depositOrderId(SALE, payer);
  till.does((draft) => openOrder(draft, { id, saleId: SALE, payer, purpose: 'deposit', amountFen, dueAt: null }));
}
function pays(id: string, amountFen: bigint): void {
  till.does((draft) => beginCheckout(draft, draft.book.order(id)!, amountFen, 'https://x.example'));
  const on = till.operation(till.order(id).checkout!.operationId);
  till.does((draft) => received(draft, on, { railId: `pi_${on.id}`, rank: 3, amountFen, feeFen: 0n, at: T0 }));
}
const wants = (priceFen: bigint, depositFen: bigint) =>
  till.does((draft) =>
    expect(draft, { saleId: SALE, buyer: BUYER, seller: SELLER, priceFen, depositFen, dueAt: T0 + 50 }),
  );
const applies = () => till.does((draft) => apply(draft, draft.book.order(DEPOSIT)!));

describe('the price of a sale', () => {
  it('is an order for what the deposit does not cover', () => {
    that(wants(5_000n, 1_000n)).toMatchObject({ id: PRICE, payer: BUYER, amountFen: 4_000n, dueAt: T0 + 50 });
    that(till.sale()).toMatchObject({ priceFen: 5_000n, seller: SELLER, deadlineAt: T0 + 50 });
  });

  it('is complete with the deposit, whichever comes first', () => {
    for (const first of ['deposit', 'price']) {
      till = new Till();
      deposit(1_000n);
      pays(DEPOSIT, 1_000n);
      wants(5_000n, 1_000n);
      if (first === 'deposit') applies();
      pays(PRICE, 4_000n);
      if (first === 'price') applies();
      that(till.told(saleFunded)).toEqual([{ saleId: SALE, priceFen: '5000' }]);
      that(till.posted(escrowOf(SALE))).toBe(-5_000n);
      that(till.posted(depositOf(SALE, BUYER))).toBe(0n);
    }
  });

  it('is complete at once when the deposit was applied before anybody expected it', () => {
    deposit(1_000n);
    pays(DEPOSIT, 1_000n);
    applies();
    that(till.told(depositApplied)).toEqual([{ saleId: SALE, orderId: DEPOSIT, party: BUYER, amountFen: '1000' }]);
    that(wants(1_000n, 1_000n)).toBeNull();
    that(till.told(saleFunded)).toHaveLength(1);
  });

  it('does not swallow a deposit that is larger: the rest goes back', () => {
    deposit(1_000n);
    pays(DEPOSIT, 1_000n);
    that(wants(800n, 1_000n)).toBeNull();
    applies();
    that(till.told(saleFunded)).toEqual([{ saleId: SALE, priceFen: '800' }]);
    that(till.available(escrowOf(SALE))).toBe(800n);
    till.note(till.operations('refund')[0]!);
    that(till.told(moneySentBack)).toEqual([
      { saleId: SALE, orderId: DEPOSIT, party: BUYER, amountFen: '200', reason: 'too-much' },
    ]);
    that(till.posted(escrowOf(SALE))).toBe(-800n);
  });

  it('does not take a deposit twice, nor one that was given back', () => {
    deposit(1_000n);
    pays(DEPOSIT, 1_000n);
    applies();
    that(applies).toThrow('insufficient-funds');
    deposit(10n, OTHER);
    pays(depositOrderId(SALE, OTHER), 10n);
    const order = till.order(depositOrderId(SALE, OTHER));
    till.does((draft) => giveBack(draft, order, depositOf(SALE, OTHER), null));
    that(() => till.does((draft) => apply(draft, till.order(order.id)))).toThrow('insufficient-funds');
  });
});

describe('the end of the bidding', () => {
  it('closes deposits nobody has paid, sends half-paid ones back and leaves those that are held to bidding', () => {
    deposit(1_000n);
    deposit(2_000n, OTHER);
    deposit(3_000n, SELLER);
    pays(DEPOSIT, 1_000n);
    pays(depositOrderId(SALE, OTHER), 500n);
    till.does((draft) => closeDeposits(draft, SALE));
    const states = [BUYER, OTHER, SELLER].map((party) => till.order(depositOrderId(SALE, party)).state);
    that(states).toEqual(['paid', 'returning', 'closed']);
    till.note(till.operations('refund')[0]!);
    that(till.told(moneySentBack)).toEqual([
      { saleId: SALE, orderId: depositOrderId(SALE, OTHER), party: OTHER, amountFen: '500', reason: 'bidding-over' },
    ]);
    that(till.order(depositOrderId(SALE, OTHER)).state).toBe('returned');
  });

  it('does nothing the second time, nor to the price', () => {
    wants(5_000n, 0n);
    deposit(1_000n);
    till.does((draft) => closeDeposits(draft, SALE));
    till.does((draft) => closeDeposits(draft, SALE));
    that(till.order(PRICE).state).toBe('open');
    that(till.order(DEPOSIT).state).toBe('closed');
  });

  it('sends back what arrives on a deposit that is closed', () => {
    deposit(1_000n);
    till.does((draft) => beginCheckout(draft, draft.book.order(DEPOSIT)!, 1_000n, 'https://x.example'));
    const on = till.operation(till.order(DEPOSIT).checkout!.operationId);
    till.does((draft) => closeDeposits(draft, SALE));
    that(till.order(DEPOSIT).checkout).toBeNull();
    till.does((draft) => received(draft, on, { railId: 'pi', rank: 3, amountFen: 1_000n, feeFen: 0n, at: T0 }));
    till.note(till.operations('refund')[0]!);
    that(till.told(moneySentBack)).toHaveLength(1);
    that(till.posted(depositOf(SALE, BUYER))).toBe(0n);
    that(till.order(DEPOSIT).state).toBe('closed');
  });
});

describe('a registration', () => {
  const registered = (owner: string | null) => till.does((draft) => register(draft, SALE, { on: '2026-11-24', owner }));

  it('is one of this sale when the register shows its buyer, and nobody else', () => {
    wants(5_000n, 0n);
    const releasable = [SELLER, OTHER, null, BUYER].map((owner) => (registered(owner), isRegistered(till.sale())));
    that(releasable).toEqual([false, false, false, true]);
    const shown = ['another', 'another', 'another', 'buyer'];
    that(till.told(saleRegistered)).toEqual(
      shown.map((shows) => ({ saleId: SALE, registeredOn: '2026-11-24', shows })),
    );
  });
});

describe('a deadline', () => {
  it('makes a missing price visible, once, and moves no money', () => {
    wants(5_000n, 0n);
    till.now = T0 + 49;
    till.does(overdue);
    that(till.told(saleOverdue)).toEqual([]);
    till.now = T0 + 50;
    till.does(overdue);
    till.does(overdue);
    that(till.told(saleOverdue)).toEqual([{ saleId: SALE, what: 'price' }]);
    that(till.sale()).toMatchObject({ overdue: 'price', deadlineAt: null });
  });

  it('does not keep late money out: the price may still be completed', () => {
    wants(5_000n, 0n);
    till.now = T0 + 60;
    till.does(overdue);
    pays(PRICE, 5_000n);
    that(till.told(saleFunded)).toHaveLength(1);
    that(till.sale()).toMatchObject({ overdue: null, fundedAt: T0 + 60 });
  });
});
