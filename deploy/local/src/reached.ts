import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { definedProcesses } from '@yuzhi/chassis/process';
import { catalogue, declarations } from '@yuzhi/protocol/catalogue';
import type { Declared, Intake } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';

/** One thing that some test must reach through the gateway. */
export interface Reachable {
  what: string;
  /** As the metrics name it. */
  key: string;
}

/** What a journey cannot cause on a healthy stepped platform, and the tests that do reach it. */
const ELSEWHERE: Record<string, string> = {
  'escrow.sale.release.v1 · sale-not-registered': 'two events crossing: services/escrow, sale.int.spec',
  'oversight.clock.advance.v1 · clock-immovable': 'a platform whose clock stands: services/oversight, clock.spec',
  'identity.person.sign-up.v1 · sign-in-elsewhere': 'another issuer: deploy/local, launch/start.spec',
  'identity.organisation.add-client.v1 · sign-in-elsewhere': 'another issuer: deploy/local, launch/start.spec',
  'gateway · owner-unavailable': 'a service that is away: gateway, reads.int.spec',
  'gateway · log-unavailable': 'a broker that is away: gateway, broker-away.int.spec',
  'gateway · too-many-requests': 'a party or a lot beyond its measure: gateway, commands.int.spec',
  'gateway · overloaded': 'more callers than may wait: gateway, commands.int.spec',
  'gateway · internal-fault': 'a mistake of ours: libs/messaging, committer specs',
};

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
      key: `refusals_total ${labels({ code, status: String(status) })}`,
    })),
  );
  const door = Object.entries(platformRefusals).map(([code, { status }]) => ({
    what: `gateway · ${code}`,
    key: `refusals_total ${labels({ code, status: String(status) })}`,
  }));
  const moves = definedProcesses().flatMap(({ name, transitions }) =>
    transitions.map(({ from, on, to }) => ({
      what: `${name}: ${from} —${on}→ ${to}`,
      key: `process_moves_total ${labels({ process: name, from, on })}`,
    })),
  );
  return [...rejections, ...intakes, ...door, ...moves];
}

/** Writes the table of what was reached by which test; answers what no test reached. */
export function writeReached(files: readonly string[], report: string): Reachable[] {
  const by = new Map<string, string>();
  for (const file of files.filter((name) => existsSync(name))) {
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { test, reached } = JSON.parse(line) as { test: string; reached: string[] };
      for (const key of reached) if (!by.has(key)) by.set(key, test);
    }
  }
  const wanted = reachables();
  const reacher = ({ what, key }: Reachable) => by.get(key) ?? ELSEWHERE[what] ?? '**nobody**';
  const rows = wanted.map((one) => `| ${one.what} | ${reacher(one)} |`);
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, ['| what | reached by |', '|---|---|', ...rows, ''].join('\n'));
  return wanted.filter(({ what, key }) => !by.has(key) && !(what in ELSEWHERE));
}
