import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { acting, type Asker, service, Stage } from '@yuzhi/chassis/stage.fixture';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { auctionEnded, openAuction } from '@yuzhi/protocol/bidding';
import { dealClosed } from '@yuzhi/protocol/contracts';
import type { InputOf, Outcome, Role } from '@yuzhi/protocol/declare';
import {
  approveListing,
  closeListing,
  concludeListing,
  draftListing,
  type ListingView,
  retryListing,
  returnListing,
  reviseListing,
  submitListing,
  wakeListing,
  withdrawListing,
} from '@yuzhi/protocol/listings';
import { releasePatent, reservePatent } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { testDatabase } from '@yuzhi/testkit/databases';
import type { z } from 'zod';
import type { Listing } from './domain/listing.ts';
import { BUYER, DAY_MS, entry, offer, PATENT, SELLER } from './listings.fixture.ts';
import { ListingsModule } from './listings.module.ts';

jest.setTimeout(60_000);

type View = z.output<typeof ListingView>;
const DESK = makeUscc(1);
const HOUR_MS = 3_600_000;
const YEAR = new Date().getFullYear();

let stage: Stage;
let holder: Asker;
let desk: Asker;
beforeAll(async () => {
  stage = await Stage.open({
    service: 'listings',
    database: await testDatabase('listings'),
    module: (config) => ListingsModule.with(config),
    rules: {
      'listings.result-notice-working-days': ['5', 'working-days'],
      'listings.answer-seconds': ['3600', 'seconds'],
      'listings.ask-attempts': ['2', 'count'],
    },
  });
  for (const year of [YEAR, YEAR + 1]) stage.year(year, { provisional: year > YEAR });
  holder = stage.employ(SELLER, ['holder']);
  desk = stage.employ(DESK, ['desk']);
});
afterAll(() => stage.close());

const seller = () => acting(SELLER, holder.person, 'holder');
const officer = (...roles: Role[]) => acting(DESK, desk.person, ...(roles.length ? roles : (['desk'] as const)));
const codes = (outcomes: Outcome[]) => outcomes.map(({ code }) => code);
const stateOf = async (saleId: string) => (await stage.state<Listing>('listing', 'sale_id', saleId))!;

async function drafted(more: Partial<InputOf<typeof draftListing>> = {}): Promise<string> {
  const saleId = uuidv7();
  const outcome = await stage.send(draftListing, saleId, offer(more), seller());
  if (outcome.status !== 201) throw new Error(outcome.code);
  return saleId;
}
const submit = (saleId: string, by = seller(), key?: string) => stage.send(submitListing, saleId, {}, by, key);
const approve = (saleId: string, by = officer(), key?: string) => stage.send(approveListing, saleId, {}, by, key);
const withdraw = (saleId: string, by = seller(), key?: string) => stage.send(withdrawListing, saleId, {}, by, key);
const giveBack = (saleId: string, by = officer(), key?: string) =>
  stage.send(returnListing, saleId, { comment: '请补充说明' }, by, key);

async function reserving(more = {}): Promise<string> {
  const saleId = await drafted(more);
  await submit(saleId);
  await approve(saleId);
  return saleId;
}
async function opening(more = {}): Promise<string> {
  const saleId = await reserving(more);
  await stage.answer(reservePatent, saleId, { body: entry });
  return saleId;
}
async function announced(more = {}): Promise<string> {
  const saleId = await opening(more);
  await stage.answer(openAuction, saleId, { body: { rulesVersion: '1' } });
  return saleId;
}
let turned = 0;
const ended = (saleId: string, more: Partial<InputOf<typeof auctionEnded>> = {}): InputOf<typeof auctionEnded> => ({
  ...{ saleId, outcome: 'sold', winner: BUYER, paddle: 2, priceFen: '24500000', bids: 4, endedAt: Date.now() + turned },
  ...more,
});
const reaches = (saleId: string, status: Listing['status']) =>
  stage.until(async () => {
    const listing = await stateOf(saleId);
    return listing.status === status ? listing : undefined;
  });
