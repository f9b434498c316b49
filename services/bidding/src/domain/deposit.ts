import { defineProcess } from '@yuzhi/chassis/process';

/** What becomes of a bidder's deposit (保证金), as far as bidding decides it; the money itself is escrow's. */
export const depositProcess = defineProcess('deposit', {
  states: ['due', 'held', 'returning', 'returned', 'applying', 'applied', 'none'],
  initial: 'due',
  transitions: [
    { from: 'due', on: 'admit', to: 'held' },
    { from: 'held', on: 'return', to: 'returning' },
    { from: 'returning', on: 'returned', to: 'returned' },
    { from: 'returning', on: 'not-held', to: 'none' },
    { from: 'held', on: 'apply', to: 'applying' },
    { from: 'applying', on: 'applied', to: 'applied' },
    { from: 'applying', on: 'not-held', to: 'none' },
  ],
  // Who registers and never pays stays at `due`, and nothing is owed to him.
  final: ['returned', 'applied', 'none'],
});
export type Deposit = (typeof depositProcess)['states'][number];
export type DepositMove = Parameters<(typeof depositProcess)['next']>[1];

/** How a bidder begins. */
export const depositDue = { deposit: depositProcess.initial, askedAt: null, stuck: null } as const;

/** Whether escrow has been asked and has not answered. */
export const isAsked = (deposit: Deposit): boolean => deposit === 'returning' || deposit === 'applying';
