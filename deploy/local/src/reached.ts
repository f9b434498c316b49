import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '@yuzhi/backing/environment';
import { definedProcesses } from '@yuzhi/chassis/process';
import { catalogue, declarations } from '@yuzhi/protocol/catalogue';
import type { Declared, Intake } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';

/** One thing that a journey must reach through the gateway, or another test in its place. */
export interface Reachable {
  what: string;
  /** As the metrics name it. */
  key: string;
}

/** What a journey cannot cause on a healthy stepped platform: what does, and the test that does it. */
const ELSEWHERE: Record<string, { by: string; spec: string }> = {
  'oversight.clock.advance.v1 · clock-immovable': {
    by: 'a platform whose clock stands',
    spec: 'services/oversight/src/clock.int.spec.ts',
  },
  'identity.person.sign-up.v1 · sign-in-elsewhere': {
    by: 'another issuer',
    spec: 'deploy/local/src/launch/start.spec.ts',
  },
  'identity.organisation.add-client.v1 · sign-in-elsewhere': {
    by: 'another issuer',
    spec: 'deploy/local/src/launch/start.spec.ts',
  },
  'gateway · owner-unavailable': { by: 'a service that is away', spec: 'gateway/src/reads.int.spec.ts' },
  'gateway · log-unavailable': { by: 'a broker that is away', spec: 'gateway/src/broker-away.int.spec.ts' },
  'gateway · too-many-requests': {
    by: 'a party or a lot beyond its measure',
    spec: 'gateway/src/commands.int.spec.ts',
  },
  'gateway · overloaded': { by: 'more callers than may wait', spec: 'gateway/src/commands.int.spec.ts' },
  'gateway · internal-fault': { by: 'a mistake of ours', spec: 'libs/messaging/src/poison.int.spec.ts' },
};
const codeOf = (what: string) => what.slice(what.lastIndexOf(' ') + 1);

const HEAD = `# What is reached, and by which test

Every rejection of every command, every refusal of the door and every move of every process, with the journey that
reached it first, through the gateway. A rejection and a move count once the batch they were decided in is committed, a
refusal of a form, a hook or the door when it is sent; nothing counts that came about between two tests. What no journey
causes says so, with what does cause it and the test that names its code.

| what | reached by |
| --- | --- |
`;

const labels = (of: Record<string, string>) =>
  Object.entries(of)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');

const isIntake = (declared: Declared): declared is Intake => ['hook', 'upload', 'form'].includes(declared.kind);

/** Every rejection of every command, every refusal of the door, every move of every process. */
export function reachables(): Reachable[] {
  const rejections = declarations('command').flatMap(({ service, type, rejections: of }) =>
    Object.keys(of).map((code) => ({
      what: `${type} · ${code}`,
      key: `commands_decided_total ${labels({ service, type, code })}`,
    })),
  );
  const intakes = catalogue.declared.filter(isIntake).flatMap(({ type, rejections: of }) =>
    Object.entries(of).map(([code, { status }]) => ({
      what: `${type} · ${code}`,
      key: `refusals_total ${labels({ type, code, status: String(status) })}`,
    })),
  );
  const door = Object.entries(platformRefusals).map(([code, { status }]) => ({
    what: `gateway · ${code}`,
    key: `refusals_total ${labels({ type: '', code, status: String(status) })}`,
  }));
  const moves = definedProcesses().flatMap(({ name, transitions }) =>
    transitions.map(({ from, on, to }) => ({
      what: `${name}: ${from} —${on}→ ${to}`,
      key: `process_moves_total ${labels({ process: name, from, on })}`,
    })),
  );
  return [...rejections, ...intakes, ...door, ...moves];
}

/** The test that reached each first; what came about between two tests is no test's. */
function firstTests(files: readonly string[]): Map<string, string> {
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  const looks = lines.map((line) => JSON.parse(line) as { at: number; test: string | null; reached: string[] });
  const first = new Map<string, string>();
  for (const { test, reached } of looks.toSorted((a, b) => a.at - b.at)) {
    for (const key of test ? reached : []) if (!first.has(key)) first.set(key, test!);
  }
  return first;
}

/** Where it is reached if not by a journey; undefined where that test does not speak of it. */
function elsewhere(what: string): string | undefined {
  const { by, spec } = ELSEWHERE[what] ?? {};
  if (!by || !spec || !readFileSync(join(root, spec), 'utf8').includes(`'${codeOf(what)}'`)) return undefined;
  return `no journey; ${by}: ${spec}`;
}

/** Writes the table of what was reached by which test; answers what no test reached. */
export function writeReached(files: readonly string[], report: string): Reachable[] {
  const first = firstTests(files.filter((name) => existsSync(name)));
  const found = reachables().map((one) => ({ ...one, by: first.get(one.key) ?? elsewhere(one.what) }));
  const rows = found.map(({ what, by = '**nobody**' }) => `| ${what} | ${by.replaceAll('|', '\\|')} |\n`);
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, HEAD + rows.join(''));
  return found.filter(({ by }) => by === undefined);
}