async function noticed(): Promise<string> {
  const saleId = await announced();
  stage.tell(auctionEnded, saleId, ended(saleId));
  await reaches(saleId, 'result-notice');
  return saleId;
}

describe('a listing', () => {
  it('goes from the draft to the completed sale, by events, answers and one deadline', async () => {
    const saleId = await noticed();
    const { noticeUntil, result } = await stateOf(saleId);
    expect(result).toMatchObject({ outcome: 'sold', winner: BUYER, priceFen: 24_500_000n });
    turned = noticeUntil! - Date.now() + 1000;
    stage.turnClock(turned);
    await reaches(saleId, 'contracting');
    stage.tell(dealClosed, saleId, {
      saleId,
      seller: SELLER,
      buyer: BUYER,
      patentNumber: PATENT,
      priceFen: '24500000',
    });
    await reaches(saleId, 'sold');
    await stage.answer(releasePatent, saleId);
    expect(await stateOf(saleId)).toMatchObject({ reservation: 'none', deadlineAt: null });
    const kinds = [
      'listing.submitted',
      'listing.announced',
      'result.announced',
      'result.confirmed',
      'listing.completed',
    ];
    expect(stage.kinds(await stage.told(saleId))).toEqual(kinds);
    expect((await stage.told(saleId)).every(({ saleid }) => saleid === saleId)).toBe(true);
    const versions = (await stage.told(saleId)).map(({ aggversion }) => aggversion);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    const questions = [reservePatent, openAuction, releasePatent].map((command) => stage.asked(command, saleId));
    const times = (await Promise.all(questions)).map(({ length }) => length);
    expect(times).toEqual([1, 1, 1]);
    expect((await stage.asked(reservePatent, saleId))[0]).toMatchObject({
      key: PATENT,
      data: { saleId, seller: SELLER, purpose: 'transfer' },
    });
    expect((await stage.asked(openAuction, saleId))[0]).toMatchObject({
      key: saleId,
      data: { seller: SELLER, terms: offer().terms },
    });
    const confirmed = (await stage.told(saleId)).find(({ type }) => type.includes('confirmed'));
    expect(confirmed!.data).toMatchObject({
      buyer: BUYER,
      priceFen: '24500000',
      depositFen: '2000000',
      entry,
      rulebookVersion: '2026.1',
    });
  });

  it('goes on after a restart in any state', async () => {
    const saleId = await drafted();
    await stage.reboot();
    await submit(saleId);
    await stage.reboot();
    await approve(saleId);
    await stage.reboot();
    await stage.answer(reservePatent, saleId, { body: entry });
    await stage.reboot();
    await stage.answer(openAuction, saleId, { body: { rulesVersion: '1' } });
    expect(await stateOf(saleId)).toMatchObject({ status: 'announced', reservation: 'held', version: 5 });
  });
});

