import { READER } from '@yuzhi/chassis/service';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import { fromJson } from '@yuzhi/database/json';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Call, Errand, Pending } from '@yuzhi/messaging/errands';
import { mirrorPatent, recordFiling, refreshPatent } from '@yuzhi/protocol/register';
import { Inject, Injectable } from '@nestjs/common';
import type { Filing } from './domain/filing.ts';
import { type OfficeAnswer, PatentOffice } from './patent-office.ts';

/** Asks the office for patents that are new to the mirror or may have changed. */
@Injectable()
export class ReadPatent implements Errand<string> {
  readonly name = 'read-patent';
  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly office: PatentOffice,
    private readonly clock: PlatformClock,
  ) {}

  async pending(limit: number): Promise<Pending<string>[]> {
    const { rows } = await this.reader.query<{ id: string; version: number }>(
      'select patent_number as id, version from patent where stale order by requested_at limit $1',
      [limit],
    );
    return rows.map(({ id, version }) => ({ id, attempt: version, task: id }));
  }
  async run(patentNumber: string, { signal }: Call): Promise<Follow> {
    const entry = await this.office.read(patentNumber, await this.clock.now(), signal);
    return follow(mirrorPatent, patentNumber, { patentNumber, entry });
  }
}

/** Takes filings to the office: the sale id is their reference, so that a repetition is the same filing. */
@Injectable()
export class SubmitFiling implements Errand<Filing> {
  readonly name = 'submit-filing';
  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly office: PatentOffice,
    private readonly clock: PlatformClock,
  ) {}

  pending(limit: number): Promise<Pending<Filing>[]> {
    return filingsWhere(this.reader, `status = 'opened'`, limit);
  }
  async run(filing: Filing, { signal }: Call): Promise<Follow> {
    const now = await this.clock.now();
    return heard(this.office, filing, await this.office.file(filing, now, signal), now, signal);
  }
}

/** Asks the office how far a filing is. */
@Injectable()
export class CheckFiling implements Errand<Filing> {
  readonly name = 'check-filing';
  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly office: PatentOffice,
    private readonly clock: PlatformClock,
  ) {}

  pending(limit: number): Promise<Pending<Filing>[]> {
    return filingsWhere(this.reader, 'checking', limit);
  }
  async run(filing: Filing, { signal }: Call): Promise<Follow> {
    const now = await this.clock.now();
    return heard(this.office, filing, await this.office.filing(filing.officeReference!, now, signal), now, signal);
  }
}

/** What was said, and of what is said to be registered, what the register shows. */
async function heard(
  office: PatentOffice,
  { saleId, patentNumber }: Filing,
  answer: OfficeAnswer,
  now: number,
  signal: AbortSignal,
): Promise<Follow> {
  const entry = answer.state === 'registered' ? await office.read(patentNumber, now, signal) : null;
  const owner = entry?.owners.length === 1 ? entry.owners[0]!.party : null;
  return follow(recordFiling, saleId, { saleId, ...answer, owner });
}

/** How often the office's journal of changes is read, real time. */
const FOLLOW_MS = 2_000;

/**
 * Follows the office's journal of changes, from its beginning after each start; what is not newer changes nothing.
 * What the mirror has not caught up with stays on a list: a refresh may get lost, a reading be older than the change.
 */
@Injectable()
export class FollowChanges implements Errand {
  readonly name = 'follow-changes';
  readonly everyMs = 200;
  #seq = 0;
  #notBefore = 0;
  /** Each look is an attempt of its own, after a restart too: what it leads to must not pass for what was done. */
  #attempt = Date.now();
  /** The version that each patent must reach. */
  readonly #behind = new Map<string, number>();

  constructor(
    @Inject(READER) private readonly reader: Reader,
    private readonly office: PatentOffice,
    private readonly clock: PlatformClock,
  ) {}

  async pending(): Promise<Pending<undefined>[]> {
    return Date.now() < this.#notBefore ? [] : [{ id: 'journal', attempt: this.#attempt, task: undefined }];
  }
  async run(_: unknown, { signal }: Call): Promise<Follow[]> {
    const changes = await this.office.changes(this.#seq, await this.clock.now(), signal);
    for (const { patentNumber, seq } of changes) this.#behind.set(patentNumber, seq);
    const refreshes = await this.#refreshes();
    this.#seq = changes.at(-1)?.seq ?? this.#seq;
    this.#attempt = Math.max(this.#attempt + 1, Date.now());
    if (!changes.length) this.#notBefore = Date.now() + FOLLOW_MS;
    return refreshes;
  }

  /** For what is behind and not being read already. What the mirror does not hold is read anew when it is imported. */
  async #refreshes(): Promise<Follow[]> {
    const { rows } = await this.reader.query<{ id: string; version: number; stale: boolean }>(
      'select patent_number as id, office_version as version, stale from patent where patent_number = any($1)',
      [[...this.#behind.keys()]],
    );
    const late = rows.filter(({ id, version }) => version < this.#behind.get(id)!);
    const named = new Set(late.map(({ id }) => id));
    for (const patentNumber of this.#behind.keys()) if (!named.has(patentNumber)) this.#behind.delete(patentNumber);
    return late.filter(({ stale }) => !stale).map(({ id }) => follow(refreshPatent, id, { patentNumber: id }));
  }
}

async function filingsWhere(reader: Reader, condition: string, limit: number): Promise<Pending<Filing>[]> {
  const { rows } = await reader.query<{ id: string; state: unknown }>(
    `select sale_id::text as id, state from filing where ${condition} order by opened_at limit $1`,
    [limit],
  );
  return rows.map(({ id, state }) => {
    const filing = fromJson<Filing>(state);
    return { id, attempt: filing.checks, task: filing };
  });
}
