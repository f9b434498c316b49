import { demonstrationPatents } from '@yuzhi/patent-office/demonstration-patents';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import type { Owner } from './doubles.ts';
import type { Firm } from './stage.ts';

/** The year in which these were filed, unless somebody needs them for long. */
const FILED = 2018;
/** Years from a filing to its grant. */
const EXAMINED = 2;
/** For so many there are words enough; of more, some have the same title. */
const WORDED = 400;
const SHANGHAI_MS = 8 * 3_600_000;

export const ownerOf = ({ uscc, name }: Pick<Firm, 'uscc' | 'name'>): Owner => ({ party: uscc, name });

/**
 * Invented patents, one for each serial from the first on, not on the register yet. Where `dueOn` (epoch ms) is given,
 * nobody pays their annuity of that day. They last for twenty years from `filed`.
 */
export function invented(count: number, firms: readonly Firm[], firstSerial: number, dueOn?: number, filed = FILED) {
  const owners = firms.map(ownerOf);
  const drafts = Array.from({ length: Math.ceil(count / WORDED) }, (_, n) => {
    const serial = firstSerial + n * WORDED;
    return demonstrationPatents(Math.min(WORDED, count - n * WORDED), { owners, seed: serial, firstSerial: serial });
  }).flat();
  const due = dueOn === undefined ? undefined : new Date(dueOn + SHANGHAI_MS);
  return drafts.map((draft, i) => ({
    ...draft,
    number: demonstrationNumber(filed, 'invention', firstSerial + i),
    filingDate: due ? `${filed}${due.toISOString().slice(4, 10)}` : `${filed}-03-01`,
    grantDate: `${filed + EXAMINED}-03-02`,
    owners,
    ...(due && { annuity: { paidThroughYear: due.getUTCFullYear() - filed, ownerPays: false } }),
  }));
}
