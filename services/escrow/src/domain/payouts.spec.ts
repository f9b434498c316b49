import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { payoutPaid, saleReopened, saleSettled } from '@yuzhi/protocol/escrow';
import { payableTo } from './accounts.ts';
import { saleOf } from './payments.ts';
import { inParts, payeeReady, planPayouts } from './payouts.ts';
import { recorded, retry } from './rail-facts.ts';
import { BUYER, OTHER, PATIENCE, SALE, SELLER, T0, Till } from './till.fixture.ts';

let till: Till;
/** What is owed to each, as a release leaves it. */
function owed(dueFen: Record<string, bigint>, maxFen = 99_999_999n): void {
  till.does((draft) => {
    for (const [party, fen] of Object.entries(dueFen)) {
      const legs = [['psp:stripe', fen] as const, [payableTo(party), -fen] as const];
      draft.post({ id: `owed-${party}`, saleId: SALE, kind: 'owed', ref: 'x', at: T0, legs });
    }
    const sale = { ...saleOf(draft, SALE), priceFen: 1n, releasedAt: T0, deadlineAt: T0 + 99 };
    draft.putSale({ ...sale, payouts: planPayouts(draft, sale, new Map(Object.entries(dueFen)), maxFen) });
  });
}
const ready = (party: string) =>
  till.does((draft) => {
    draft.putPayee({ party, state: 'onboarding', account: null, onboardingUrl: 'u', links: 0, version: 0 });
    payeeReady(draft, party, `acct_${party}`);
  });
const states = () => till.sale().payouts.map(({ state }) => state);
const refused = (id: string, reason: string, isTransient: boolean) =>
  till.does((draft) => {
    const { attempt } = draft.book.operation(id)!;
    const said = { outcome: 'refused' as const, railId: null, url: null, reason, isTransient };
    recorded(draft, { book: 'main', operationId: id, attempt, ...said }, PATIENCE);
  });
beforeEach(() => void (till = new Till()));

describe('an amount in parts', () => {
  it('is whole when the rail takes it at once', () => {
    expect(inParts(99_999_999n, 99_999_999n)).toEqual([99_999_999n]);
    expect(inParts(0n, 99_999_999n)).toEqual([]);
  });

  it('is divided all but equally, so that no part is too small to move', () => {
    expect(inParts(100_000_001n, 99_999_999n)).toEqual([50_000_001n, 50_000_000n]);
    expect(inParts(12_680_000_050n, 99_999_999n)).toHaveLength(127);
  });

  it('adds up, with as few parts as there can be, none above the maximum and none a fen from another', () => {
    const amounts = fc.record({ fen: fc.bigInt(1n, 10n ** 11n), max: fc.bigInt(10n ** 9n, 10n ** 10n) });
    fc.assert(
      fc.property(amounts, ({ fen, max }) => {
        const parts = inParts(fen, max);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(fen);
        expect(parts.every((part) => part > 0n && part <= max)).toBe(true);
        expect(BigInt(parts.length)).toBe((fen + max - 1n) / max);
        expect(parts[0]! - parts.at(-1)!).toBeLessThanOrEqual(1n);
      }),
    );
  });
});

