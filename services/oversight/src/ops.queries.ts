import { Answer, Fill } from '@yuzhi/chassis/answers';
import { fromJson } from '@yuzhi/database/json';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { ParamsOf } from '@yuzhi/protocol/declare';
import { listReplays, listSetAside, live } from '@yuzhi/protocol/ops';
import { Injectable } from '@nestjs/common';
import { setAsideOf } from './domain/live-frame.ts';
import { isExpired, type ReplayState } from './domain/replay.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { LiveView } from './live-view.ts';
import { Members } from './members.ts';

@Injectable()
export class OpsQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly clock: PlatformClock,
    private readonly members: Members,
    private readonly view: LiveView,
  ) {}

  @Fill(live)
  async frames(_: ParamsOf<typeof live>, { after, limit }: { after: number; limit: number }) {
    return this.view.fill(after, limit);
  }

  @Answer(listSetAside)
  async setAside() {
    const look = await this.members.look();
    const silent = look.seen.filter(({ vitals }) => !vitals).map(({ name }) => name);
    return { items: setAsideOf(look), silent };
  }

  @Answer(listReplays)
  async replays({ after, limit }: ParamsOf<typeof listReplays>) {
    const [at, id] = after?.split('_') ?? [];
    const askedAt = new Date(Number(at));
    const now = await this.clock.now();
    const rows = await this.prisma.replay.findMany({
      where: id ? { OR: [{ askedAt: { lt: askedAt } }, { askedAt, replay: { lt: id } }] } : {},
      orderBy: [{ askedAt: 'desc' }, { replay: 'desc' }],
      take: limit + 1,
    });
    const items = rows.slice(0, limit).map(({ state }) => viewOf(fromJson<ReplayState>(state), now));
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? `${last.askedAt}_${last.replay}` : null };
  }
}

function viewOf(replay: ReplayState, now: number) {
  const { version: _, ...shown } = replay;
  return isExpired(replay, now) ? { ...shown, state: 'expired' as const } : shown;
}
