import { describe, expect, it } from '@jest/globals';
import {
  isOperationOpen,
  isOrderOpen,
  keyOf,
  moveOperation,
  moveOrder,
  type Operation,
  type OperationState,
  type Order,
  type OrderState,
  readKey,
} from './documents.ts';

const order = (state: OrderState, purpose: Order['purpose'] = 'deposit') => ({ id: 'o', state, purpose }) as Order;
const operation = (state: OperationState) => ({ id: 'p', state }) as Operation;
const ORDER_STATES: OrderState[] = ['open', 'paid', 'returning', 'returned', 'applied', 'closed'];
const OPERATION_STATES: OperationState[] = ['waiting', 'intended', 'sent', 'done', 'failed', 'blocked'];

function isLegal(move: () => unknown): boolean {
  try {
    move();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
function legal<S extends string>(states: S[], move: (from: S, to: S) => unknown): string[] {
  const moves = states.flatMap((from) => states.map((to) => [from, to] as const));
  return moves.filter(([from, to]) => isLegal(() => move(from, to))).map(([from, to]) => `${from} > ${to}`);
}

describe('an order', () => {
  it('moves only where its table says', () => {
    expect(legal(ORDER_STATES, (from, to) => moveOrder(order(from), to))).toEqual([
      'open > paid',
      'open > returning',
      'open > closed',
      'paid > returning',
      'paid > applied',
      'returning > returned',
      'returned > returning',
    ]);
  });

  it('can leave every state that holds money, and reach every state', () => {
    const moves = legal(ORDER_STATES, (from, to) => moveOrder(order(from), to));
    const reached = new Set(['open', ...moves.map((move) => move.split(' > ')[1]!)]);
    expect([...reached].toSorted()).toEqual(ORDER_STATES.toSorted());
  });

  it('names itself when a move is illegal', () => {
    expect(() => moveOrder(order('applied'), 'returning')).toThrow('order o cannot go from applied to returning');
  });

  it('is open while it waits for money or gives it back; a paid price waits for nothing', () => {
    expect(ORDER_STATES.filter((state) => isOrderOpen(order(state)))).toEqual(['open', 'paid', 'returning']);
    expect(ORDER_STATES.filter((state) => isOrderOpen(order(state, 'price')))).toEqual(['open', 'returning']);
  });
});

describe('an operation of the rail', () => {
  it('moves only where its table says', () => {
    expect(legal(OPERATION_STATES, (from, to) => moveOperation(operation(from), to))).toEqual([
      'waiting > intended',
      'intended > intended',
      'intended > sent',
      'intended > done',
      'intended > failed',
      'intended > blocked',
      'sent > intended',
      'sent > done',
      'sent > failed',
      'sent > blocked',
      'done > intended',
      'done > blocked',
      'failed > done',
      'blocked > intended',
    ]);
  });

  it('is open until it is done or has ended without effect: what is blocked still waits for somebody', () => {
    const open = OPERATION_STATES.filter((state) => isOperationOpen(operation(state)));
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
