import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { depositHeld, saleFunded, saleReopened, saleSettled } from '@yuzhi/protocol/escrow';
import { keyOf, type Operation } from './documents.ts';
import { onboard } from './payees.ts';
import { accountOf, beginCheckout, depositOrderId, openOrder, priceOrderId } from './payments.ts';
import { recorded } from './rail-facts.ts';
import { giveBack } from './refunds.ts';
import { release } from './release.ts';
import { apply, closeDeposits, expect as expectPrice, isRegistered, register } from './sales.ts';
import { BUYER, OTHER, PATIENCE, SALE, SELLER, T0, Till } from './till.fixture.ts';

const RULES = {
  ...{ feeBps: 200, feeMinFen: 1n, feeMaxFen: 999n, inventorFloorBps: 7_000, railMaxFen: 40n, payMonths: 6 },
  rulebookVersion: '1',
};
type Note = Parameters<Till['noteAs']>[0];
interface Thing {
  note: Note;
  /** Of the rail's own money, what it took or gave. */
  movesFen: bigint;
}

/** The rail as a list of things that exist there, and of what it ever said about them. */
class NaiveRail {
  readonly things = new Map<string, Thing>();
  readonly said: Note[] = [];

  make(key: string, note: Note, movesFen: bigint): void {
    this.things.set(key, { note, movesFen });
    this.said.push(note);
  }
  change(key: string, change: Partial<Note>, movesFen: bigint): void {
    this.make(key, { ...this.things.get(key)!.note, ...change }, movesFen);
  }
  get balanceFen(): bigint {
    return [...this.things.values()].reduce((sum, { movesFen }) => sum + movesFen, 0n);
  }
}

/** One sale of a price of 200 fen, two bidders, and everything that people and the rail may do in any order. */
class World {
  readonly till = new Till();
  readonly rail = new NaiveRail();
  #payments = 0;

  constructor() {
    for (const payer of [BUYER, OTHER]) {
      const asked = { id: depositOrderId(SALE, payer), saleId: SALE, payer, amountFen: 50n, dueAt: null };
      this.till.does((draft) => openOrder(draft, { ...asked, purpose: 'deposit' }));
    }
  }

