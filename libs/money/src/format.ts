import { divide } from './rate.ts';

export type Locale = 'zh' | 'en';

const WAN_FEN = 1_000_000n;
const YI_FEN = 10_000_000_000n;
const MILLION_FEN = 100_000_000n;
const BILLION_FEN = 100_000_000_000n;
/** U+2212: a hyphen is too short beside tabular figures, and breaks lines. */
const MINUS = '−';

/** Fen as grouped yuan without a symbol, every fen of it: 126800050n is `1,268,000.50`. */
export const formatYuan = (fen: bigint): string => signed(fen, (abs) => decimal(abs, 2));

/** The exact form for contracts, exports and detail pages: `¥1,268,000.50`, in English `CNY 1,268,000.50`. */
export const formatExact = (fen: bigint, locale: Locale = 'zh'): string =>
  signed(fen, (abs) => symbol(locale) + decimal(abs, 2));

/** The figure of a column headed 万元: 126800050n is `126.80`, rounded half up. */
export const formatWan = (fen: bigint): string => signed(fen, (abs) => decimal(divide(abs * 100n, WAN_FEN), 2));

/**
 * The short form for lists, rounded half up: `¥9,800.00`, `¥126.80 万元`, `¥1.27 亿元`; in English `CNY 9,800.00`,
 * `CNY 1.268M`, `CNY 1.2B`. Zero is a plain 0. Never for an amount that somebody is about to commit to.
 */
export const formatShort = (fen: bigint, locale: Locale = 'zh'): string =>
  signed(fen, (abs) => symbol(locale) + (abs === 0n ? '0' : locale === 'zh' ? chinese(abs) : english(abs)));

const symbol = (locale: Locale) => (locale === 'zh' ? '¥' : 'CNY ');
const signed = (fen: bigint, write: (abs: bigint) => string) => (fen < 0n ? MINUS + write(-fen) : write(fen));

/** What rounding lifts to ten thousand 万 is written as 亿. */
function chinese(fen: bigint): string {
  if (fen < WAN_FEN) return decimal(fen, 2);
  const wan = divide(fen * 100n, WAN_FEN);
  if (wan < 1_000_000n) return `${decimal(wan, 2)} 万元`;
  return `${decimal(divide(fen * 100n, YI_FEN), 2)} 亿元`;
}

function english(fen: bigint): string {
  if (fen < MILLION_FEN) return decimal(fen, 2);
  const millions = divide(fen * 1000n, MILLION_FEN);
  if (millions < 1_000_000n) return `${trimmed(millions)}M`;
  return `${trimmed(divide(fen * 1000n, BILLION_FEN))}B`;
}

const trimmed = (thousandths: bigint) => decimal(thousandths, 3).replace(/\.?0+$/, '');

/** A whole number of hundredths, thousandths … as grouped decimal notation. */
function decimal(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  return `${digits.slice(0, -places).replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-places)}`;
}
