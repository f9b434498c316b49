import { READER } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Call, Errand, Pending } from '@yuzhi/messaging/errands';
import { settleReplay } from '@yuzhi/protocol/ops';
import { Inject, Injectable } from '@nestjs/common';
import type { ReplayState } from './domain/replay.ts';
import { Members } from './members.ts';

/** Of what the owner says; the rest is in its table. */
const REASON_MAX = 1000;

/**
 * Tells owners to send again, or to discard, what two people agreed on. When an answer was lost the owner is told
 * twice: it finds nothing then, for what was sent again or discarded is no longer set aside.
 */
@Injectable()
export class CarryOutReplays implements Errand<ReplayState> {
  readonly name = 'replay';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly members: Members,
  ) {}

  async pending(limit: number): Promise<Pending<ReplayState>[]> {
    const { rows } = await this.reader.query<{ state: unknown }>(
      'select state from replay where approved order by asked_at limit $1',
      [limit],
    );
    return rows.map((row) => {
      const task = fromJson<ReplayState>(row.state);
      return { id: task.replay, attempt: 0, task };
    });
  }
  async run({ replay, record, act }: ReplayState, { signal }: Call): Promise<Follow> {
    const { sent, stillPoisoned } =
      act === 'discard' ? await this.#discard(record, signal) : await this.#send(record, signal);
    return follow(settleReplay, replay, {
      replay,
      sent,
      stillPoisoned: stillPoisoned && stillPoisoned.slice(0, REASON_MAX),
    });
  }

  async #send({ service, kind, topic, partition, offset, key }: ReplayState['record'], signal: AbortSignal) {
    const { replayed: sent, stillPoisoned } =
      kind === 'command'
        ? await this.members.replayCommand(service, partition, offset, signal)
        : await this.members.replayParked(service, topic, key, signal);
    return { sent, stillPoisoned };
  }
  async #discard({ service, topic, partition, offset }: ReplayState['record'], signal: AbortSignal) {
    const { discarded: sent } = await this.members.discard(service, { topic, partition, offset }, signal);
    return { sent, stillPoisoned: null };
  }
}
