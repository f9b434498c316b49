import { describe, expect, it } from '@jest/globals';
import type { Account } from './account.ts';
import type { Operation, Order, Payee, Sale } from './documents.ts';
import { Layer } from './layer.ts';

const account = (code: string, postedFen = 0n, saleId: string | null = 'sale'): Account => ({
  code,
  currency: 'CNY',
  normalSide: 'credit',
  guarded: true,
  frozen: false,
  postedFen,
  heldFen: 0n,
  version: 1,
  saleId,
});
const order = (id: string, state: Order['state'] = 'open', saleId = 'sale') =>
  ({ id, saleId, state, purpose: 'deposit' }) as Order;
const operation = (id: string, state: Operation['state'] = 'done', part: Partial<Operation> = {}) =>
  ({ id, saleId: 'sale', state, party: 'p', ...part }) as Operation;
const sale = (part: Partial<Sale> = {}): Sale =>
  ({ saleId: 'sale', priceFen: null, settledAt: null, deadlineAt: null, ...part }) as Sale;

describe('a layer', () => {
  it('finds its own version first and everything else below', () => {
    const lower = new Layer();
    lower.putOrder(order('a', 'open'));
    lower.putOrder(order('b', 'open'));
    lower.putPayee({ party: 'p', state: 'opening' } as Payee);
    lower.putAccount(account('escrow:sale', -5n));
    lower.putHold({ id: 'h', status: 'PENDING' } as never);
    const upper = new Layer(lower);
    upper.putOrder(order('a', 'paid'));
    expect(upper.order('a')!.state).toBe('paid');
    expect(upper.order('b')!.state).toBe('open');
    expect(upper.payee('p')!.state).toBe('opening');
    expect(upper.account('escrow:sale')!.postedFen).toBe(-5n);
    expect(upper.hold('h')!.status).toBe('PENDING');
    expect(lower.order('a')!.state).toBe('open');
    expect(upper.order('c')).toBeUndefined();
    expect(upper.operation('c')).toBeUndefined();
    expect(upper.sale('c')).toBeUndefined();
  });

  it('lists what belongs to a sale from all layers, each once and in its latest version', () => {
    const lower = new Layer();
    for (const id of ['a', 'b']) lower.putOrder(order(id));
    lower.putOrder(order('elsewhere', 'open', 'another'));
    const upper = new Layer(new Layer(lower));
    upper.putOrder(order('b', 'paid'));
    upper.putOrder(order('c'));
    const found = upper.ordersOf('sale').map(({ id, state }) => `${id} ${state}`);
    expect(found.toSorted()).toEqual(['a open', 'b paid', 'c open']);
    expect(upper.ordersOf('nobody')).toEqual([]);
  });

  it('knows which operations wait for a payee, and which sales are due', () => {
    const lower = new Layer();
    lower.putOperation(operation('a', 'waiting'));
    lower.putOperation(operation('b', 'waiting'));
    lower.putOperation(operation('c', 'waiting', { party: 'q' }));
    lower.putSale(sale({ saleId: 'x', deadlineAt: 10 }));
    lower.putSale(sale({ saleId: 'y', deadlineAt: 11 }));
    lower.putSale(sale({ saleId: 'z' }));
    const upper = new Layer(lower);
    upper.putOperation(operation('b', 'intended'));
    expect(upper.operationsWaitingFor('p').map(({ id }) => id)).toEqual(['a']);
    expect(upper.salesDue(9)).toEqual([]);
    expect(upper.salesDue(10).map(({ saleId }) => saleId)).toEqual(['x']);
    upper.putSale(sale({ saleId: 'x' }));
    expect(upper.salesDue(11).map(({ saleId }) => saleId)).toEqual(['y']);
  });

  it('takes over what is on top of it, rows included, or the states alone', () => {
    const fill = (layer: Layer) => {
      layer.putAccount(account('escrow:sale', -7n));
      layer.putOrder(order('a'));
      layer.putOperation(operation('o'));
      layer.putSale(sale());
      layer.putPayee({ party: 'p' } as Payee);
      layer.putHold({ id: 'h' } as never);
      layer.apply({ accounts: [], holds: [], journals: [{ id: 'j' } as never], entries: [{ line: 0 } as never] }, 9);
      layer.attempts.push({ operationId: 'o', attempt: 1 });
      return layer;
    };
    const whole = new Layer();
    whole.absorb(fill(new Layer(whole)));
    expect(whole.journals).toEqual([{ id: 'j', bookedAt: 9 }]);
    expect([whole.entries.length, whole.attempts.length]).toEqual([1, 1]);
    const states = new Layer();
    states.absorbStates(fill(new Layer(states)));
    expect([states.journals.length, states.entries.length, states.attempts.length]).toEqual([0, 0, 0]);
    for (const layer of [whole, states]) {
      expect(layer.account('escrow:sale')!.postedFen).toBe(-7n);
      expect(
        layer.order('a') && layer.operation('o') && layer.sale('sale') && layer.payee('p') && layer.hold('h'),
      ).toBeTruthy();
    }
  });

  it('knows a reversal of the same batch', () => {
    const lower = new Layer();
    lower.apply({ accounts: [], holds: [], entries: [], journals: [{ id: 'r', reverses: 'j' } as never] }, 0);
    expect(new Layer(lower).reversed('j')).toBe(true);
    expect(new Layer(lower).reversed('r')).toBe(false);
  });

  it('evicts all of a sale and nothing else', () => {
    const layer = new Layer();
    layer.putSale(sale());
    layer.putOrder(order('a'));
    layer.putOperation(operation('o'));
    layer.putAccount(account('escrow:sale'));
    layer.putAccount(account('payable:p', 0n, null));
    layer.putOperation(operation('payee:p', 'sent', { saleId: null }));
    layer.evict('sale');
    expect(
      layer.sale('sale') ?? layer.order('a') ?? layer.operation('o') ?? layer.account('escrow:sale'),
    ).toBeUndefined();
    expect(layer.account('payable:p')).toBeDefined();
    expect(layer.operation('payee:p')).toBeDefined();
    expect(layer.touchedSales()).toEqual(new Set());
  });
});

