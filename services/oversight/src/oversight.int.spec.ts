import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { acting, type Asker, service, Stage } from '@yuzhi/chassis/stage.fixture';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { auctionEnded, bidderRegistered } from '@yuzhi/protocol/bidding';
import { dealOpened, openDeal } from '@yuzhi/protocol/contracts';
import type { CloudEvent, DataOf, Event, InputOf } from '@yuzhi/protocol/declare';
import { organisations } from '@yuzhi/protocol/identity';
import { listingAnnounced, listingSubmitted, submitListing } from '@yuzhi/protocol/listings';
import { activateRulebook, calendar, rules } from '@yuzhi/protocol/oversight';
import { patentMirrored } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { testDatabase } from '@yuzhi/testkit/databases';
import { joined } from './domain/reason.ts';
import type { RulebookState } from './domain/rulebook.ts';
import { newestEdition } from './edition.ts';
import { OversightModule } from './oversight.module.ts';

const PLATFORM = makeUscc(1);
const [SELLER, BUYER, LOSER, STRANGER] = [makeUscc(51), makeUscc(52), makeUscc(53), makeUscc(54)];
const INVENTOR = randomUUID();
const edition = newestEdition();

let stage: Stage;
let desk: Asker;
beforeAll(async () => {
  stage = await Stage.open({
    service: 'oversight',
    database: await testDatabase('oversight'),
    module: (config) => OversightModule.with({ ...config, owners: {} }),
    config: { steppable: false },
  });
  desk = stage.employ(PLATFORM, ['desk']);
  const named = {
    nameEn: 'x',
    kind: 'firm' as const,
    region: '410100',
    address: '郑州',
    legalRepresentative: '张',
    verified: true,
  };
  stage.keep(organisations, SELLER, { uscc: SELLER, name: '演示数据·中原大学', ...named });
  await stage.until(async () => (await stage.told('main')).length > 0);
});
afterAll(() => stage.close());

describe('the rulebook', () => {
  const stateOf = async () => (await stage.state<RulebookState>('rulebook', 'id', 'main'))!;
  const held = <T>(topic: string) => new Map(stage.records<T>(topic).map(({ key, value }) => [key, value]));

  it('is activated at the first start, once, and everybody holds its rules and years', async () => {
    await stage.reboot();
    await stage.idle();
    expect(stage.kinds(await stage.told('main'))).toEqual(['rulebook.activated']);
    expect(await stateOf()).toMatchObject({ edition: edition.version, version: 1, earlier: [] });
    const ids = [...new Set(edition.rules.map(({ id }) => id))];
    expect([...held(rules.topic).keys()]).toEqual(ids);
    const fee = edition.rules.filter(({ id }) => id === 'escrow.fee-bps');
    expect(held(rules.topic).get('escrow.fee-bps')).toEqual({
      id: 'escrow.fee-bps',
      rulebook: edition.version,
      versions: fee,
    });
    expect([...held(calendar.topic).values()]).toEqual(edition.calendar);
  });

  it('is read by anybody, each rule with its source', async () => {
    const { status, body } = await stage.get<{ version: string; rules: object[] }>('/v1/rulebook');
    expect(status).toBe(200);
    expect(body).toEqual({ version: edition.version, activatedAt: expect.any(Number), rules: edition.rules });
  });

  it('has a calendar for every year that it knows', async () => {
    const { body } = await stage.get<DataOf<typeof calendar>>('/v1/calendar/2026');
    expect(body.holidays).toEqual(
      expect.arrayContaining(['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07']),
    );
    expect(body.workdays).toContain('2026-10-10');
    expect((await stage.get('/v1/calendar/2027')).body).toMatchObject({
      provisional: true,
      holidays: [],
      workdays: [],
    });
    const statuses = ['2099', '1999', 'soon'].map(async (year) => (await stage.get(`/v1/calendar/${year}`)).status);
    expect(await Promise.all(statuses)).toEqual([404, 422, 422]);
  });

  it('is activated by oversight alone, not twice, and gives way to the committed one', async () => {
    const data: InputOf<typeof activateRulebook> = { rulebook: 'main', ...edition };
    expect(await stage.own(activateRulebook, 'main', data)).toMatchObject({ body: { version: edition.version } });
    expect(await stateOf()).toMatchObject({ version: 1 });
    const others = [service('bidding'), acting(PLATFORM, desk.person, 'ops', 'desk')];
    for (const by of others) expect((await stage.send(activateRulebook, 'main', data, by)).code).toBe('forbidden');
    const other = { ...data, version: '2099-01', rules: [...edition.rules, { ...edition.rules[0]!, id: 'made.up' }] };
    const first = await stage.own(activateRulebook, 'main', other, 'key');
    expect(first).toMatchObject({ status: 200, body: { version: '2099-01' } });
    expect(await stage.own(activateRulebook, 'main', other, 'key')).toEqual(first);
    const back = await stage.until(async () => {
      const state = await stateOf();
      return state.version === 3 && state;
    });
    expect(back.edition).toBe(edition.version);
    expect(back.earlier.map((one) => one.edition)).toEqual([edition.version, '2099-01']);
    await stage.idle();
    expect(held(rules.topic).get('made.up')).toBeNull();
  });
});

