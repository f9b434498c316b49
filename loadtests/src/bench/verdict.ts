import pg from 'pg';

/** Quotes that the target acknowledged during the run, at the least: a warm-up's count too. */
export interface Acknowledged {
  databaseUrl: string;
  lots: readonly string[];
  accepted: number;
}
export interface Verdict {
  good: boolean;
  says: string;
}

/**
 * Whether what was acknowledged is there: as many valid quotes as answers that said so, or more, since an answer may
 * have been cut off at the end of a load; prices strictly rising on every lot, numbers without a gap. This is the one
 * place where a run is judged.
 */
export async function verdictOf({ databaseUrl, lots, accepted }: Acknowledged): Promise<Verdict> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ valid: number; disorder: number; gaps: number }>(
      `select count(*) filter (where refusal is null)::int as valid,
        count(*) filter (where refusal is null and amount_fen <= highest)::int as disorder,
        count(*) filter (where seq <> n)::int as gaps
       from (select refusal, amount_fen, seq, row_number() over of_lot as n,
           max(amount_fen) filter (where refusal is null) over (of_lot rows between unbounded preceding and 1 preceding)
             as highest
         from bid where sale_id = any($1::uuid[]) window of_lot as (partition by sale_id order by seq)) b`,
      [lots],
    );
    const { valid, disorder, gaps } = rows[0]!;
    const good = valid >= accepted && disorder === 0 && gaps === 0;
    return { good, says: `${accepted} acknowledged, ${valid} stored, ${disorder} out of order, ${gaps} gaps` };
  } finally {
    await client.end();
  }
}
