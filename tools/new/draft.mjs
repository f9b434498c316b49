import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import prettier from 'prettier';
import { Refused } from './refused.mjs';

const FORMATTED = /\.(?:ts|mjs|json|md|ya?ml)$/;
const NOT_OURS = 'package-lock.json';
const byName = (a, b) => (a < b ? -1 : 1);

/** What is to be written, held back until all of it is known to be possible. */
export class Draft {
  #texts = new Map();
  #created = new Set();

  constructor(root) {
    this.root = root;
  }

  has = (path) => this.#texts.has(path) || existsSync(join(this.root, path));
  /** A file as it will be. */
  read(path) {
    return this.#texts.get(path) ?? readFileSync(join(this.root, path), 'utf8');
  }
  find = (pattern) => globSync(pattern, { cwd: this.root }).toSorted(byName);

  create(path, text) {
    if (this.has(path))
      throw new Refused(`${path} 已存在，不会覆盖。`, `${path} is there already and is not overwritten.`);
    this.#created.add(path);
    this.#texts.set(path, text);
  }
  /** Throws when the edit finds no place, for a file that was arranged anew cannot be extended blindly. */
  edit(path, change) {
    const text = this.read(path);
    const changed = change(text);
    if (changed === undefined || changed === text) {
      throw new Refused(
        `${path} 中没有可插入之处。`,
        `${path} is not arranged as expected: there is no place to insert.`,
      );
    }
    this.#texts.set(path, changed);
  }
  insert(path, pattern, replacement) {
    this.edit(path, (text) => (pattern.test(text) ? text.replace(pattern, replacement) : undefined));
  }

  /** Writes everything, formatted. Answers what was made and what was changed. */
  async write() {
    const texts = await Promise.all(
      [...this.#texts].map(async ([path, text]) => [path, await this.#format(path, text)]),
    );
    for (const [path, text] of texts) {
      const file = join(this.root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: this.#created.has(path) ? 'wx' : 'w' });
    }
    const paths = [...this.#texts.keys()].toSorted(byName);
    return { created: paths.filter((p) => this.#created.has(p)), changed: paths.filter((p) => !this.#created.has(p)) };
  }
  async #format(path, text) {
    if (!FORMATTED.test(path) || path === NOT_OURS) return text;
    const filepath = join(this.root, path);
    return prettier.format(text, { ...(await prettier.resolveConfig(filepath)), filepath });
  }
}

/** The text with these names imported from a module, beside those that are. */
export function importing(text, names, from) {
  const known = new RegExp(`^import \\{([^}]*)\\} from '${from.replaceAll('.', '\\.')}';\\n`, 'm');
  const [whole, list] = known.exec(text) ?? [];
  const all = [...new Set([...(list ?? '').split(',').map((name) => name.trim()), ...names])].filter(Boolean);
  const sorted = all.toSorted((a, b) => a.localeCompare(b, 'en'));
  const line = `import { ${sorted.join(', ')} } from '${from}';\n`;
  if (whole) return text.replace(whole, line);
  const last = [...text.matchAll(/^(?:import [^;]*|\} from [^;]*);\n/gm)].at(-1);
  const at = last ? last.index + last[0].length : 0;
  return text.slice(0, at) + line + text.slice(at);
}
