import { openEvidence } from '@yuzhi/loadtests/reconcile/open-evidence';
import { reconcile } from '@yuzhi/loadtests/reconcile/reconcile';
import { readEvidenceAddresses } from '@yuzhi/loadtests/reconcile/reconcile.config';
import { eventually } from '@yuzhi/journeys/eventually';
import { evidenceEnvironment } from '../evidence.ts';
import type { Drill, Proof, Scene } from './drill.ts';

/** How soon an edit must be found. */
const FOUND_MS = 60_000;

/** What a superuser edits; what is odd may be undone by doing it again. */
interface Edit {
  what: string;
  service: string;
  /** Answers the row's name as the reconciler must say it, and the key by which it is edited. */
  find: string;
  edit: string;
  undo: string;
}

const EDITS: Edit[] = [
  {
    what: 'one fen of one entry in the book',
    service: 'escrow',
    find: `select format('escrow.journal %s', j.id) as row, j.id::text as key from journal j
      where j.seq <= (select max(seq) from seal where chain = 'journal') order by random() limit 1`,
    edit: 'update entry set amount_fen = amount_fen + 1 where journal_id = $1::uuid and line = 1',
    undo: 'update entry set amount_fen = amount_fen - 1 where journal_id = $1::uuid and line = 1',
  },
  {
    what: 'one byte of one PDF',
    service: 'contracts',
    find: `select format('contracts.file %s', sha256) as row, sha256 as key from file
      where media_type = 'application/pdf' order by random() limit 1`,
    edit: 'update file set bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) where sha256 = $1',
    undo: 'update file set bytes = set_byte(bytes, 100, get_byte(bytes, 100) # 1) where sha256 = $1',
  },
  {
    what: 'who did what, in the record of a sale',
    service: 'oversight',
    find: `select format('oversight.sale_record %s', event_id) as row, event_id::text as key from sale_record
      order by random() limit 1`,
    edit: `update sale_record set actor = jsonb_set(actor, '{person}', to_jsonb(actor ->> 'person' || '?'))
      where event_id = $1::uuid`,
    undo: `update sale_record set actor = jsonb_set(actor, '{person}', to_jsonb(rtrim(actor ->> 'person', '?')))
      where event_id = $1::uuid`,
  },
];

/** As nobody holds a superuser back: no trigger and no constraint. */
async function edit({ database }: Scene, service: string, sql: string, key: string): Promise<void> {
  const client = await database(service).connect();
  try {
    await client.query('set session_replication_role = replica');
    const { rowCount } = await client.query(sql, [key]);
    if (rowCount !== 1) throw new Error(`${rowCount} rows were edited: ${sql}`);
  } finally {
    client.release(true);
  }
}

/** The reconciler's findings of the platform as it stands, and how long it looked, ms. */
async function look({ loaded: { platform, ...parts } }: Scene) {
  const { stripeSandboxUrl, patentOfficeUrl } = platform;
  const doubles = { patentOfficeUrl, ...(stripeSandboxUrl && { stripeSandboxUrl }) };
  const since = performance.now();
  const addresses = readEvidenceAddresses(evidenceEnvironment({ ...parts, ...doubles }));
  const { evidence, close } = openEvidence(addresses, []);
  try {
    const { checks } = await reconcile(evidence);
    return { found: checks.flatMap(({ findings }) => findings), tookMs: Math.round(performance.now() - since) };
  } finally {
    await close();
  }
}

async function tamper(scene: Scene, { what, service, find, edit: change, undo }: Edit): Promise<Proof> {
  const { row, key } = await eventually(`${what}: a row to edit`, async () => {
    const { rows } = await scene.database(service).query<{ row: string; key: string }>(find);
    return rows[0];
  });
  await edit(scene, service, change, key);
  const { found, tookMs } = await look(scene);
  await edit(scene, service, undo, key);
  const by = [...new Set(found.filter((one) => one.row === row).map(({ check }) => check))];
  const says = `${what}: ${row} was edited, and named by ${by.join(' and ') || 'nobody'} after ${tookMs} ms`;
  return { seen: [says], wrong: by.length && tookMs <= FOUND_MS ? [] : [says] };
}

/** The reconciler must be red and name the row while it is edited, and green again when the edit is undone. */
async function prove(scene: Scene): Promise<Proof> {
  const proofs: Proof[] = [];
  for (const one of EDITS) proofs.push(await tamper(scene, one));
  const { found } = await look(scene);
  return {
    seen: proofs.flatMap(({ seen }) => seen),
    wrong: [...proofs.flatMap(({ wrong }) => wrong), ...found.map(({ row, says }) => `left behind: ${row} ${says}`)],
  };
}

export const tamperDrill: Drill = {
  name: 'tamper',
  proves: 'what a superuser edits in the book, in a document or in the record is found, and the row is named',
  load: 'transfers',
  times: 0,
  everyMs: 0,
  strike: async () => '',
  prove,
};
