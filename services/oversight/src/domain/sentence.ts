import { formatExact } from '@yuzhi/money/format';
import type { Event, Words } from '@yuzhi/protocol/declare';

/** How a party is called in the record. */
export type NameOf = (party: string) => string;

const TIME = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });

/** The sentence of an event with its data: `{field}`, `{field:fen}` an amount, `{field:party}` a name, `{field:time}`. */
export function sentenceOf({ sentence }: Pick<Event, 'sentence'>, data: Record<string, unknown>, nameOf: NameOf): Words {
  const fill = (locale: 'zh' | 'en') =>
    sentence[locale].replace(/\{(\w+)(?::(\w+))?\}/g, (_, field: string, kind?: string) => {
      const value = data[field];
      if (value === null || value === undefined) return '—';
      if (kind === 'fen') return formatExact(BigInt(String(value)), locale);
      if (kind === 'party') return nameOf(String(value));
      return kind === 'time' ? TIME.format(new Date(Number(value))) : String(value);
    });
  return { zh: fill('zh'), en: fill('en') };
}

/** Who an event names as a party of its sale: the fields `seller`, `buyer` and `payees`. */
export function partiesOf(data: Record<string, unknown>): string[] {
  const { seller, buyer, payees } = data;
  return [seller, buyer, ...(Array.isArray(payees) ? payees : [])].filter((party) => typeof party === 'string');
}
