import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './settings.ts';

/** What no log may hold, whoever made it: tokens, keys of the rail, the password of the demonstration. */
const SHAPES: Record<string, RegExp> = {
  'a token': /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./,
  'a key of the rail': /\b(sk|rk)_(test|live)_\w{6,}/,
  'a secret of a webhook': /\bwhsec_\w{6,}/,
  'the password of the demonstration': /yuzhi-demo-2026/,
};

/** Every secret that processes are told: whole values, and what stands in an address before the @. */
export function secretsOf(environments: readonly Environment[]): string[] {
  const secrets = environments.flatMap((environment) =>
    Object.entries(environment).flatMap(([name, value]) =>
      /SECRET|PASSWORD|_KEY/.test(name)
        ? value.split(',')
        : [...value.matchAll(/:([^:@/\s,]{8,})@/g)].map(([, p]) => p!),
    ),
  );
  return [...new Set(secrets)];
}

/** Which secrets stand in a text, by what they are; a told one by its variable's value cut short. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  const shapes = Object.entries(SHAPES).flatMap(([what, shape]) => (shape.test(text) ? [what] : []));
  const told = secrets.filter((secret) => text.includes(secret)).map((secret) => `the secret ${secret.slice(0, 3)}…`);
  return [...shapes, ...told];
}

/** The same of every log in a folder. Throws where there is none: nothing would have been looked at. */
export function leaksOf(dir: string, secrets: readonly string[]): string[] {
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'));
  const texts = logs.map((name) => ({ name, text: readFileSync(join(dir, name), 'utf8') }));
  if (!texts.some(({ text }) => text)) throw new Error(`no log in ${dir} says anything`);
  return texts.flatMap(({ name, text }) => leaksIn(text, secrets).map((what) => `${name}: ${what}`));
}