interface Row {
  at: number;
  type: string;
  sentence: { zh: string; en: string };
  reason: { zh: string; en: string } | null;
  actor: { party: string; person: string };
  eventId: string;
}
const START = Date.parse('2026-12-01T10:00:00+08:00');
const at = (minutes: number): Partial<CloudEvent> => ({ time: new Date(START + minutes * 60_000).toISOString() });

/** What five services tell of one sale; the last to be told happened second. */
function tellSale(saleId: string) {
  const tell = <E extends Event>(event: E, data: InputOf<E>, minutes: number, more: Partial<CloudEvent> = {}) =>
    stage.tell(event, saleId, data, { saleid: saleId, ...at(minutes), ...more });
  const lot = { saleId, seller: SELLER, patentNumber: '202119900001.9', title: '一种超硬刀具' };
  const announced = { startPriceFen: '20000000', depositFen: '2000000', freeStartsAt: START, freeEndsAt: START + 1 };
  const bidder = { rulesVersion: '1', orderId: randomUUID(), depositFen: '2000000' };
  const end = { outcome: 'sold' as const, winner: BUYER, paddle: 2, priceFen: '24500000', bids: 4, endedAt: START };
  const deal = {
    seller: SELLER,
    buyer: BUYER,
    payees: [SELLER, INVENTOR],
    priceFen: '24500000',
    patentNumber: lot.patentNumber,
  };
  const submitted = { actor: { party: SELLER, person: INVENTOR }, cause: { command: submitListing.type } };
  tell(listingSubmitted, lot, 0, submitted);
  tell(bidderRegistered, { saleId, party: LOSER, ...bidder }, 20);
  tell(bidderRegistered, { saleId, party: BUYER, ...bidder }, 25);
  const ended = tell(auctionEnded, { saleId, ...end }, 30);
  tell(dealOpened, { saleId, ...deal }, 40, { cause: { command: openDeal.type, event: ended.id } });
  tell(listingAnnounced, { ...lot, ...announced }, 10);
  return ended;
}
const path = (saleId: string) => `/v1/sales/${saleId}/record`;
const read = async (saleId: string, by?: Asker, query = 'limit=100') =>
  (await stage.pages<Row>(`${path(saleId)}?${query}`, by)).flat();
const kindsOf = async (saleId: string, by?: Asker) => stage.kinds(await read(saleId, by));
async function recorded(): Promise<string> {
  const saleId = uuidv7();
  tellSale(saleId);
  await stage.idle();
  return saleId;
}

