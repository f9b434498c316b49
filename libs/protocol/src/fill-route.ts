const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Fills the route; what is left of the input is the body or the query string. */
export function fillRoute(route: string, input: object): { path: string; rest: Record<string, unknown> } {
  const rest: Record<string, unknown> = { ...input };
  const path = route.slice(route.indexOf('/')).replace(/:(\w+)/g, (_, name: string) => {
    const value = rest[name];
    if (value === undefined || value === '') throw new TypeError(`${route} needs ${name}`);
    delete rest[name];
    return encodeURIComponent(written(value));
  });
  return { path, rest };
}

/** The same for a read: path and query string; lists repeat their name, what is undefined stays away. */
export function fillQuery(route: string, input: object): string {
  const { path, rest } = fillRoute(route, input);
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    for (const one of [value].flat()) if (one !== undefined) search.append(name, written(one));
  }
  return search.size ? `${path}?${search.toString()}` : path;
}
