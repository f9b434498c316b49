import { Answer } from '@yuzhi/chassis/answers';
import { CONFIG } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { getCalendar, getClock, getRecord, getRulebook, listSales } from '@yuzhi/protocol/oversight';
import { Inject, Injectable } from '@nestjs/common';
import type { ClockState } from './domain/clock.ts';
import type { RulebookState } from './domain/rulebook.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import type { OversightConfig } from './oversight.config.ts';

const seesAll = (asker?: Principal) => asker?.roles.some((role) => role === 'desk' || role === 'ops') ?? false;

@Injectable()
export class OversightQueries {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly clock: PlatformClock,
    @Inject(CONFIG) private readonly config: OversightConfig,
  ) {}

  @Answer(getClock)
  async now() {
    const [now, row] = await Promise.all([
      this.clock.now(),
      this.prisma.platformClock.findUnique({ where: { id: 'main' } }),
    ]);
    const movingTo = row ? fromJson<ClockState>(row.state).movingTo : null;
    return { now, steppable: this.config.steppable, movingTo };
  }

  @Answer(getRulebook)
  async rulebook() {
    const book = await this.#rulebook();
    return book && { version: book.edition, activatedAt: book.activatedAt, rules: [...book.rules] };
  }

  @Answer(getCalendar)
  async calendar({ year }: ParamsOf<typeof getCalendar>) {
    return (await this.#rulebook())?.calendar.find((one) => one.year === year);
  }
  async #rulebook() {
    const row = await this.prisma.rulebook.findUnique({ where: { id: 'main' } });
    return row ? fromJson<RulebookState>(row.state) : undefined;
  }

  /** In the order in which it happened; somebody who may see nothing of a sale finds an empty record. */
  @Answer(getRecord)
  async record({ saleId, after, limit }: ParamsOf<typeof getRecord>, asker?: Principal) {
    const party = asker?.party ?? '';
    const isParty = (await this.prisma.saleParty.count({ where: { saleId, party } })) > 0;
    const visible = [{ audience: 'public' }, { audience: 'self', party }, ...(isParty ? [{ audience: 'parties' }] : [])];
    const rows = await this.prisma.saleRecord.findMany({
      where: {
        saleId,
        ...(seesAll(asker) ? {} : { OR: visible }),
        ...(after ? { position: { gt: BigInt(after.split('_')[0]!) } } : {}),
      },
      orderBy: { position: 'asc' },
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ at, type, zh, en, actor, eventId }) => ({
        at: at.getTime(),
        type,
        sentence: { zh, en },
        actor: actor as { party: string; person: string },
        eventId,
      })),
      next: rows.length > limit && last ? `${last.position}_${last.eventId}` : null,
    };
  }

  /** Newest movement first. */
  @Answer(listSales)
  async sales({ after, limit }: ParamsOf<typeof listSales>) {
    const before = after ? BigInt(after.split('_')[0]!) : null;
    const rows = await this.prisma.$queryRaw<SaleRow[]>`
      select sale_id::text as "saleId", min(at) as "startedAt", max(at) as "lastAt", count(*)::int as events,
        max(position) as position, (array_agg(type order by position desc))[1] as "lastType"
      from sale_record group by sale_id
      having ${before}::bigint is null or max(position) < ${before}::bigint
      order by max(position) desc limit ${limit + 1}`;
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ startedAt, lastAt, ...row }) => ({ ...row, startedAt: startedAt.getTime(), lastAt: lastAt.getTime() })),
      next: rows.length > limit && last ? `${last.position}_${last.saleId}` : null,
    };
  }
}

interface SaleRow {
  saleId: string;
  startedAt: Date;
  lastAt: Date;
  events: number;
  position: bigint;
  lastType: string;
}