describe('a payout', () => {
  it('sets out at once when its payee has an account, and else as soon as he has one', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n, [OTHER]: 700n });
    expect(states()).toEqual(['transferring', 'waiting']);
    expect(till.operations('transfer', 'intended')[0]).toMatchObject({ party: SELLER, payeeAccount: `acct_${SELLER}` });
    ready(OTHER);
    expect(states()).toEqual(['transferring', 'transferring']);
    expect(till.operations('transfer', 'waiting')).toEqual([]);
  });

  it('is a transfer to the payee’s account, which clears what was owed, and then a payout to his bank', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    till.note(till.operations('transfer')[0]!);
    expect([till.posted(payableTo(SELLER)), till.posted('psp:stripe')]).toEqual([0n, 0n]);
    expect(states()).toEqual(['paying-out']);
    const [payout] = till.operations('payout');
    expect(payout).toMatchObject({ state: 'intended', amountFen: 300n, payeeAccount: `acct_${SELLER}` });
    till.note(payout!, { state: 'pending', rank: 1 });
    expect(till.told(payoutPaid)).toEqual([]);
    till.note(payout!);
    expect(till.told(payoutPaid)).toEqual([{ saleId: SALE, party: SELLER, amountFen: '300' }]);
    expect(states()).toEqual(['paid']);
  });

  it('moves in parts where the rail takes only so much', () => {
    ready(SELLER);
    owed({ [SELLER]: 250n }, 100n);
    expect(till.operations('transfer').map(({ amountFen }) => amountFen)).toEqual([84n, 83n, 83n]);
    for (const transfer of till.operations('transfer')) till.note(transfer);
    for (const payout of till.operations('payout')) till.note(payout);
    expect(till.posted(payableTo(SELLER))).toBe(0n);
    expect(till.told(payoutPaid).map(({ amountFen }) => amountFen)).toEqual(['84', '83', '83']);
  });

  it('clears what was owed once, however often the rail tells of the transfer', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    const [transfer] = till.operations('transfer');
    for (let i = 0; i < 3; i++) till.note(transfer!);
    expect(till.journals('transfer')).toHaveLength(1);
    expect(till.operations('payout')).toHaveLength(1);
  });

  it('whose transfer the rail will not take yet is tried again under a new key', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    const { id } = till.operations('transfer')[0]!;
    for (let i = 0; i < 9; i++) refused(id, 'balance_insufficient', true);
    expect(till.operation(id)).toMatchObject({ state: 'intended', attempt: 10 });
    expect(till.sale().payouts[0]).toMatchObject({ state: 'transferring', reason: 'balance_insufficient' });
    till.note(till.operation(id));
    expect(till.sale().payouts[0]).toMatchObject({ state: 'paying-out', reason: null });
  });

  it('whose transfer the rail has not taken in two weeks is blocked', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    const { id } = till.operations('transfer')[0]!;
    refused(id, 'balance_insufficient', true);
    till.now += 14 * 86_400_000;
    refused(id, 'balance_insufficient', true);
    expect(till.sale().payouts[0]).toMatchObject({ state: 'blocked', reason: 'balance_insufficient' });
  });

  it('whose transfer the rail will never take is blocked until somebody has looked', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    const { id } = till.operations('transfer')[0]!;
    refused(id, 'No such destination', false);
    expect(till.sale().payouts[0]).toMatchObject({ state: 'blocked', reason: 'No such destination' });
    expect(till.posted(payableTo(SELLER))).toBe(-300n);
    till.does((draft) => retry(draft, draft.book.operation(id)!));
    expect(till.sale().payouts[0]).toMatchObject({ state: 'transferring', reason: null });
    till.note(till.operation(id));
    expect(states()).toEqual(['paying-out']);
    const payout = till.operations('payout')[0]!;
    refused(payout.id, 'payouts are off', false);
    till.does((draft) => retry(draft, draft.book.operation(payout.id)!));
    expect(states()).toEqual(['paying-out']);
  });

  it('that the bank sends back is tried again, and blocked after a few attempts', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    till.note(till.operations('transfer')[0]!);
    const { id } = till.operations('payout')[0]!;
    till.note(till.operation(id), { state: 'failed', rank: 3 });
    expect(till.sale().payouts[0]).toMatchObject({ state: 'paying-out', reason: 'payout-failed' });
    for (let i = 0; i < 2; i++) till.note(till.operation(id), { state: 'failed', rank: 3 });
    expect(till.operation(id)).toMatchObject({ state: 'blocked', attempt: 3 });
    expect(states()).toEqual(['blocked']);
    expect(till.told(saleSettled)).toEqual([]);
  });

  it('that comes back after it was called paid is open again, and is paid again', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n });
    till.note(till.operations('transfer')[0]!);
    const { id } = till.operations('payout')[0]!;
    till.note(till.operation(id));
    till.note(till.operation(id), { state: 'failed', rank: 3 });
    expect(states()).toEqual(['paying-out']);
    expect(till.sale().settledAt).toBeNull();
    expect(till.told(saleReopened)).toEqual([{ saleId: SALE }]);
    till.note(till.operation(id), { state: 'failed', rank: 3 });
    expect(till.told(saleReopened)).toHaveLength(1);
    till.note(till.operation(id));
    expect(states()).toEqual(['paid']);
    expect(till.told(payoutPaid)).toHaveLength(2);
    expect(till.told(saleSettled)).toHaveLength(2);
    expect(till.sale().settledAt).toBe(T0);
  });
});

describe('a sale', () => {
  it('is settled when the last payee has his money', () => {
    for (const party of [SELLER, OTHER]) ready(party);
    owed({ [SELLER]: 300n, [OTHER]: 700n });
    for (const transfer of till.operations('transfer')) till.note(transfer);
    const [first, second] = till.operations('payout');
    till.note(first!);
    expect(till.told(saleSettled)).toEqual([]);
    till.note(second!);
    expect(till.told(saleSettled)).toEqual([{ saleId: SALE }]);
    expect(till.sale()).toMatchObject({ settledAt: T0, deadlineAt: null });
  });

  it('waits for a payee without an account, visibly', () => {
    ready(SELLER);
    owed({ [SELLER]: 300n, [BUYER]: 700n });
    till.note(till.operations('transfer', 'intended')[0]!);
    till.note(till.operations('payout')[0]!);
    expect(states()).toEqual(['paid', 'waiting']);
    expect(till.resident.isOpen(SALE)).toBe(true);
    expect(till.sale().settledAt).toBeNull();
  });
});