  act(what: number, pick: number, amount: number): void {
    const acts = [this.#open, this.#pay, this.#call, this.#hear, this.#hear, this.#bank, this.#decide, this.#onboard];
    acts[what % acts.length]!.call(this, pick, BigInt(1 + (amount % 60)));
  }
  #orders = () => [depositOrderId(SALE, BUYER), depositOrderId(SALE, OTHER), priceOrderId(SALE, BUYER)];

  /** Sessions of any amount: people may have several pages open, and the price may have changed since. */
  #open(pick: number, fen: bigint): void {
    const order = this.till.resident.order(this.#orders()[pick % 3]!);
    if (order?.state === 'open') this.till.does((draft) => beginCheckout(draft, order, fen, 'https://x.example'));
  }
  /** Any session may be paid, whatever became of its order, and some twice; some money comes from nowhere. */
  #pay(pick: number, fen: bigint): void {
    const sessions = this.till.operations('checkout').filter(({ id }) => !id.startsWith('stray'));
    const session = pick % 9 === 0 ? undefined : sessions[pick % sessions.length];
    const railId = `pi_${(this.#payments += 1)}`;
    const reference = session ? keyOf(session) : '';
    const amountFen = session?.amountFen ?? fen;
    const money = { amountFen: String(amountFen), feeFen: '1' };
    this.rail.make(
      railId,
      { kind: 'payment', railId, reference, state: 'succeeded', rank: 3, ...money },
      amountFen - 1n,
    );
  }
  /** The next call is made: it may be refused, and its answer may never arrive. */
  #call(pick: number): void {
    const intended = [...this.till.resident.operations.values()].filter(({ state }) => state === 'intended');
    const operation = intended[pick % (intended.length || 1)];
    if (operation) this.call(operation, pick);
  }
  call(operation: Operation, luck: number): void {
    const { kind, amountFen } = operation;
    const key = keyOf(operation);
    const isRefused = luck % 7 === 1 && !this.rail.things.has(key);
    if (!isRefused && !this.rail.things.has(key) && kind !== 'checkout' && kind !== 'link') {
      const isTransfer = kind === 'transfer';
      const state = isTransfer ? { state: 'succeeded' as const, rank: 2 } : { state: 'pending' as const, rank: 1 };
      const note = { kind: kind === 'payee' ? ('account' as const) : kind, railId: `rail-${key}`, reference: key };
      const money = { amountFen: String(amountFen), feeFen: '0' };
      this.rail.make(key, { ...note, ...state, ...money }, kind === 'payout' || kind === 'payee' ? 0n : -amountFen);
    }
    if (luck % 5 === 2) return;
    const said = isRefused
      ? { outcome: 'refused' as const, railId: null, isTransient: luck % 2 === 0 }
      : { outcome: 'done' as const, railId: `rail-${key}`, isTransient: false };
    const { id: operationId, attempt } = operation;
    const record = { book: 'main' as const, operationId, attempt, url: 'u', reason: null, ...said };
    this.till.does((draft) => recorded(draft, record, PATIENCE));
  }
  /** Some webhook arrives, for the first time or again, early or late. */
  #hear(pick: number): void {
    if (this.rail.said.length) this.till.noteAs(this.rail.said[pick % this.rail.said.length]!);
  }
  /** Time passes at the banks: what was pending succeeds, what was done may come back. */
  #bank(pick: number): void {
    const moving = [...this.rail.things].filter(([, { note }]) => ['refund', 'payout', 'account'].includes(note.kind));
    const found = moving[pick % (moving.length || 1)];
    if (found) this.bank(found[0], pick % 6 === 5 ? 'failed' : 'succeeded');
  }
  bank(key: string, state: 'succeeded' | 'failed'): void {
    const { note, movesFen } = this.rail.things.get(key)!;
    if (note.state === 'failed' || (note.state === 'succeeded' && state === 'succeeded')) return;
    if (note.kind === 'account') return this.rail.change(key, { state: 'succeeded', rank: 2 }, 0n);
    this.rail.change(key, { state, rank: state === 'failed' ? 3 : 2 }, state === 'failed' ? 0n : movesFen);
  }
  /** What bidding, contracts and the register ask for, whenever it is allowed. */
  #decide(pick: number): void {
    const { till } = this;
    const [deposit, other] = this.#orders().map((id) => till.resident.order(id));
    const sale = till.resident.sale(SALE)!;
    const asked = { saleId: SALE, buyer: BUYER, seller: SELLER, priceFen: 200n, depositFen: 50n, dueAt: T0 };
    const due: (() => unknown)[] = [
      () => other?.state === 'paid' && till.does((draft) => giveBack(draft, other, accountOf(other), null)),
      () => deposit?.state === 'paid' && till.does((draft) => apply(draft, deposit)),
      () => sale.priceFen === null && till.does((draft) => expectPrice(draft, asked)),
      () => till.does((draft) => closeDeposits(draft, SALE)),
      () => till.does((draft) => register(draft, SALE, { on: '2026-11-24', owner: BUYER })),
      () => {
        const inventors = [{ party: OTHER, weight: 1n }];
        const claims = { inventors, inventorBps: 7_000, costsFen: 0n, netDeducts: [], payMonths: 6 };
        const isDue = sale.fundedAt !== null && isRegistered(sale) && sale.split === null;
        if (isDue) till.does((draft) => release(draft, sale, claims, RULES));
      },
    ];
    due[pick % due.length]!();
  }
  #onboard(pick: number): void {
    const party = [SELLER, OTHER][pick % 2]!;
    if (!this.till.resident.payee(party))
      this.till.does((draft) => onboard(draft, party, undefined, 'https://x.example'));
  }

  /** Everybody answers in the end: calls are made, banks confirm, and a reconciliation tells of every object. */
  drain(): void {
    for (let round = 0; round < 12; round++) {
      for (const operation of this.till.resident.operations.values()) {
        if (operation.state === 'intended' && operation.kind !== 'checkout') this.call(operation, 0);
      }
      for (const key of this.rail.things.keys()) this.bank(key, 'succeeded');
      for (const { note } of this.rail.things.values()) this.till.noteAs(note);
    }
  }
}

const steps = fc.array(fc.tuple(fc.nat(7), fc.nat(10_000), fc.nat(10_000)), { minLength: 40, maxLength: 160 });

describe('whatever people and the rail do, in whatever order it is heard of', () => {
  it('the book and the rail have the same money in the end, and no fen leaves twice', () => {
    fc.assert(
      fc.property(steps, (acts) => {
        const { till, rail } = ((world) => (acts.forEach((act) => world.act(...act)), world.drain(), world))(
          new World(),
        );
        expect(till.posted('psp:stripe')).toBe(rail.balanceFen);
        const moving = ['refund', 'transfer', 'payout'] as const;
        expect(
          moving.flatMap((kind) => [...till.operations(kind, 'intended'), ...till.operations(kind, 'sent')]),
        ).toEqual([]);
        expect(till.told(saleFunded).length).toBeLessThanOrEqual(1);
        const isSettled = till.sale().settledAt !== null;
        expect(till.told(saleSettled).length - till.told(saleReopened).length).toBe(Number(isSettled));
        expect(isSettled && till.sale().payouts.some(({ state }) => state !== 'paid')).toBe(false);
        expect(till.told(depositHeld).length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });

  it('hearing everything twice and in another order leads to the same book', () => {
    fc.assert(
      fc.property(steps, fc.integer(), (acts, seed) => {
        const world = new World();
        acts.forEach((act) => world.act(...act));
        world.drain();
        const before = new Map(world.till.resident.accounts);
        const shuffled = world.rail.said.toSorted((a, b) => hash(a, seed) - hash(b, seed));
        for (const note of [...shuffled, ...shuffled]) world.till.noteAs(note);
        expect(world.till.resident.accounts).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });
});

const hash = (note: Note, seed: number) =>
  Buffer.from(`${note.railId}${note.rank}${seed}`).reduce((h, byte) => (Math.imul(h, 31) + byte) | 0, 7);