describe('the record of a sale', () => {
  const everything = [
    ...['listing.submitted', 'listing.announced', 'auction.bidder-registered', 'auction.bidder-registered'],
    ...['auction.ended', 'deal.opened'],
  ];
  const shown = (...hidden: string[]) => everything.filter((kind) => !hidden.includes(kind));

  it('shows each event with its sentence, in the order in which it happened', async () => {
    const saleId = await recorded();
    const rows = await read(saleId, desk);
    expect(stage.kinds(rows)).toEqual(everything);
    expect(rows.map((row) => (row.at - START) / 60_000)).toEqual([0, 10, 20, 25, 30, 40]);
    expect(rows[0]).toMatchObject({
      type: 'listings.listing.submitted.v1',
      sentence: { zh: '演示数据·中原大学 提交挂牌：一种超硬刀具' },
      actor: { party: SELLER, person: INVENTOR },
    });
    expect(rows[1]!.sentence.zh).toContain('起始价 ¥200,000.00，保证金 ¥20,000.00');
  });

  it('shows everybody what is public, the parties what is theirs, and each bidder his own', async () => {
    const saleId = await recorded();
    const as = (organisation: string) => stage.employ(organisation, ['holder']);
    const [seller, buyer, loser, stranger] = [as(SELLER), as(BUYER), as(LOSER), as(STRANGER)];
    const ops = stage.employ(PLATFORM, ['ops']);
    await stage.idle();
    expect(await kindsOf(saleId)).toEqual(['listing.announced']);
    expect(await kindsOf(saleId, stranger)).toEqual(['listing.announced']);
    expect(await kindsOf(saleId, { person: stranger.person })).toEqual(['listing.announced']);
    expect(await kindsOf(saleId, seller)).toEqual(shown('auction.bidder-registered', 'auction.ended'));
    expect(await kindsOf(saleId, { person: INVENTOR })).toEqual(shown('auction.bidder-registered', 'auction.ended'));
    expect(await kindsOf(saleId, loser)).toEqual(['listing.announced', 'auction.bidder-registered']);
    expect(await kindsOf(saleId, buyer)).toEqual([
      ...['listing.submitted', 'listing.announced', 'auction.bidder-registered', 'deal.opened'],
    ]);
    for (const by of [desk, ops]) expect(await kindsOf(saleId, by)).toEqual(everything);
    const own = (await read(saleId, loser)).at(-1)!;
    expect(own.sentence.zh).toContain(LOSER);
    expect(await kindsOf(uuidv7(), desk)).toEqual([]);
  });

  it('says why, and what led to it to whom may see that', async () => {
    const saleId = await recorded();
    const rows = await read(saleId, desk);
    expect(rows[0]!.reason).toEqual(submitListing.summary);
    expect(rows[1]!.reason).toBeNull();
    const [ended, opened] = rows.slice(-2);
    expect(opened!.reason).toEqual(joined(openDeal.summary, ended!.sentence));
    const theirs = await read(saleId, stage.employ(SELLER, ['holder']));
    expect(theirs.at(-1)!.reason).toEqual(openDeal.summary);
  });

  it('is read page by page, whoever reads it', async () => {
    const saleId = await recorded();
    const pages = await stage.pages<Row>(`${path(saleId)}?limit=4`, desk);
    expect(pages.map((page) => page.length)).toEqual([4, 2]);
    expect(pages.flat()).toEqual(await read(saleId, desk));
    const seller = stage.employ(SELLER, ['holder']);
    const theirs = await stage.pages<Row>(`${path(saleId)}?limit=1`, seller);
    expect(theirs.map((page) => page.length)).toEqual([1, 1, 1]);
    expect((await stage.get(`${path(saleId)}?after=nonsense`)).status).toBe(422);
    expect((await stage.get('/v1/sales/nonsense/record')).status).toBe(422);
  });

  it('takes an event once, however often it was sent, and nothing that is not of a sale', async () => {
    const saleId = uuidv7();
    const ended = tellSale(saleId);
    stage.broker.append({ topic: auctionEnded.topic, key: saleId, value: JSON.stringify(ended) });
    stage.broker.append({ topic: auctionEnded.topic, key: saleId, value: 'no event at all' });
    const spoilt = [
      { data: { nonsense: true } },
      ...[{ data: null }, { time: 'yesterday' }, { actor: null }, { id: 'x' }, { saleid: 'x' }],
      { data: { ...(ended.data as object), winner: '\0' } },
    ];
    for (const wrong of spoilt) {
      const value = JSON.stringify({ ...ended, id: uuidv7(), ...wrong });
      stage.broker.append({ topic: auctionEnded.topic, key: saleId, value });
    }
    const unknown = { ...ended, id: uuidv7(), type: 'bidding.auction.exploded.v9' };
    stage.broker.append({ topic: auctionEnded.topic, key: saleId, value: JSON.stringify(unknown) });
    const { saleid: _, ...outside } = ended;
    stage.broker.append({
      topic: auctionEnded.topic,
      key: saleId,
      value: JSON.stringify({ ...outside, id: uuidv7() }),
    });
    stage.tell(patentMirrored, '202119900001.9', {
      patentNumber: '202119900001.9',
      title: 'x',
      status: 'GRANTED',
      officeVersion: 1,
    });
    await stage.idle();
    expect(await kindsOf(saleId, desk)).toEqual(everything);
  });

  it('is the same when it is thrown away and built again from the log', async () => {
    const sales = [await recorded(), await recorded(), await recorded()];
    const seller = stage.employ(SELLER, ['holder']);
    await stage.idle();
    const all = async () =>
      Promise.all(sales.flatMap((saleId) => [read(saleId, desk), read(saleId, seller), read(saleId)]));
    const before = [await all(), await stage.get('/v1/sales?limit=100', desk)];
    await stage.rows(`update sale_record set zh = 'changed', at = now() where sale_id = $1`, sales[0]);
    await stage.rows('delete from sale_record where sale_id = $1', sales[1]);
    await stage.rows('insert into sale_party (sale_id, party) values ($1, $2)', sales[2], STRANGER);
    expect(await all()).not.toEqual(before[0]);
    await stage.running.runtime.rebuild('sale-record');
    await stage.idle();
    expect([await all(), await stage.get('/v1/sales?limit=100', desk)]).toEqual(before);
    expect(await stage.rows('select from sale_party where party = $1', STRANGER)).toEqual([]);
    await stage.reboot();
    await stage.idle();
    expect(await all()).toEqual(before[0]);
  });
});

