import { formatExact } from '@yuzhi/money/format';
import type { Event, Words } from '@yuzhi/protocol/declare';
import { biddingRefusals } from '@yuzhi/protocol/bidding';
import { platformRefusals } from '@yuzhi/protocol/platform';

/** How a party is called in the record. */
export type NameOf = (party: string) => string;

const TIME = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** Codes that a reader should see as words. */
const TERMS: Record<string, Words> = {
  ...platformRefusals,
  unanswered: { zh: '托管一天内未答复。', en: 'Escrow did not answer within a day.' },
  price: { zh: '价款未付清', en: 'the price is not paid in full' },
  payees: { zh: '收款方尚无收款账户', en: 'a payee has no account yet' },
  'too-late': {
    zh: '款项到账时付款单已付清或已关闭。',
    en: 'The order was paid or closed when the money arrived.',
  },
  'too-much': { zh: '款项超出应付金额。', en: 'More was paid than was due.' },
  'admission-closed': biddingRefusals['admission-closed'],
  'bidding-over': {
    zh: '竞价结束时保证金未缴足。',
    en: 'The deposit was not paid in full when the bidding ended.',
  },
  free: { zh: '自由报价期', en: 'free quoting period' },
  buyer: { zh: '买方', en: 'the buyer' },
  another: { zh: '买方以外的权利人', en: 'another owner than the buyer' },
  timed: { zh: '限时报价期', en: 'timed quoting period' },
};

/**
 * The sentence of an event with its data: `{field}`, `{field:fen}` an amount, `{field:party}` a name, `{field:time}`,
 * `{field:term}` a code as a word.
 */
export function sentenceOf(
  { sentence }: Pick<Event, 'sentence'>,
  data: Record<string, unknown>,
  nameOf: NameOf,
): Words {
  const fill = (locale: 'zh' | 'en') =>
    sentence[locale].replace(/\{(\w+)(?::(\w+))?\}/g, (_, field: string, kind?: string) => {
      const value = data[field];
      if (typeof value !== 'string' && typeof value !== 'number') return '—';
      const word = String(value);
      if (kind === 'fen') return formatExact(BigInt(word), locale);
      if (kind === 'party') return nameOf(word);
      if (kind === 'term') return TERMS[word]?.[locale] ?? word;
      return kind === 'time' ? TIME.format(new Date(Number(value))) : word;
    });
  return { zh: fill('zh'), en: fill('en') };
}

/** Who an event names as a party of its sale: the fields `seller`, `buyer` and `payees`. */
export function partiesOf(data: Record<string, unknown>): string[] {
  const { seller, buyer, payees } = data;
  return [seller, buyer, ...(Array.isArray(payees) ? payees : [])].filter((party) => typeof party === 'string');
}
