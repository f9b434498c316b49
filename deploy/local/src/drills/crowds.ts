import { askReplay } from '@yuzhi/protocol/ops';
import { Refused } from '@yuzhi/protocol/refused';
import type { Drill, Proof, Scene } from './drill.ts';

const [KEYS, EACH] = [1000, 64];
/** Nobody of the platform's own is turned away while he asks so often. */
const PATIENT = { PARTY_RATE: '100000', PARTY_BURST: '1000000' };
/** Those that must be refused: everything that a liar may send in the name of the rail. */
const FORGERIES = ['wrong-secret', 'stale', 'edited-body', 'unsigned'] as const;
const FORGED = 1000;

const place = { service: 'register', kind: 'command', topic: 'register.commands', partition: 0, key: 'k' } as const;

/** Many callers at once under one key, then one with another body under it. Answers what is wrong. */
async function crowd({ stage }: Scene, key: string, offset: string): Promise<string[]> {
  const asked = { ...place, act: 'replay' as const, offset, reason: key };
  const same = Array.from({ length: EACH }, () => stage.desk.send(askReplay, asked, { idempotencyKey: key }));
  const answers = new Set((await Promise.all(same)).map((answer) => JSON.stringify(answer)));
  const other = { ...asked, reason: `${key}: another body` };
  const refusal = await stage.desk.send(askReplay, other, { idempotencyKey: key }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );
  return [
    ...(answers.size === 1 ? [] : [`${key}: ${answers.size} different answers`]),
    ...(refusal === 'idempotency-key-reused' ? [] : [`${key} with another body: ${refusal}`]),
  ];
}

async function sameKeys(scene: Scene): Promise<Proof> {
  const run = `drill-${scene.chance(1_000_000)}`;
  const wrong: string[] = [];
  const since = performance.now();
  for (let i = 0; i < KEYS; i++) wrong.push(...(await crowd(scene, `${run}-${i}`, String(i))));
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  const { rows } = await scene.database('oversight').query<{ rows: number; keys: number }>(
    `select count(*)::int as rows, count(distinct state ->> 'reason')::int as keys
     from replay where state ->> 'reason' like $1 || '-%'`,
    [run],
  );
  const [{ rows: effects, keys }] = rows as [{ rows: number; keys: number }];
  const says = `${KEYS} keys, each used by ${EACH} callers at once: ${effects} effects of ${keys} keys in ${seconds} s`;
  return { seen: [says], wrong: [...(effects === KEYS && keys === KEYS ? [] : [says]), ...wrong.slice(0, 10)] };
}

async function forge(scene: Scene): Promise<Proof> {
  const events = async () => {
    const { rows } = await scene.database('escrow').query<{ n: number }>('select count(*)::int as n from psp_event');
    return rows[0]!.n;
  };
  const before = await events();
  const proofs: Proof = { seen: [], wrong: [] };
  for (const kind of FORGERIES) {
    const statuses: number[] = [];
    while (statuses.length < FORGED) statuses.push(...(await scene.stage.rail.forge(kind)).map(({ status }) => status));
    const refused = statuses.filter((status) => status === 400).length;
    const says = `${kind}: ${refused} of ${statuses.length} refused`;
    proofs.seen.push(says);
    if (refused !== statuses.length) proofs.wrong.push(says);
  }
  const more = (await events()) - before;
  proofs.seen.push(`${more} rows more than before`);
  if (more) proofs.wrong.push(`${more} rows of forged webhooks`);
  return proofs;
}

const struckByNothing = { times: 0, everyMs: 0, strike: async () => '' };

export const crowdDrills: Drill[] = [
  {
    ...struckByNothing,
    name: 'same-key',
    proves: 'of many callers at once under one key, one has an effect and all have its answer',
    needs: { environments: { gateway: PATIENT } },
    prove: sameKeys,
  },
  {
    ...struckByNothing,
    name: 'forged-webhooks',
    proves: 'what the rail did not sign just now, for us and as it stands, is refused and leaves no row',
    prove: forge,
  },
];
