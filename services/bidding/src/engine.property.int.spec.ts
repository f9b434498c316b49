import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { liveChannel, liveTopic, MemoryPager } from '@yuzhi/messaging/replies';
import { admitBidder, hall, openAuction, placeBid, registerBidder } from '@yuzhi/protocol/bidding';
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { by, Market, onlyDate, service } from './bidding.fixture.ts';
import type { HallItem } from './domain/hall.ts';
import { type Happening, history, naive, reserve, terms, unfold } from './domain/naive.fixture.ts';

/** The naive model counts in hundredths of what a cycle may be short; here a cycle lasts ten seconds. */
const SCALE = 200;
const PARTIES: Record<string, string> = {
  ann: '91512081MA62K0260E',
  bob: '91440300708461136T',
  cid: '9111000071093123XX',
  dan: '91110000802100433B',
};
/** What befalls the engine between two commands. */
const mishap = fc.constantFrom('none', 'none', 'none', 'wait', 'forget', 'sever', 'reboot');
const game = fc.record({
  steps: history,
  reserveFen: reserve,
  mishaps: fc.array(mishap, { minLength: 60, maxLength: 60 }),
});
type Game = typeof game extends fc.Arbitrary<infer G> ? G : never;

let market: Market;
let base = Date.parse('2026-11-24T02:00:00Z');
beforeAll(async () => {
  jest.useFakeTimers({ now: base, ...onlyDate });
  market = await Market.start();
}, 60_000);
afterAll(async () => {
  await market.close();
  jest.useRealTimers();
}, 60_000);

const instant = (at: number) => base + at * SCALE;

async function opened(reserveFen: bigint | null): Promise<string> {
  const saleId = randomUUID();
  jest.setSystemTime(instant(900));
  const { startPriceFen, incrementFen, admissionEndsAt, freeStartsAt, freeEndsAt, cycleMs } = terms;
  const opening = {
    startPriceFen: String(startPriceFen),
    reserveFen: reserveFen === null ? null : String(reserveFen),
    incrementFen: String(incrementFen),
    depositFen: '10',
    admissionEndsAt: instant(admissionEndsAt),
    freeStartsAt: instant(freeStartsAt),
    freeEndsAt: instant(freeEndsAt),
    cycleSeconds: (cycleMs * SCALE) / 1000,
  };
  const data = { saleId, seller: '91350100M000100Y43', terms: opening };
  expect(await market.send(openAuction, saleId, data, service('listings'))).toMatchObject({ code: 'done' });
  return saleId;
}

/** The history as it can be put on the log: the schema lets nothing through that is not above zero. */
const told = ({ steps, reserveFen }: Game): Happening[] =>
  unfold(steps, reserveFen).map((one) => (one.does === 'bid' && one.amountFen < 1n ? { ...one, amountFen: 1n } : one));

async function befall(what: string): Promise<void> {
  if (what === 'wait') await market.idle();
  else if (what === 'forget') market.store.forget();
  else if (what === 'sever') await market.sever();
  else if (what === 'reboot') await market.reboot();
}

/** Puts a whole history on the log, each command at its instant, with mishaps in between. */
async function play(saleId: string, happenings: Happening[], mishaps: string[]): Promise<void> {
  const decided: Promise<unknown>[] = [];
  for (const [i, happening] of happenings.entries()) {
    jest.setSystemTime(instant(happening.at));
    const party = PARTIES[happening.party]!;
    if (happening.does === 'bid') {
      decided.push(market.send(placeBid, saleId, { amountFen: String(happening.amountFen) }, by(party)));
    } else {
      const admission = { saleId, party, heldFen: '10', orderId: randomUUID() };
      decided.push(market.send(registerBidder, saleId, { rulesVersion: '2026.1' }, by(party)));
      decided.push(market.send(admitBidder, saleId, admission, service('escrow')));
    }
    await befall(mishaps[i]!);
  }
  await Promise.all(decided);
}

type Said = { channel: string; items: Live['items'] }[];
interface Live {
  items: { seq: number; item: HallItem }[];
  head: number;
}
/** The whole stream as its owner fills it, page by page. */
async function filled(saleId: string): Promise<Live['items']> {
  const all: Live['items'] = [];
  for (;;) {
    const page = await market.get<Live>(`/v1/auctions/${saleId}/live?after=${all.length}&limit=7`);
    all.push(...page.body.items);
    if (all.length >= page.body.head || !page.body.items.length) return all;
  }
}

describe('the engine, forgetting, losing its connection and starting anew in between', () => {
  it('decides any history as the naive model does, numbers it without a gap and shows it without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(game, async (played) => {
        base = Date.now() + 60_000;
        const saleId = await opened(played.reserveFen);
        const heard: Live['items'] = [];
        const stop = await new MemoryPager().subscribe(liveTopic('bidding'), (said: Said) => {
          const mine = said.filter(({ channel }) => channel === liveChannel(hall.type, saleId));
          heard.push(...mine.flatMap(({ items }) => items));
        });
        const happenings = told(played);
        await play(saleId, happenings, played.mishaps);
        const valid = naive.validQuotes(happenings);
        const endedAt = instant(naive.endOf(valid));
        jest.setSystemTime(Math.max(Date.now(), endedAt));
        const ended = await market.ended(saleId);
        await stop();

        const rows = await market.rows<{
          seq: number;
          at: Date;
          bidder: string;
          amount: string;
          refusal: string | null;
        }>(
          `select seq, at, bidder, amount_fen::text as amount, refusal from bid where sale_id = $1 order by seq`,
          saleId,
        );
        expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
        expect(rows).toHaveLength(happenings.filter(({ does }) => does === 'bid').length);
        const accepted = rows.filter(({ refusal }) => refusal === null);
        expect(accepted.map(({ at, bidder, amount }) => [at.getTime(), bidder, BigInt(amount)])).toEqual(
          valid.map(({ at, party, amountFen }) => [instant(at), PARTIES[party], amountFen]),
        );
        accepted.slice(1).forEach(({ amount }, i) => {
          expect(BigInt(amount)).toBeGreaterThan(BigInt(accepted[i]!.amount));
        });
        const { winner, priceFen } = naive.verdict(happenings, played.reserveFen);
        const result = { winner: winner && PARTIES[winner], priceFen: priceFen && String(priceFen), endedAt };
        expect(ended).toMatchObject({ ...result, bids: valid.length });

        const items = await filled(saleId);
        expect(items.map(({ seq }) => seq)).toEqual(items.map((_, i) => i + 1));
        const shown = items.flatMap(({ item }) => (item.kind === 'bid' ? [item.bidSeq] : []));
        expect(shown).toEqual(accepted.map(({ seq }) => seq));
        expect(items.at(-1)!.item).toMatchObject({ kind: 'ended', at: endedAt });
        // What was heard live is what is filled; a message may be lost with its connection.
        expect(heard).toEqual(items.filter(({ seq }) => heard.some((one) => one.seq === seq)));
        expect(market.store.holds(saleId)).toBe(false);
      }),
      { numRuns: 15 },
    );
  }, 300_000);
});
