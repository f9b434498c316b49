const ESCAPES: Record<string, string> = { d: '1', w: 'a', s: ' ', n: '\n', t: '\t' };

/**
 * One text that a regular expression of the kinds found in declarations accepts: the first alternative, the first
 * member of a class, the fewest repetitions. Throws RangeError on what it cannot follow; then give an example instead.
 */
export function samplePattern(pattern: string): string {
  let at = 0;
  const refuse = () => new RangeError(`no sample for /${pattern}/ at ${at}: give the schema an example`);

  function alternatives(): string {
    const first = sequence();
    while (pattern[at] === '|') {
      at += 1;
      sequence();
    }
    return first;
  }
  function sequence(): string {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const piece = atom();
      text += piece.repeat(repetitions());
    }
    return text;
  }
  function atom(): string {
    const c = pattern[at++]!;
    if (c === '^' || c === '$') return '';
    if (c === '.') return 'a';
    if (c === '\\') return escaped();
    if (c === '[') return oneOf();
    if (c !== '(') return c;
    if (/^\?(?:[=!]|<[=!])/.test(pattern.slice(at))) throw refuse();
    at += /^\?(?::|<\w+>)/.exec(pattern.slice(at))?.[0].length ?? 0;
    const inside = alternatives();
    at += 1;
    return inside;
  }
  function escaped(): string {
    const c = pattern[at++]!;
    if (/[bBpPkux1-9DWS]/.test(c)) throw refuse();
    return ESCAPES[c] ?? c;
  }
  function oneOf(): string {
    if (pattern[at] === '^') throw refuse();
    const first = pattern[at++]!;
    const chosen = first === '\\' ? escaped() : first;
    while (pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
    at += 1;
    return chosen;
  }
  function repetitions(): number {
    const [found, least] = /^(?:[?*+]|\{(\d+)(?:,\d*)?\})\??/.exec(pattern.slice(at)) ?? [''];
    at += found.length;
    if (least !== undefined) return Number(least);
    return found === '' || found.startsWith('+') ? 1 : 0;
  }

  const text = alternatives();
  if (at < pattern.length) throw refuse();
  return text;
}
