import type { Filed } from '@yuzhi/database/journal';
import { askedOf, inputHash } from '@yuzhi/messaging/ids';
import type { Command, Envelope, Outcome } from '@yuzhi/protocol/declare';
import type { Admission } from './admission.ts';

/** Who waits for the outcome of a command. */
export interface Caller {
  command: Command;
  envelope: Envelope;
  sentAt: number;
  /** The log has it. */
  durable: boolean;
  askedAt: number;
  askAfterMs: number;
  settle(ending: Ending): void;
}
/**
 * `undecided`: on the log, no outcome in time. `unsent`: as far as we know not on the log, which may change.
 * `too-large`: the log will never take it.
 */
export type Ending = Outcome | 'undecided' | 'unsent' | 'too-large';

export interface CallersParts {
  admission: Admission;
  answerWithinMs: number;
  produceWithinMs: number;
  /** One read of an owner's inbox for all of these, by the ids of what was asked. */
  readInbox(owner: string, asked: string[]): Promise<Filed[]>;
  /** An owner's reply came to somebody who had waited so long for what he asked of this aggregate. */
  answered(owner: string, aggregate: string, waitedMs: number, now: number): void;
}

const SWEEP_MS = 25;
/** A reply is lost when it has not come after this long: then the owner's inbox is asked, ever more rarely. */
const ASK_AFTER_MS = 250;
const ASK_MAX_MS = 2000;
/** Of one read. */
const ASKED_MAX = 500;

const reused: Outcome = { status: 422, code: 'idempotency-key-reused', body: {} };

/** Everybody who waits, in the order of asking: one sweep finds all that are late, and no caller has a timer. */
export class Callers {
  readonly #waiting = new Map<string, Caller>();
  readonly #asking = new Set<string>();
  readonly #timer = setInterval(() => this.#sweep(performance.now()), SWEEP_MS);

  constructor(private readonly parts: CallersParts) {}

  /** @throws Denied too-many-requests */
  wait(command: Command, envelope: Envelope): Promise<Ending> {
    const now = performance.now();
    this.parts.admission.enter(command.service, envelope.key);
    return new Promise((settle) => {
      const caller = { command, envelope, sentAt: now, durable: false, askedAt: now, askAfterMs: ASK_AFTER_MS, settle };
      this.#waiting.set(envelope.id, caller);
    });
  }
  durable(id: string): void {
    const caller = this.#waiting.get(id);
    if (caller) caller.durable = true;
  }
  /** The owner's reply. */
  heard(id: string, outcome: Outcome, now: number): void {
    const caller = this.#waiting.get(id);
    if (!caller) return;
    const { command, envelope, sentAt } = caller;
    this.parts.admission.answered(command.service, now);
    this.parts.answered(command.service, envelope.key, now - sentAt, now);
    this.settle(id, outcome);
  }
  settle(id: string, ending: Ending): void {
    const caller = this.#waiting.get(id);
    if (!caller) return;
    this.#waiting.delete(id);
    this.parts.admission.leave(caller.command.service, caller.envelope.key);
    caller.settle(ending);
  }

  #sweep(now: number): void {
    const { answerWithinMs, produceWithinMs } = this.parts;
    const doubtful: Caller[] = [];
    for (const [id, caller] of this.#waiting) {
      const waited = now - caller.sentAt;
      if (waited < Math.min(ASK_AFTER_MS, answerWithinMs, produceWithinMs)) break;
      if (!caller.durable && waited >= produceWithinMs) this.settle(id, 'unsent');
      else if (waited >= answerWithinMs) this.settle(id, caller.durable ? 'undecided' : 'unsent');
      else if (caller.durable && now - caller.askedAt >= caller.askAfterMs) doubtful.push(caller);
    }
    for (const [owner, callers] of Map.groupBy(doubtful, ({ command }) => command.service)) {
      if (!this.#asking.has(owner)) void this.#ask(owner, callers.slice(0, ASKED_MAX), now);
    }
  }

  async #ask(owner: string, callers: Caller[], now: number): Promise<void> {
    this.#asking.add(owner);
    for (const caller of callers) {
      caller.askedAt = now;
      caller.askAfterMs = Math.min(caller.askAfterMs * 2, ASK_MAX_MS);
    }
    try {
      const asked = callers.map(askedBy);
      const filed = await this.parts.readInbox(owner, asked);
      const found = new Map(filed.map((one) => [one.id, one]));
      for (const [i, { envelope }] of callers.entries()) {
        const one = found.get(asked[i]!);
        if (one) this.settle(envelope.id, outcomeFor(envelope, one));
      }
    } catch {
      // The owner is away; it is asked again.
    } finally {
      this.#asking.delete(owner);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const [id, { durable }] of this.#waiting) this.settle(id, durable ? 'undecided' : 'unsent');
  }
}

const askedBy = ({ envelope: { principal, key, idempotencyKey } }: Caller): string =>
  askedOf(principal.party, key, idempotencyKey).id;

/** What the owner will say to this command, given what it filed under the same key. */
function outcomeFor({ id, type, key, data }: Envelope, { commandId, inputHash: hash, outcome }: Filed): Outcome {
  return commandId === id || hash === inputHash(type, key, data) ? outcome : reused;
}
