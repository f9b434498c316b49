import { CONFIG } from '@yuzhi/chassis/service';
import { accept, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle } from '@yuzhi/messaging/handlers';
import {
  activateRulebook,
  advanceClock,
  arriveClock,
  calendar,
  clockArrived,
  rulebookActivated,
  rules,
} from '@yuzhi/protocol/oversight';
import { Inject, Injectable } from '@nestjs/common';
import { arrive, type ClockState, setOff } from './domain/clock.ts';
import { activated, type RulebookState } from './domain/rulebook.ts';
import type { OversightConfig } from './oversight.config.ts';
import { ClockStore, RulebookStore } from './oversight.store.ts';

@Injectable()
export class RulebookHandlers {
  @Handle(activateRulebook, RulebookStore)
  activate(before: RulebookState | undefined, { data }: Sent<typeof activateRulebook>, now: number) {
    const next = activated(before, data, now);
    if (!next) return accept(before!, { version: data.version });
    const decision = accept(next, { version: next.edition });
    for (const [id, versions] of Map.groupBy(next.rules, (rule) => rule.id)) {
      decision.keep(rules, id, { id, rulebook: next.edition, versions });
    }
    for (const id of gone(before, next)) decision.keep(rules, id, null);
    for (const year of next.calendar) decision.keep(calendar, String(year.year), year);
    for (const { year } of before?.calendar ?? []) {
      if (!next.calendar.some((one) => one.year === year)) decision.keep(calendar, String(year), null);
    }
    return decision.tell(rulebookActivated, { rulebook: 'main', version: next.edition, rules: next.rules.length });
  }
}

/** Rules that an edition no longer has. */
const gone = (before: RulebookState | undefined, { rules: kept }: RulebookState) =>
  [...new Set(before?.rules.map(({ id }) => id))].filter((id) => !kept.some((rule) => rule.id === id));

@Injectable()
export class ClockHandlers {
  constructor(@Inject(CONFIG) private readonly config: OversightConfig) {}

  @Handle(advanceClock, ClockStore)
  advance(clock: ClockState | undefined, { data: { to } }: Sent<typeof advanceClock>, now: number) {
    const moving = setOff(clock, to, { now, steppable: this.config.steppable });
    return typeof moving === 'string' ? refuse(moving) : accept(moving, { to });
  }

  @Handle(arriveClock, ClockStore)
  arrive(clock: ClockState | undefined, { data }: Sent<typeof arriveClock>) {
    const arrived = arrive(clock, data.to, data.offsetMs);
    if (!arrived) return accept(clock!);
    return accept(arrived, {}).tell(clockArrived, { clock: 'main', to: data.to });
  }
}
