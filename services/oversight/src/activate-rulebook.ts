import { READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Errand, Pending } from '@yuzhi/messaging/errands';
import { activateRulebook } from '@yuzhi/protocol/oversight';
import { Inject, Injectable } from '@nestjs/common';
import type { Edition } from './domain/rulebook.ts';
import { newestEdition } from './edition.ts';

/** Puts the newest committed edition of the rulebook in force. */
@Injectable()
export class ActivateRulebook implements Errand<Edition> {
  readonly name = 'activate-rulebook';
  readonly #edition = newestEdition();

  constructor(@Inject(READER) private readonly reader: Reader) {}

  async pending(): Promise<Pending<Edition>[]> {
    const { rows } = await this.reader.query<{ edition: string; version: number }>(
      `select state->>'edition' as edition, version from rulebook where id = 'main'`,
    );
    if (rows[0]?.edition === this.#edition.version) return [];
    return [{ id: this.#edition.version, attempt: rows[0]?.version ?? 0, task: this.#edition }];
  }
  async run(edition: Edition): Promise<Follow> {
    return follow(activateRulebook, 'main', { rulebook: 'main', ...edition });
  }
}
