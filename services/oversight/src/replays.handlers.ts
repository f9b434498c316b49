import { Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle } from '@yuzhi/messaging/handlers';
import { approveReplay, askReplay, declineReplay, settleReplay } from '@yuzhi/protocol/ops';
import { Injectable } from '@nestjs/common';
import { approved, asked, declined, type ReplayState, settled } from './domain/replay.ts';
import { ReplayStore } from './replays.store.ts';

@Injectable()
export class ReplayHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(askReplay, ReplayStore)
  ask(before: ReplayState | undefined, { key, data, principal }: Sent<typeof askReplay>, now: number) {
    const validUntil = now + this.rulebook.int('oversight.replay-valid-seconds', now) * 1000;
    return accept(before ?? asked(key, data, principal.person, now, validUntil), { replay: key });
  }

  @Handle(approveReplay, ReplayStore)
  approve(before: ReplayState | undefined, { key, principal }: Sent<typeof approveReplay>, now: number) {
    const after = approved(before, principal.person, now);
    return typeof after === 'string' ? refuse(after) : accept(after, { replay: key });
  }

  @Handle(declineReplay, ReplayStore)
  decline(before: ReplayState | undefined, { key, principal }: Sent<typeof declineReplay>, now: number) {
    const after = declined(before, principal.person, now);
    return typeof after === 'string' ? refuse(after) : accept(after, { replay: key });
  }

  @Handle(settleReplay, ReplayStore)
  settle(before: ReplayState | undefined, { data }: Sent<typeof settleReplay>) {
    if (!before) throw new Error(`${data.replay}: carried out and never asked for`);
    const { sent, stillPoisoned } = data;
    return accept(settled(before, { sent, stillPoisoned }) ?? before, {});
  }
}