describe('a sale is open', () => {
  it('while an account of it holds money', () => {
    const layer = new Layer();
    layer.putAccount(account('escrow:sale', -1n));
    expect(layer.isOpen('sale')).toBe(true);
    layer.putAccount(account('escrow:sale', 0n));
    expect(layer.isOpen('sale')).toBe(false);
  });

  it.each(['open', 'paid', 'returning'] as const)('while a deposit is %s', (state) => {
    const layer = new Layer();
    layer.putOrder(order('a', state));
    expect(layer.isOpen('sale')).toBe(true);
    layer.putOrder(order('a', 'returned'));
    expect(layer.isOpen('sale')).toBe(false);
  });

  it.each(['waiting', 'intended', 'sent', 'blocked'] as const)('while an operation is %s', (state) => {
    const layer = new Layer();
    layer.putOperation(operation('o', state));
    expect(layer.isOpen('sale')).toBe(true);
    layer.putOperation(operation('o', 'failed'));
    expect(layer.isOpen('sale')).toBe(false);
  });

  it('from the moment its price is expected until everybody has his money', () => {
    const layer = new Layer();
    layer.putSale(sale({ priceFen: 5n }));
    expect(layer.isOpen('sale')).toBe(true);
    layer.putSale(sale({ priceFen: 5n, settledAt: 3 }));
    expect(layer.isOpen('sale')).toBe(false);
  });

  it('by what its upper layer has changed', () => {
    const lower = new Layer();
    lower.putOrder(order('a', 'open'));
    const upper = new Layer(lower);
    upper.putOrder(order('a', 'closed'));
    expect(upper.isOpen('sale')).toBe(false);
    expect(lower.isOpen('sale')).toBe(true);
    expect(upper.touchedSales()).toEqual(new Set(['sale']));
  });
});
