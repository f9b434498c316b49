import { defineProcess } from '@yuzhi/chassis/process';

/** What becomes of a bidder's deposit (保证金), as far as bidding decides it; the money itself is escrow's. */
export const depositProcess = defineProcess('deposit', {
  states: ['due', 'held', 'returning', 'released', 'applying', 'applied'],
  initial: 'due',
  transitions: [
    { from: 'due', on: 'admit', to: 'held' },
    { from: 'held', on: 'return', to: 'returning' },
    { from: 'returning', on: 'released', to: 'released' },
    { from: 'held', on: 'apply', to: 'applying' },
    { from: 'applying', on: 'applied', to: 'applied' },
  ],
  // Who registers and never pays stays at `due`, and nothing is owed to him.
  final: ['released', 'applied'],
});
export type Deposit = (typeof depositProcess)['states'][number];
export type DepositMove = Parameters<(typeof depositProcess)['next']>[1];

/** What escrow says when it has been asked. */
export type DepositAnswer = Extract<DepositMove, 'released' | 'applied'>;

export interface Deposited {
  deposit: Deposit;
  /** When escrow was last asked to let the deposit go. */
  askedAt: number | null;
  /** Why a person must look at the deposit; null when all goes by itself. */
  stuck: string | null;
}

/** How a bidder begins. */
export const depositDue = (): Deposited => ({ deposit: depositProcess.initial, askedAt: null, stuck: null });

/** Whether escrow has been asked and has not answered. */
export const isAsked = ({ deposit }: Deposited): boolean => deposit === 'returning' || deposit === 'applying';

/** The bidder after a move at `now`; undefined when his deposit does not know that move. */
export function moveDeposit<B extends Deposited>(bidder: B, on: DepositMove, now: number): B | undefined {
  const deposit = depositProcess.next(bidder.deposit, on);
  if (deposit === undefined) return undefined;
  const moved = { ...bidder, deposit, stuck: null };
  return isAsked(moved) ? { ...moved, askedAt: now } : moved;
}