describe('commands of the holder', () => {
  it('draft answers the same to the same request, and is for holders', async () => {
    const saleId = uuidv7();
    const first = await stage.send(draftListing, saleId, offer(), seller(), 'key');
    expect(first).toMatchObject({ status: 201, body: { saleId } });
    expect(await stage.send(draftListing, saleId, offer(), seller(), 'key')).toEqual(first);
    expect(await stage.send(draftListing, saleId, offer(), seller(), 'later')).toMatchObject({ body: { saleId } });
    expect((await stateOf(saleId)).version).toBe(1);
    const other = stage.send(draftListing, saleId, offer({ description: { zh: '新', en: 'new' } }), seller(), 'key');
    expect((await other).code).toBe('idempotency-key-reused');
    expect((await stage.send(draftListing, saleId, offer(), acting(BUYER, BUYER, 'bidder'))).code).toBe('forbidden');
  });

  it('revise, submit and withdraw are refused by every code, and answer the same to the same request', async () => {
    const saleId = await drafted();
    const stranger = acting(BUYER, randomUUID(), 'holder');
    const { patentNumber: _, ...data } = offer({ reward: { ...offer().reward, shareBps: 8000 } });
    const revise = (of: string, by = seller(), key?: string) => stage.send(reviseListing, of, data, by, key);
    for (const act of [revise, submit, withdraw]) {
      expect(codes([await act(uuidv7()), await act(saleId, stranger)])).toEqual([
        'listing-not-found',
        'listing-not-yours',
      ]);
      expect((await act(saleId, acting(SELLER, holder.person, 'bidder'))).code).toBe('forbidden');
    }
    const revised = await revise(saleId, seller(), 'revise');
    expect([revised.status, await revise(saleId, seller(), 'revise')]).toEqual([200, revised]);
    expect(await stateOf(saleId)).toMatchObject({ reward: { shareBps: 8000 }, version: 2, patentNumber: PATENT });
    const submitted = await submit(saleId, seller(), 'submit');
    expect([submitted.status, await submit(saleId, seller(), 'submit')]).toEqual([200, submitted]);
    expect(codes([await revise(saleId), await submit(saleId)])).toEqual([
      'listing-not-editable',
      'listing-not-editable',
    ]);
    const withdrawn = await withdraw(saleId, seller(), 'withdraw');
    expect([withdrawn.status, await withdraw(saleId, seller(), 'withdraw')]).toEqual([200, withdrawn]);
    expect(codes([await withdraw(saleId), await withdraw(await announced())])).toEqual([
      'listing-not-withdrawable',
      'listing-not-withdrawable',
    ]);
    expect(stage.kinds(await stage.told(saleId))).toEqual(['listing.submitted', 'listing.withdrawn']);
  });
});

describe('commands of the desk', () => {
  it('return and approve are refused by every code, and answer the same to the same request', async () => {
    const saleId = await drafted();
    for (const act of [giveBack, approve]) {
      expect(codes([await act(uuidv7()), await act(saleId), await act(saleId, seller())])).toEqual([
        ...['listing-not-found', 'listing-not-in-review', 'forbidden'],
      ]);
    }
    await submit(saleId);
    const returned = await giveBack(saleId, officer(), 'return');
    expect([returned.status, await giveBack(saleId, officer(), 'return')]).toEqual([200, returned]);
    expect((await stage.get<View>(`/v1/listings/${saleId}`, holder)).body).toMatchObject({
      status: 'returned',
      returnReason: '请补充说明',
    });
    await submit(saleId);
    const approved = await approve(saleId, officer(), 'approve');
    expect([approved.status, await approve(saleId, officer(), 'approve')]).toEqual([200, approved]);
    expect(codes([await giveBack(saleId), await approve(saleId)])).toEqual([
      'listing-not-in-review',
      'listing-not-in-review',
    ]);
    expect(await stage.asked(reservePatent, saleId)).toHaveLength(1);
  });
});

