import { Answer } from '@yuzhi/chassis/answers';
import { CONFIG } from '@yuzhi/chassis/service';
import { fromJson } from '@yuzhi/database/json';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { ParamsOf, Principal, Words } from '@yuzhi/protocol/declare';
import { getCalendar, getClock, getRecord, getRulebook, listSales } from '@yuzhi/protocol/oversight';
import { Inject, Injectable } from '@nestjs/common';
import type { ClockState } from './domain/clock.ts';
import { joined } from './domain/reason.ts';
import type { RulebookState } from './domain/rulebook.ts';
import { PrismaClient, type SaleRecord } from './generated/prisma/client.ts';
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
    const visible = [
      { audience: 'public' },
      { audience: 'self', party },
      ...(isParty ? [{ audience: 'parties' }] : []),
    ];
    const seen = { saleId, ...(seesAll(asker) ? {} : { OR: visible }) };
    const rows = await this.prisma.saleRecord.findMany({
      where: seen,
      // Where it stands tells apart what happened at once: within a stream it is the order of the events.
      orderBy: [{ at: 'asc' }, { position: 'asc' }],
      ...(after && { cursor: { eventId: after.split('_')[1]! }, skip: 1 }),
      take: limit + 1,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const ids = items.flatMap(({ because }) => because ?? []);
    const causes = ids.length
      ? await this.prisma.saleRecord.findMany({ where: { ...seen, eventId: { in: ids } } })
      : [];
    const causeOf = new Map(causes.map(({ eventId, zh, en }) => [eventId, { zh, en }]));
    return {
      items: items.map((row) => rowOf(row, row.because === null ? undefined : causeOf.get(row.because))),
      next: rows.length > limit && last ? `${last.at.getTime()}_${last.eventId}` : null,
    };
  }

  /** Newest movement first. */
  @Answer(listSales)
  async sales({ after, limit }: ParamsOf<typeof listSales>) {
    const [at, id] = after?.split('_') ?? [];
    const before = at ? new Date(Number(at)) : null;
    const rows = await this.prisma.$queryRaw<SaleRow[]>`
      select sale_id::text as "saleId", min(at) as "startedAt", max(at) as "lastAt", count(*)::int as events,
        (array_agg(type order by at desc, position desc))[1] as "lastType"
      from sale_record group by sale_id
      having ${before}::timestamptz is null or (max(at), sale_id) < (${before}::timestamptz, ${id ?? null}::uuid)
      order by max(at) desc, sale_id desc limit ${limit + 1}`;
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ startedAt, lastAt, ...row }) => ({
        ...row,
        startedAt: startedAt.getTime(),
        lastAt: lastAt.getTime(),
      })),
      next: rows.length > limit && last ? `${last.lastAt.getTime()}_${last.saleId}` : null,
    };
  }
}

/** As the record shows it: with what led to it as far as the asker may see that. */
function rowOf({ at, type, zh, en, actor, eventId, reasonZh, reasonEn }: SaleRecord, because: Words | undefined) {
  const decided = reasonZh === null || reasonEn === null ? null : { zh: reasonZh, en: reasonEn };
  const by = actor as { party: string; person: string };
  const reason = decided && because ? joined(decided, because) : decided;
  return { at: at.getTime(), type, sentence: { zh, en }, reason, actor: by, eventId };
}

interface SaleRow {
  saleId: string;
  startedAt: Date;
  lastAt: Date;
  events: number;
  lastType: string;
}
