export type Locale = 'en' | 'zh';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it may stand anywhere in a page. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** The one asked for in the address, else the one of the object, else the browser's first of the two, else Chinese. */
export function localeOf(query: unknown, preset: string | null, accepts: string | undefined): Locale {
  const asked = [query, preset === 'auto' ? null : preset].find((value) => typeof value === 'string');
  if (typeof asked === 'string') return asked.startsWith('zh') ? 'zh' : 'en';
  return /\b(zh|en)\b/i.exec(accepts ?? '')?.[1]?.toLowerCase() === 'en' ? 'en' : 'zh';
}

const STYLE = `
:root { color-scheme: light; --ink: #1d2129; --quiet: #5c6470; --line: #dfe3e8; --blue: #1554ad; --paper: #fdfdfb; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.6;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Zen Hei", sans-serif; }
.notice { border-bottom: 1px solid var(--line); padding: .6rem 1rem; text-align: center; color: var(--quiet); }
.notice strong { color: var(--blue); }
main { max-width: 30rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.25rem; font-weight: 600; margin: 0 0 .25rem; }
.amount { font-size: 2rem; font-variant-numeric: tabular-nums; margin: .5rem 0 1.5rem; }
table { width: 100%; border-collapse: collapse; margin-bottom: 1.5rem; }
td { padding: .5rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td:last-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small, .quiet { color: var(--quiet); }
fieldset { border: 1px solid var(--line); border-radius: 6px; padding: .25rem 1rem; margin: 0 0 1.5rem; }
legend { padding: 0 .35rem; color: var(--quiet); }
label { display: block; padding: .5rem 0; accent-color: var(--blue); }
input[type=text] { width: 100%; font: inherit; padding: .5rem .6rem; border-radius: 6px;
  border: 1px solid var(--line); }
button { width: 100%; font: inherit; padding: .7rem; margin-top: .6rem; border-radius: 6px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: var(--ink); }
button.main { background: var(--blue); border-color: var(--blue); color: #fff; }
button:focus-visible, input:focus-visible, a:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
.alert { border-left: 3px solid #b3261e; padding: .25rem .75rem; margin: 0 0 1.5rem; }
a { color: var(--blue); }
`;

/** The frame of every hosted page. It says in both languages, always, that no money moves. */
export function page(locale: Locale, title: string, body: string): string {
  const other = locale === 'zh' ? { code: 'en', name: 'English' } : { code: 'zh', name: '中文' };
  return `<!doctype html>
<html lang="${locale === 'zh' ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body>
<p class="notice" style="margin:0" role="note"><strong>演示收银台</strong> 不收取真实款项 ·
<strong>Demonstration</strong>: no real money · <a href="?locale=${other.code}">${other.name}</a></p>
<main>
${body}
</main>
</body></html>`;
}