describe('answers', () => {
  it.each(Object.keys(reservePatent.rejections))(
    'of the register: %s brings it back, and a new review asks anew',
    async (code) => {
      const saleId = await reserving();
      await stage.refuse(reservePatent, saleId, code);
      const { zh, next } = reservePatent.rejections[code as keyof typeof reservePatent.rejections];
      const { body } = await stage.get<View>(`/v1/listings/${saleId}`, holder);
      expect(body).toMatchObject({ status: 'returned', returnReason: expect.stringContaining(zh + next.zh) });
      expect((await stage.told(saleId)).at(-1)).toMatchObject({
        type: 'listings.listing.returned.v1',
        data: { reason: body.returnReason },
      });
      await submit(saleId);
      await approve(saleId);
      await stage.answer(reservePatent, saleId, { body: entry }, 2);
      expect(await stateOf(saleId)).toMatchObject({ status: 'opening', reservation: 'held', returned: null });
    },
  );

  it.each(Object.keys(openAuction.rejections))(
    'of the bidding: %s brings it back and gives the patent back',
    async (code) => {
      const saleId = await opening();
      await stage.refuse(openAuction, saleId, code);
      expect(await stateOf(saleId)).toMatchObject({ status: 'returned', reservation: 'releasing', returned: { code } });
      expect(await stage.asked(releasePatent, saleId)).toMatchObject([
        { key: PATENT, data: { patentNumber: PATENT, saleId } },
      ]);
      await stage.answer(releasePatent, saleId);
      expect(await stateOf(saleId)).toMatchObject({ reservation: 'none' });
    },
  );

  it('that something failed bring it back too, and a lock that was taken all the same is given back', async () => {
    const failed = { status: 500, code: 'internal-fault' };
    const saleId = await reserving();
    await stage.answer(reservePatent, saleId, failed);
    expect(await stateOf(saleId)).toMatchObject({ status: 'returned', returned: failedComment, reservation: 'none' });
    await stage.answer(reservePatent, saleId, { body: entry });
    expect(await stage.asked(releasePatent, saleId)).toHaveLength(1);
    const other = await opening();
    await stage.answer(openAuction, other, failed);
    expect(await stateOf(other)).toMatchObject({ status: 'returned', returned: failedComment });
    await stage.answer(releasePatent, other, failed);
    expect(await stateOf(other)).toMatchObject({ status: 'returned', reservation: 'releasing' });
  });
  const failedComment = { code: 'internal-fault', comment: expect.stringContaining('The platform failed') };

  it('that come late or twice change nothing', async () => {
    const saleId = await noticed();
    const before = await stateOf(saleId);
    const outcomes = [
      stage.answer(reservePatent, saleId, { body: entry }),
      stage.refuse(reservePatent, saleId, 'patent-pledged'),
      stage.answer(openAuction, saleId, { body: { rulesVersion: '1' } }),
      stage.refuse(openAuction, saleId, 'periods-out-of-order'),
      stage.own(concludeListing, saleId, { ...concluded(saleId), outcome: 'unsold-no-bid' }),
      stage.own(closeListing, saleId, { saleId }),
      stage.own(wakeListing, saleId, {}),
    ];
    expect(codes(await Promise.all(outcomes))).toEqual(outcomes.map(() => 'done'));
    expect(await stateOf(saleId)).toEqual(before);
    expect(await stage.asked(releasePatent, saleId)).toEqual([]);
  });
  const concluded = (saleId: string) => {
    const { bids: _, ...data } = ended(saleId);
    return data;
  };
});

describe('a patent that the register does not let go', () => {
  it('is asked for again, then stuck for ops and the holder to see, and free once an operator retries', async () => {
    const saleId = await opening();
    await stage.refuse(openAuction, saleId, 'periods-out-of-order');
    const retry = (by = officer('ops'), of = saleId) => stage.send(retryListing, of, {}, by);
    expect(codes([await retry(), await retry(officer('ops'), uuidv7()), await retry(seller())])).toEqual([
      ...['listing-not-stuck', 'listing-not-found', 'forbidden'],
    ]);
    await stage.answer(releasePatent, saleId, { status: 500, code: 'internal-fault' });
    stage.turnClock((turned += HOUR_MS + 1000));
    await stage.until(async () => (await stage.asked(releasePatent, saleId)).length === 2);
    await stage.answer(releasePatent, saleId, { status: 500, code: 'internal-fault' }, 2);
    stage.turnClock((turned += HOUR_MS + 1000));
    await stage.until(async () => (await stateOf(saleId)).deadlineAt === null);
    expect(await stage.asked(releasePatent, saleId)).toHaveLength(2);
    expect((await stage.told(saleId)).at(-1)).toMatchObject({
      type: 'listings.listing.stuck.v1',
      data: { at: 'release', reason: 'internal-fault' },
    });

    const seen = async (query: string, by?: Asker) =>
      (await stage.pages<View>(`/v1/listings?${query}&limit=100`, by)).flat().map((listing) => listing.saleId);
    const ops = stage.employ(DESK, ['ops']);
    await stage.idle();
    expect(await seen('stuck=true', ops)).toContain(saleId);
    expect(await seen('stuck=true&mine=true', holder)).toContain(saleId);
    expect(await seen('stuck=false', ops)).not.toContain(saleId);
    const { body } = await stage.get<View>(`/v1/listings/${saleId}`, holder);
    expect(body.stuck).toMatchObject({ reason: 'internal-fault', zh: expect.stringContaining('平台内部错误') });

    expect((await retry()).code).toBe('done');
    await stage.answer(releasePatent, saleId, {}, 3);
    expect(await stateOf(saleId)).toMatchObject({ reservation: 'none', asking: null, deadlineAt: null });
    expect(await seen('stuck=true', ops)).not.toContain(saleId);
    expect(await seen('stuck=true')).not.toContain(saleId);
  });
});