describe('the list of sales', () => {
  it('shows the newest movement first, page by page, to the desk only', async () => {
    const made = [await recorded(), await recorded(), await recorded()];
    const bump = (saleId: string, minutes: number) =>
      stage.tell(
        auctionEnded,
        saleId,
        { saleId, outcome: 'unsold-no-bid', winner: null, paddle: null, priceFen: null, bids: 0, endedAt: START },
        { saleid: saleId, ...at(minutes) },
      );
    const order = [made[1]!, made[2]!, made[0]!];
    order.forEach((saleId, n) => bump(saleId, 1000 - n));
    await stage.idle();
    type Sale = { saleId: string; startedAt: number; lastAt: number; events: number; lastType: string };
    const pages = await stage.pages<Sale>('/v1/sales?limit=2', desk);
    const all = pages.flat();
    expect(all.slice(0, 3).map(({ saleId }) => saleId)).toEqual(order);
    expect(all[0]).toEqual({
      saleId: order[0],
      startedAt: START,
      lastAt: START + 1000 * 60_000,
      events: 7,
      lastType: auctionEnded.type,
    });
    expect(all.map(({ saleId }) => saleId).toSorted()).toEqual(
      [...new Set(all.map(({ saleId }) => saleId))].toSorted(),
    );
    const times = all.map(({ lastAt }) => lastAt);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect((await stage.get('/v1/sales', stage.employ(SELLER, ['holder', 'admin']))).status).toBe(403);
    expect((await stage.get('/v1/sales')).status).toBe(401);
  });
});

describe('afterwards', () => {
  it('nothing was poisoned', async () => {
    expect(await stage.rows('select error from quarantine')).toEqual([]);
  });
});
