import { hash } from 'node:crypto';
import type { Reader } from './store.ts';

/**
 * A chain of seals over rows that must never change. The view `sealed_<chain>` gives each row's `seq`, in the order of
 * its writing, its `subject`, by which a person finds it, and `canonical`, everything in it as text. A seal is the
 * SHA-256 of the seal before it and that text, as bytes. The rows have one writer: nothing appears below the head.
 */
export type Chain = string;

/** `changed`: not what was sealed. `gone`: sealed and deleted. `unsealed`: put in behind the head of the chain. */
export interface Breach {
  chain: Chain;
  seq: bigint;
  subject: string;
  kind: 'changed' | 'gone' | 'unsealed';
}

/** Rows of one look. */
const SEALED_MAX = 2000;

const view = (chain: Chain) => {
  if (!/^[a-z_]{1,40}$/.test(chain)) throw new TypeError(`${chain} cannot name a chain`);
  return `sealed_${chain}`;
};

/** Seals what was written since the last seal. Answers how many rows that were; several sealers seal the same. */
export async function sealNext(reader: Reader, side: Reader, chain: Chain): Promise<number> {
  const from = view(chain);
  const last = 'select seq, hash from seal where chain = $1 order by seq desc limit 1';
  const { rows: heads } = await side.query<{ seq: string; hash: Buffer }>(last, [chain]);
  const { rows } = await reader.query<{ seq: string; canonical: string }>(
    `select seq, canonical from ${from} where seq > $1 order by seq limit $2`,
    [heads[0]?.seq ?? 0, SEALED_MAX],
  );
  if (!rows.length) return 0;
  let head = heads[0]?.hash ?? Buffer.alloc(0);
  const hashes = rows.map(
    ({ canonical }) => (head = hash('sha256', Buffer.concat([head, Buffer.from(canonical)]), 'buffer')),
  );
  await side.query(
    `insert into seal (chain, seq, hash) select $1, u.seq, u.hash from unnest($2::bigint[], $3::bytea[]) u(seq, hash)
     on conflict do nothing`,
    [chain, rows.map(({ seq }) => seq), hashes],
  );
  return rows.length;
}

/** Every row of the chain against its seal, in the database itself. Answers the first breaches, at most `most`. */
export async function verifySeals(reader: Reader, chain: Chain, most = 100): Promise<Breach[]> {
  const { rows } = await reader.query<{ seq: string; subject: string | null; kind: Breach['kind'] }>(
    `with chained as (
       select seq, hash, lag(hash, 1, ''::bytea) over (order by seq) as before from seal where chain = $1)
     select coalesce(v.seq, s.seq)::text as seq, v.subject,
       case when s.seq is null then 'unsealed' when v.seq is null then 'gone' else 'changed' end as kind
     from ${view(chain)} v full join chained s on s.seq = v.seq
     where case when s.seq is null then v.seq < (select max(seq) from chained)
       when v.seq is null then true
       else s.hash <> sha256(s.before || convert_to(v.canonical, 'UTF8')) end
     order by coalesce(v.seq, s.seq) limit $2`,
    [chain, most],
  );
  return rows.map(({ seq, subject, kind }) => ({ chain, seq: BigInt(seq), subject: subject ?? `no. ${seq}`, kind }));
}
