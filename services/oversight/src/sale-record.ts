import { HeldTables } from '@yuzhi/chassis/parts';
import { LOGGER } from '@yuzhi/chassis/service';
import type { Projection } from '@yuzhi/messaging/projector';
import { catalogue, declarations } from '@yuzhi/protocol/catalogue';
import type { CloudEvent } from '@yuzhi/protocol/declare';
import { organisations, people } from '@yuzhi/protocol/identity';
import type { Logger } from '@yuzhi/telemetry/logging';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { z } from 'zod';
import { reasonOf } from './domain/reason.ts';
import { partiesOf, sentenceOf } from './domain/sentence.ts';

const commands = new Map(declarations('command').map((command) => [command.type, command]));
const declared = new Map(declarations('event').map((event) => [event.type, event]));

/** What every outbox writes around an event. */
const Sound = z.object({
  id: z.uuid(),
  saleid: z.uuid(),
  time: z.iso.datetime(),
  actor: z.object({ party: z.string(), person: z.string() }),
  cause: z.object({ command: z.string(), outcome: z.string().optional(), event: z.uuid().optional() }).optional(),
});
/** Postgres has no NUL in its text. */
const isStorable = (event: CloudEvent) => !/(?<!\\)(?:\\\\)*\\u0000/.test(JSON.stringify(event));

const COLUMNS = [
  ...(['id', 'saleId', 'time', 'type', 'zh', 'en', 'audience', 'party', 'actor'] as const),
  ...(['reasonZh', 'reasonEn', 'because'] as const),
] as const;

/** The record of every sale: each event with its sentence, as it happened, and for whom it is. */
@Injectable()
export class SaleRecordProjection implements Projection {
  readonly name = 'sale-record';
  readonly topics = catalogue.topics.map(({ topic }) => topic).filter((topic) => topic.endsWith('.events'));

  constructor(
    private readonly tables: HeldTables,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async apply(tx: pg.PoolClient, events: CloudEvent[]): Promise<void> {
    const rows = events.flatMap((event) => this.#rowOf(event as CloudEvent<Record<string, unknown>>));
    if (!rows.length) return;
    const column = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
    await tx.query(
      `insert into sale_record (event_id, sale_id, at, type, zh, en, audience, party, actor, reason_zh, reason_en,
         because)
       select u.event_id, u.sale_id, u.at, u.type, u.zh, u.en, u.audience, u.party, u.actor::jsonb, u.reason_zh,
         u.reason_en, u.because
       from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[]) with ordinality
         u(event_id, sale_id, at, type, zh, en, audience, party, actor, reason_zh, reason_en, because, n) order by u.n
       on conflict (event_id) do nothing`,
      COLUMNS.map(column),
    );
    const parties = rows.flatMap(({ saleId, parties: named }) => named.map((party) => ({ saleId, party })));
    await tx.query(
      `insert into sale_party (sale_id, party) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing`,
      [parties.map(({ saleId }) => saleId), parties.map(({ party }) => party)],
    );
  }

  async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from sale_record');
    await tx.query('delete from sale_party');
  }

  /** What no outbox would have written is passed over: it must not keep the events behind it out of the record. */
  #rowOf(said: CloudEvent<Record<string, unknown>>) {
    const { id, type, time, saleid, actor, data, cause } = said;
    const event = declared.get(type);
    if (!event || !saleid) return [];
    if (!Sound.safeParse(said).success || !event.data.safeParse(data).success || !isStorable(said)) {
      this.logger.warn({ id, type, saleid }, 'not recorded: no outbox wrote this');
      return [];
    }
    const { zh, en } = sentenceOf(event, data, (party) => this.#nameOf(party));
    const { audience } = event;
    const own = audience === 'self' && typeof data['party'] === 'string' ? data['party'] : null;
    const reason = cause && reasonOf(cause, commands);
    const why = { reasonZh: reason?.zh ?? null, reasonEn: reason?.en ?? null, because: cause?.event ?? null };
    const what = { id, saleId: saleid, time, type, zh, en, audience, party: own, actor: JSON.stringify(actor) };
    return [{ ...what, ...why, parties: partiesOf(data) }];
  }
  #nameOf(party: string): string {
    return this.tables.of(organisations).get(party)?.name ?? this.tables.of(people).get(party)?.name ?? party;
  }
}
