import { uuidv7 } from '@yuzhi/messaging/ids';
import type { Log, LogRecord } from '@yuzhi/messaging/log';
import { admitBidder, getAuction, openAuction, registerBidder } from '@yuzhi/protocol/bidding';
import type { Client } from '@yuzhi/protocol/client';
import type { Command, Envelope, InputOf, Principal } from '@yuzhi/protocol/declare';
import { makeUscc } from '@yuzhi/protocol/uscc';
import pg from 'pg';
import type { Bidder } from './bidders.ts';
import { biddersPerLot } from './turns.ts';

const SELLER = makeUscc(49_999);
const START_FEN = 1_000_000n;
const DEPOSIT_FEN = 100_000n;
/** Every amount above the highest is then a whole multiple of it. */
const INCREMENT_FEN = 1n;
const DAY_MS = 86_400_000;
/** Until the quoting begins, and what each lot adds: all of its bidders must be admitted before. */
const LEAD_MS = 5_000;
const LEAD_PER_LOT_MS = 4;
const OPEN_WITHIN_MS = 120_000;
const SENT_AT_ONCE = 500;

export const service = (name: string): Principal => ({
  party: `service:${name}`,
  person: `service:${name}`,
  roles: ['service'],
});

export function record<C extends Command>(command: C, key: string, data: InputOf<C>, principal: Principal): LogRecord {
  const id = uuidv7();
  const envelope: Envelope = { id, idempotencyKey: id, type: command.type, key, principal, data };
  return { topic: command.topic, key, value: JSON.stringify(envelope) };
}

function opening(saleId: string, now: number, leadMs: number): LogRecord {
  const terms: InputOf<typeof openAuction>['terms'] = {
    startPriceFen: String(START_FEN),
    reserveFen: null,
    incrementFen: String(INCREMENT_FEN),
    depositFen: String(DEPOSIT_FEN),
    admissionEndsAt: now + DAY_MS,
    freeStartsAt: now + leadMs,
    freeEndsAt: now + DAY_MS,
    cycleSeconds: 300,
  };
  return record(openAuction, saleId, { saleId, seller: SELLER, terms }, service('listings'));
}

/** What bidding hears of a bidder who registered and whose deposit arrived: of escrow's part only the word. */
function admission(saleId: string, { organisation: party, person }: Bidder, rulesVersion: string): LogRecord[] {
  const bidder: Principal = { party, person, roles: ['bidder'] };
  const deposit = { saleId, party, heldFen: String(DEPOSIT_FEN), orderId: uuidv7() };
  return [
    record(registerBidder, saleId, { rulesVersion }, bidder),
    record(admitBidder, saleId, deposit, service('escrow')),
  ];
}

/** Whom `bids.lua` lets bid on a lot. */
function admitted(lot: number, per: number, bidders: readonly Bidder[]): Bidder[] {
  return Array.from({ length: per }, (_, turn) => bidders[(lot * per + turn) % bidders.length]!);
}

export interface LotsParts {
  /** Where bidding's commands are put. */
  log: Pick<Log, 'send'>;
  /** Tells the version of the rules that bidders accept. */
  anyone: Client;
  /** Of bidding's database, to see how far it is. */
  databaseUrl: string;
}

/** Opens lots by the very commands that listings, bidders and escrow send, and waits until all may be bid on. */
export async function openLots(parts: LotsParts, count: number, bidders: readonly Bidder[]): Promise<string[]> {
  const { log, anyone } = parts;
  const ids = Array.from({ length: count }, () => uuidv7());
  const now = Date.now();
  const leadMs = LEAD_MS + count * LEAD_PER_LOT_MS;
  const [first, ...rest] = ids.map((id) => opening(id, now, leadMs));
  await log.send([first!]);
  const rulesVersion = await rulesOf(anyone, ids[0]!);
  const per = biddersPerLot(count, bidders.length);
  const admissions = ids.flatMap((id, lot) =>
    admitted(lot, per, bidders).flatMap((bidder) => admission(id, bidder, rulesVersion)),
  );
  const records = [...rest, ...admissions];
  for (let at = 0; at < records.length; at += SENT_AT_ONCE) await log.send(records.slice(at, at + SENT_AT_ONCE));
  await untilOpen(parts.databaseUrl, ids, per);
  return ids;
}

async function rulesOf(anyone: Client, saleId: string): Promise<string> {
  for (const until = performance.now() + 20_000; ;) {
    try {
      return (await anyone.ask(getAuction, { saleId })).terms.rulesVersion;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}

async function untilOpen(databaseUrl: string, ids: readonly string[], per: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const text = `select (select count(*)::int from auction where sale_id = any($1::uuid[]) and period = 'free') as open,
    (select count(*)::int from bidder where sale_id = any($1::uuid[]) and paddle is not null) as admitted`;
  try {
    for (const until = performance.now() + OPEN_WITHIN_MS; ;) {
      const { rows } = await client.query<{ open: number; admitted: number }>(text, [ids]);
      const { open, admitted: arrived } = rows[0]!;
      if (open === ids.length && arrived === ids.length * per) return;
      if (performance.now() > until) {
        throw new Error(`of ${ids.length} lots ${open} are open, of ${ids.length * per} bidders ${arrived} admitted`);
      }
      await new Promise((go) => setTimeout(go, 250));
    }
  } finally {
    await client.end();
  }
}