describe('the end of a bidding', () => {
  it.each(['unsold-no-bid', 'unsold-below-reserve'] as const)(
    '%s ends the listing and gives the patent back',
    async (outcome) => {
      const saleId = await announced();
      stage.tell(auctionEnded, saleId, ended(saleId, { outcome, winner: null, paddle: null, priceFen: null }));
      await reaches(saleId, 'unsold');
      expect((await stage.told(saleId)).at(-1)).toMatchObject({
        type: 'listings.listing.unsold.v1',
        data: { outcome },
      });
      expect(await stage.asked(releasePatent, saleId)).toHaveLength(1);
    },
  );

  it('counts the objection window in working days from there, and says when the calendar is provisional', async () => {
    const ends = Date.parse(`${YEAR}-12-31T10:00:00+08:00`);
    const saleId = await announced();
    stage.tell(auctionEnded, saleId, ended(saleId, { endedAt: ends }));
    const { noticeUntil, deadlineAt } = await reaches(saleId, 'result-notice');
    expect(deadlineAt).toBe(noticeUntil);
    const days = Array.from({ length: 12 }, (_, n) => ends + (n + 1) * DAY_MS).filter(
      (at) => ![0, 6].includes(new Date(at).getUTCDay()),
    );
    const last = new Date(days[4]!).toISOString().slice(0, 10);
    expect(noticeUntil).toBe(Date.parse(`${last}T24:00:00+08:00`));
    expect((await stage.told(saleId)).at(-1)!.data).toMatchObject({
      until: noticeUntil,
      provisional: true,
      paddle: 2,
      buyer: BUYER,
    });
  });
});

