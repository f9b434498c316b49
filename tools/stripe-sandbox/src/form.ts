/** What a form or a query string says: Stripe writes `metadata[lot]=7` and `expand[0]=customer`. */
export type FormValue = string | FormTree;
export interface FormTree {
  [key: string]: FormValue;
}

const MAX_DEPTH = 10;

const emptyTree = (): FormTree => Object.create(null) as FormTree;

/** `a[b][0]` is the path a, b, 0. A name that is not well formed is a path of one. */
function pathOf(name: string): string[] {
  const found = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!found) return [name];
  return [found[1]!, ...[...found[2]!.matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1]!)];
}

function place(tree: FormTree, path: string[], value: string): void {
  let at = tree;
  for (const [depth, part] of path.entries()) {
    const key = part === '' ? String(Object.keys(at).length) : part;
    if (depth === path.length - 1) {
      at[key] = value;
      return;
    }
    const next = at[key];
    at = typeof next === 'object' ? next : (at[key] = emptyTree());
  }
}

/** Reads form encoding with nested brackets. Lists stay trees keyed by index: only the schema knows which are lists. */
export function readForm(text: string): FormTree {
  const tree = emptyTree();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = pathOf(name);
    if (path.length <= MAX_DEPTH) place(tree, path, value);
  }
  return tree;
}
