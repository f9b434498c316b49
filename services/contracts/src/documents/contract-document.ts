/** What a person reads, in both languages; the Chinese prevails. */
export interface Bilingual {
  zh: string;
  en: string;
}

type Text<K extends string> = { kind: K } & Bilingual;

export type Block =
  | Text<'title'>
  | Text<'heading'>
  | Text<'clause'>
  | { kind: 'table'; head: Bilingual[]; rows: string[][] }
  | { kind: 'signature'; role: Bilingual; name: string; partyId: string };

/** A rendered contract, independent of any layout. */
export interface ContractDocument {
  number: string;
  platform: Bilingual;
  /** Civil date in Asia/Shanghai; also the PDF's date of creation. */
  datedOn: string;
  /** SHA-256 of `content`, lower-case hex: what every party signs. */
  contentHash: string;
  /** Canonical JSON of everything agreed; travels inside the PDF as contract.json. */
  content: string;
  blocks: Block[];
}

/** Makes a value inert in the line markup below. Throws TypeError on a value that is missing or breaks the line. */
export function escapeMarkup(value: unknown): string {
  const words = typeof value === 'number' ? String(value) : value;
  if (typeof words !== 'string' || words === '' || /[\r\n]/.test(words)) throw new TypeError('not one line of text');
  return words.replace(/[\\|#>!]/g, '\\$&');
}

const unescape = (words: string) => words.replace(/\\(.)/g, '$1').trim();
/** Splits at bars that an even number of backslashes precedes. */
const cellsOf = (row: string) => row.split(/(?<=(?<!\\)(?:\\\\)*)\|/).map(unescape);

/**
 * Reads the line markup of a rendered template: "# zh | en" title, "## zh | en" article, "| a | b |" table row (the
 * first is the head, its cells "zh / en"), "! zh | en | name | id" signature box, and otherwise a Chinese paragraph
 * whose English follows after ">". Throws SyntaxError where a language or a cell is missing.
 */
export function parseMarkup(markup: string): Block[] {
  const blocks: Block[] = [];
  for (const line of markup.split('\n').map((l) => l.trim())) {
    if (line !== '') readLine(line, blocks);
  }
  const broken = blocks.find((b) => 'en' in b && (b.zh === '' || b.en === ''));
  if (broken) throw new SyntaxError(`a text without its other language: ${JSON.stringify(broken)}`);
  return blocks;
}

function readLine(line: string, blocks: Block[]): void {
  const last = blocks.at(-1);
  const rest = line.replace(/^(##?|[|>!])\s?/, '');
  const cells = cellsOf(rest);
  if (line.startsWith('>')) {
    if (last?.kind !== 'clause' || last.en !== '') throw new SyntaxError(`English without its Chinese: ${line}`);
    last.en = unescape(rest);
  } else if (line.startsWith('#')) {
    blocks.push({ kind: line.startsWith('##') ? 'heading' : 'title', ...pairOf(cells) });
  } else if (line.startsWith('|')) {
    const row = cells.slice(0, -1);
    if (last?.kind === 'table') last.rows.push(sameWidth(row, last.head.length));
    else blocks.push({ kind: 'table', head: row.map((c) => pairOf(c.split(' / '))), rows: [] });
  } else if (line.startsWith('!')) {
    const [zh, en, name, partyId] = sameWidth(cells, 4) as [string, string, string, string];
    blocks.push({ kind: 'signature', role: { zh, en }, name, partyId });
  } else {
    blocks.push({ kind: 'clause', zh: unescape(line), en: '' });
  }
}

function pairOf(cells: string[]): Bilingual {
  const [zh, en] = sameWidth(cells, 2) as [string, string];
  return { zh, en };
}

function sameWidth(cells: string[], width: number): string[] {
  if (cells.length !== width || cells.includes('')) throw new SyntaxError(`not ${width} cells: ${cells.join(' | ')}`);
  return cells;
}