describe('reading listings', () => {
  const get = (saleId: string, by?: Asker) => stage.get<View>(`/v1/listings/${saleId}`, by);

  it('shows one that is not announced to its holder and the desk only', async () => {
    const saleId = await drafted();
    const stranger = stage.employ(BUYER, ['bidder']);
    const ops = stage.employ(DESK, ['ops']);
    await stage.idle();
    const statuses = await Promise.all(
      [holder, desk, ops, stranger, undefined].map(async (by) => (await get(saleId, by)).status),
    );
    expect(statuses).toEqual([200, 200, 200, 404, 404]);
    expect((await get(saleId, holder)).body).toMatchObject({
      status: 'draft',
      title: null,
      kind: null,
      ipc: [],
      demo: false,
    });
  });

  it('shows an announced one to everybody, its reserve to the seller alone and the winner by his paddle', async () => {
    const saleId = await noticed();
    const { body } = await get(saleId);
    const { reserveFen: _, ...terms } = offer().terms;
    expect(body).toEqual({
      ...{
        saleId,
        status: 'result-notice',
        seller: SELLER,
        patentNumber: PATENT,
        title: entry.title,
        kind: 'invention',
        demo: true,
      },
      ...{
        ipc: entry.ipc,
        description: offer().description,
        returnReason: null,
        stuck: null,
        version: 6,
        reward: null,
      },
      terms: { ...terms, reserved: true, reserveFen: null },
      encumbrances: [{ kind: 'ordinary-licence', holder: '演示数据·被许可人', until: '2028-01-05' }],
      announcedAt: expect.any(Number),
      result: { outcome: 'sold', paddle: 2, priceFen: '24500000' },
      noticeUntil: expect.any(Number),
    });
    const [own, reviewed] = [(await get(saleId, holder)).body, (await get(saleId, desk)).body];
    expect([own.terms.reserveFen, reviewed.terms.reserveFen]).toEqual(['22000000', null]);
    expect([own.reward, reviewed.reward]).toEqual([offer().reward, offer().reward]);
    expect(JSON.stringify(body)).not.toContain(BUYER);
  });

  it('lists what is public newest first, page by page, and finds it by words, class and number', async () => {
    const word = randomUUID();
    const description = { zh: `演示 ${word}`, en: 'x' };
    const sales: string[] = [];
    for (let n = 0; n < 5; n++) sales.unshift(await announced({ description }));
    await drafted({ description });
    const ids = (rows: View[]) => rows.map(({ saleId }) => saleId);
    const pages = await stage.pages<View>(`/v1/listings?limit=2&q=${word.toUpperCase()}`);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(ids(pages.flat())).toEqual(sales);
    expect(ids((await stage.pages<View>(`/v1/listings?status=announced&limit=100&q=b23b27/14`)).flat())).toEqual(
      expect.arrayContaining(sales),
    );
    expect((await stage.pages<View>(`/v1/listings?q=${PATENT}&limit=100`)).flat().length).toBeGreaterThanOrEqual(5);
    expect((await stage.pages<View>('/v1/listings?status=draft')).flat()).toEqual([]);
    expect((await stage.pages<View>('/v1/listings?mine=true')).flat()).toEqual([]);
  });

  it('lists drafts to their holder and the desk', async () => {
    const other = stage.employ(makeUscc(77), ['holder']);
    const saleId = uuidv7();
    await stage.send(draftListing, saleId, offer(), acting(other.organisation!, other.person, 'holder'));
    await stage.idle();
    const mine = (by: Asker, query = 'mine=true') => stage.pages<View>(`/v1/listings?${query}&limit=100`, by);
    expect((await mine(other)).flat().map((listing) => listing.saleId)).toEqual([saleId]);
    expect((await mine(holder)).flat().map((listing) => listing.seller)).not.toContain(other.organisation);
    expect((await mine(other, 'status=draft')).flat()).toEqual([]);
    expect((await mine(desk, 'status=draft')).flat().map((listing) => listing.saleId)).toContain(saleId);
  });

  it('refuses a cursor that no page gave and a status that there is not', async () => {
    const statuses = ['after=nonsense', 'status=gone', 'limit=1000', 'unknown=1'].map(
      async (query) => (await stage.get(`/v1/listings?${query}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([422, 422, 422, 422]);
    expect((await get(uuidv7())).status).toBe(404);
  });
});

describe('afterwards', () => {
  it('what belongs to no listing was set aside, and nothing else', async () => {
    const saleId = uuidv7();
    stage.tell(auctionEnded, saleId, ended(saleId));
    stage.tell(dealClosed, saleId, { saleId, seller: SELLER, buyer: BUYER, patentNumber: PATENT, priceFen: '1' });
    const parked = await stage.until(async () => {
      const rows = await stage.rows<{ key: string }>('select key from quarantine');
      return rows.length >= 2 && rows;
    });
    expect(parked).toEqual([{ key: saleId }, { key: saleId }]);
  });

  it('only services may tell a listing what only services know', async () => {
    const saleId = await announced();
    const { bids: _, ...data } = ended(saleId);
    const attempts = [
      stage.send(concludeListing, saleId, data, seller()),
      stage.send(closeListing, saleId, { saleId }, officer('desk', 'ops')),
      stage.send(wakeListing, saleId, {}, service('bidding')),
    ];
    expect(codes(await Promise.all(attempts))).toEqual(['forbidden', 'forbidden', 'forbidden']);
  });
});
