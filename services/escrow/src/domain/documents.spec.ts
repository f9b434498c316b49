import { describe, expect, it } from '@jest/globals';
import {
  isOperationOpen,
  isOrderOpen,
  keyOf,
  moveOperation,
  moveOrder,
  movePayee,
  type Operation,
  type Order,
  type Payee,
  readKey,
} from './documents.ts';
import { operationProcess, orderProcess, type OrderState } from './processes.ts';

const order = (state: OrderState, purpose: Order['purpose'] = 'deposit') => ({ id: 'o', state, purpose }) as Order;

describe('a document that moves', () => {
  it('shows where it came to, and leaves the one before as it was', () => {
    const open = order('open');
    expect([moveOrder(open, 'paid').state, open.state]).toEqual(['paid', 'open']);
    expect(moveOperation({ id: 'p', state: 'intended' } as Operation, 'taken').state).toBe('sent');
    expect(movePayee({ party: 'a', state: 'onboarding' } as Payee, 'enabled').state).toBe('ready');
  });

  it('names itself when its table does not know the move', () => {
    expect(() => moveOrder(order('applied'), 'given-back')).toThrow('order o is applied and cannot be given-back');
    const late = () => moveOperation({ id: 'p', state: 'failed' } as Operation, 'done');
    expect(late).toThrow(new TypeError('rail-operation p is failed and cannot be done'));
  });
});

describe('what is open', () => {
  it('is an order that waits for money or gives it back; a paid price waits for nothing', () => {
    const { states } = orderProcess;
    expect(states.filter((state) => isOrderOpen(order(state)))).toEqual(['open', 'paid', 'returning']);
    expect(states.filter((state) => isOrderOpen(order(state, 'price')))).toEqual(['open', 'returning']);
  });

  it('is an operation until it is done or has ended without effect: what is blocked still waits for somebody', () => {
    const open = operationProcess.states.filter((state) => isOperationOpen({ state } as Operation));
    expect(open).toEqual(['waiting', 'intended', 'sent', 'blocked']);
  });
});

describe('the key of an attempt', () => {
  it('names the operation and the attempt, and is read back', () => {
    const key = keyOf({ id: 'refund:checkout:01900000-0000-7000-8000-000000000001:2:1', attempt: 12 });
    expect(key).toBe('refund:checkout:01900000-0000-7000-8000-000000000001:2:1#12');
    expect(readKey(key)).toEqual({ id: 'refund:checkout:01900000-0000-7000-8000-000000000001:2:1', attempt: 12 });
  });

  it.each(['', 'no-attempt', '#1', 'a#', 'a#x', 'a#-1', 'a#1234567890'])('is not read from %j', (text) => {
    expect(readKey(text)).toBeUndefined();
  });

  it('fits what the rail takes, for the longest operation there is', () => {
    const party = '01900000-0000-7000-8000-000000000001';
    expect(keyOf({ id: `transfer:${party}:${party}:1000`, attempt: 999_999_999 }).length).toBeLessThanOrEqual(255);
  });
});
