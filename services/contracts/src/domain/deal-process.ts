import { defineProcess } from '@yuzhi/chassis/process';
import { accept, type Accepted, Effects } from '@yuzhi/messaging/decision';
import { contractOffered, dealClosed, dealEffective, dealStuck, DealState as States } from '@yuzhi/protocol/contracts';
import type { Words } from '@yuzhi/protocol/declare';
import { ask } from './asks.ts';
import type { Ask, Deal, Due } from './deal.ts';
import { officeRefused, OVERDUE, TO_ANOTHER } from './stuck.ts';

/** The way of every deal. What a move is told by: our errands, answers to our questions, and what others told of us. */
export const dealProcess = defineProcess('deal', {
  states: States.options,
  initial: 'confirming',
  transitions: [
    { from: 'confirming', on: 'confirmed', to: 'drafting' },
    { from: 'drafting', on: 'drafted', to: 'signing' },
    { from: 'signing', on: 'signed', to: 'sealing' },
    { from: 'sealing', on: 'sealed', to: 'expecting' },
    { from: 'expecting', on: 'reconfirmed', to: 'expecting' },
    { from: 'expecting', on: 'expected', to: 'paying' },
    { from: 'paying', on: 'funded', to: 'filing' },
    { from: 'filing', on: 'reconfirmed', to: 'filing' },
    { from: 'filing', on: 'filed', to: 'registering' },
    { from: 'registering', on: 'registered', to: 'releasing' },
    { from: 'releasing', on: 'released', to: 'paying-out' },
    { from: 'paying-out', on: 'settled', to: 'closed' },
  ],
  final: ['closed'],
});
export type Move = (typeof dealProcess.transitions)[number]['on'];

export interface WorkingDays {
  addWorkingDays(at: number, days: number): Due;
}

const DAY_MS = 86_400_000;

/** One decision on a deal: its moves, what they tell and ask, and the deadline that follows. */
export class Turn {
  readonly #effects = new Effects();
  #deal: Deal;

  constructor(
    private readonly before: Deal,
    private readonly now: number,
    private readonly calendar: WorkingDays,
  ) {
    this.#deal = before;
  }

  get deal(): Deal {
    return this.#deal;
  }
  get effects(): Effects {
    return this.#effects;
  }
  set(change: Partial<Deal>): this {
    this.#deal = { ...this.#deal, ...change };
    return this;
  }
  ask(what: Ask): this {
    return this.set({ asking: ask(this.#effects, this.#deal, what) });
  }

  /** Begins a deal: nothing can be drawn up before the register has confirmed the patent. */
  open(): this {
    return this.set({ due: this.#soon() }).ask('confirm');
  }

  /** Goes on, and then as far as what was told before allows. Throws RangeError where the table knows no such move. */
  move(on: Move): this {
    const state = dealProcess.next(this.#deal.state, on);
    if (state === undefined) throw new RangeError(`a deal that is ${this.#deal.state} cannot be ${on}`);
    this.set({ state, stuck: null });
    this.#arrive(on);
    return this.catchUp();
  }

  /** Applies what others told before the deal had come so far. */
  catchUp(): this {
    const { state, notes } = this.#deal;
    if (state === 'paying' && notes.funded) return this.move('funded');
    if (state === 'registering' && notes.registeredOn !== null) return this.move('registered');
    if (state === 'paying-out' && notes.settled) return this.move('settled');
    if (state !== 'registering') return this;
    if (notes.registeredToAnother) return this.stick('registered-to-another', TO_ANOTHER, this.now);
    if (notes.refusedReason === null) return this;
    return this.stick('filing-refused', officeRefused(notes.refusedReason), this.now);
  }

  /** Says once that the deal does not go on, and why. */
  stick(reason: string, words: Words, since: number): this {
    const { saleId, state, stuck } = this.#deal;
    if (stuck?.reason === reason) return this;
    const said = { saleId, at: state, reason, reasonZh: words.zh, reasonEn: words.en };
    this.#effects.tell(dealStuck, said, saleId);
    return this.set({ stuck: { reason, ...words, since } });
  }

  /** Applies the deadlines that have passed. A cause that is known already stays the reason. */
  passDeadlines(): this {
    const { state, due, stuck, asking } = this.#deal;
    if (due && due.at <= this.now && state !== 'closed') {
      this.set({ due: null });
      if (!stuck) this.stick(`${state}-overdue`, OVERDUE[state], due.at);
    }
    if (asking && asking.retryAt !== null && asking.retryAt <= this.now) this.ask(asking.what);
    return this;
  }

  done(body: unknown = {}): Accepted<Deal> {
    if (this.#deal === this.before) return accept(this.before, body);
    const { due, asking } = this.#deal;
    const waits = [due?.at, asking?.retryAt].filter((at) => at != null);
    const deadlineAt = waits.length ? Math.min(...waits) : null;
    return accept({ ...this.#deal, deadlineAt, version: this.before.version + 1 }, body).also(this.#effects);
  }

  #arrive(on: Move): void {
    const { state, terms, effectiveAt, payBy, due } = this.#deal;
    const within = (days: number) => this.calendar.addWorkingDays(this.now, days);
    const soon = this.#soon();
    if (on === 'confirmed') this.set({ confirmedAt: this.now, due: soon });
    else if (on === 'drafted') this.#offer(within(terms.signWithinWorkingDays));
    else if (on === 'signed') {
      this.set({ effectiveAt: this.now, payBy: within(terms.agreed.payWithinWorkingDays), due: soon });
    } else if (on === 'sealed') this.#bind().set({ due: soon }).ask('confirm');
    else if (on === 'expected') this.set({ due: payBy });
    else if (on === 'funded') this.set({ due: within(terms.agreed.fileWithinWorkingDays) }).ask('confirm');
    else if (on === 'reconfirmed') this.set({ due: due ?? soon }).ask(state === 'filing' ? 'file' : 'expect');
    else if (on === 'filed') {
      this.set({ due: { at: effectiveAt! + terms.agreed.longStopDays * DAY_MS, provisional: false } });
    } else if (on === 'registered') this.set({ due: within(terms.agreed.releaseWithinWorkingDays) }).ask('release');
    else if (on === 'released') this.set({ due: due ?? within(terms.agreed.releaseWithinWorkingDays) });
    else if (on === 'settled') this.#close();
  }

  #soon(): Due {
    return { at: this.now + this.#deal.terms.machinesMs, provisional: false };
  }
  #offer(due: Due): void {
    const { saleId, contract } = this.#deal;
    this.set({ due, signBy: due.at });
    this.#effects.tell(contractOffered, { saleId, contentHash: contract!.contentHash, signBy: due.at }, saleId);
  }
  #bind(): this {
    const { saleId, seller, buyer, contract, sealedHash, effectiveAt } = this.#deal;
    const hashes = { contentHash: contract!.contentHash, fileHash: sealedHash! };
    this.#effects.tell(dealEffective, { saleId, seller, buyer, ...hashes, effectiveAt: effectiveAt! }, saleId);
    return this;
  }
  #close(): void {
    const { saleId, seller, buyer, patentNumber, priceFen } = this.#deal;
    this.set({ due: null });
    this.#effects.tell(dealClosed, { saleId, seller, buyer, patentNumber, priceFen: String(priceFen) }, saleId);
  }
}
