import { toJson } from '@yuzhi/database/json';
import { Journal } from '@yuzhi/database/journal';
import type { Reader } from '@yuzhi/database/store';
import type { Follow } from '@yuzhi/messaging/decision';
import { servicePrincipal } from '@yuzhi/messaging/effects';
import { askedOf } from '@yuzhi/messaging/ids';
import type { Log } from '@yuzhi/messaging/log';
import type { Envelope, Outcome } from '@yuzhi/protocol/declare';

const sleep = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));

/** Commands that a service sends to its own aggregates because of a hook, an upload or a form. */
export class OwnCommands {
  readonly #journal = new Journal();

  constructor(
    private readonly service: string,
    private readonly log: Log,
    private readonly reader: Reader,
  ) {}

  /** Resolves when the log has it. The same `id`, a UUID, is never done twice. */
  async send(id: string, { command, key, data }: Follow): Promise<void> {
    const principal = servicePrincipal(this.service);
    const envelope: Envelope = { id, idempotencyKey: id, type: command.type, key, principal, data };
    await this.log.send([{ topic: command.topic, key, value: toJson(envelope) }]);
  }

  /** Sends, and waits for the outcome; undefined when it is not decided within `withinMs`. */
  async outcome(id: string, follow: Follow, withinMs = 3000): Promise<Outcome | undefined> {
    await this.send(id, follow);
    const { party } = servicePrincipal(this.service);
    const asked = [askedOf(party, follow.key, id).id];
    const until = performance.now() + withinMs;
    for (let wait = 10; performance.now() < until; wait = Math.min(wait * 1.5, 200)) {
      const [filed] = await this.#journal.known(this.reader, asked);
      if (filed) return filed.outcome;
      await sleep(wait);
    }
    return undefined;
  }
}
