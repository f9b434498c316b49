import { randomUUID } from 'node:crypto';
import { getListing, listListings, retryListing, submitListing, approveListing } from '@yuzhi/protocol/listings';
import { listSetAside } from '@yuzhi/protocol/ops';
import { getPatent, reservePatent } from '@yuzhi/protocol/register';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { foundFirm, freshSuffix, UNIVERSITY } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { importInto, Sale } from './sale.ts';
import { type Firm, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;
/** By the rulebook: three attempts, an hour each. */
const [ATTEMPTS, ATTEMPT_MS] = [3, HOUR_MS];

const stage = new Stage(readAddresses());
const { desk } = stage;
let university: Firm;
let known: ReturnType<typeof invented>[number];
/** The mirror of the register does not hold it: what is asked of it there fails. */
let unknown: typeof known;
let saleId: string;

beforeAll(async () => {
  const suffix = freshSuffix();
  university = await foundFirm(stage, UNIVERSITY, suffix);
  [known, unknown] = invented(2, [university], suffix.patent) as [typeof known, typeof known];
  await stage.office.enter([known]);
  await importInto(stage, university.client, known.number);
  ({ saleId } = await Sale.draft(stage, university, { patentNumber: unknown.number, inventors: [] }));
}, 60_000);

const listing = (of = saleId) => university.client.ask(getListing, { saleId: of });
const retry = (by = desk, of = saleId) => refusalOf(by.send(retryListing, { saleId: of }));
const stuckOnes = async () => (await desk.ask(listListings, { stuck: 'true', limit: 100 })).items;
const setAside = async () =>
  (await desk.ask(listSetAside, {})).items.filter(({ key }) => key === unknown.number).length;

/** As register would write it by a mistake of ours: that it holds for the sale a patent which it has refused. */
async function pretendToHold(): Promise<void> {
  const { entry } = await stage.anyone.ask(getPatent, { patentNumber: known.number });
  const id = randomUUID();
  const principal = { party: 'service:register', person: 'service:register', roles: ['service'] };
  const asked = { patentNumber: unknown.number, saleId, seller: university.uscc, purpose: 'transfer' };
  const outcome = { status: 200, code: 'done', body: { ...entry, patentNumber: unknown.number } };
  const data = { of: reservePatent.type, askKey: unknown.number, asked, outcome };
  const envelope = { id, idempotencyKey: id, type: 'platform.answer.v1', key: saleId, principal, data };
  const record = { topic: retryListing.topic, key: saleId, value: JSON.stringify(envelope) };
  const written = await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/records`, {
    method: 'POST',
    body: JSON.stringify(record),
  });
  expect(written.status).toBe(200);
}

describe('a patent that the register fails to let go', () => {
  it('is asked for as often as the rulebook says, then ops and the holder see that the listing is stuck', async () => {
    await university.client.send(submitListing, { saleId });
    await desk.send(approveListing, { saleId });
    await eventually('its return', async () => (await listing()).status === 'returned');
    await pretendToHold();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await eventually(`failure ${attempt}`, async () => (await setAside()) === attempt);
      expect([await retry(), (await listing()).stuck]).toEqual(['listing-not-stuck', null]);
      await stage.advanceTo((await stage.now()) + ATTEMPT_MS);
    }
    const { zh, en } = platformRefusals['internal-fault'];
    const stuck = { reason: 'internal-fault', zh, en, since: expect.any(Number) };
    await eventually('a stuck listing', async () => (await listing()).stuck);
    expect(await listing()).toMatchObject({ status: 'returned', stuck });
    expect((await stuckOnes()).find((one) => one.saleId === saleId)).toMatchObject({ stuck });
    expect(await setAside()).toBe(ATTEMPTS);
  }, 120_000);

  it('is let go when an operator, who has put the cause right, has it asked for afresh', async () => {
    expect(await retry(university.client)).toBe('forbidden');
    expect(await retry(desk, randomUUID())).toBe('listing-not-found');
    await stage.office.enter([unknown]);
    await importInto(stage, university.client, unknown.number);
    expect(await retry()).toBe('accepted');
    await stage.advanceTo((await stage.now()) + (ATTEMPTS + 1) * ATTEMPT_MS);
    expect([(await listing()).stuck, await setAside()]).toEqual([null, ATTEMPTS]);
    expect((await stuckOnes()).map((one) => one.saleId)).not.toContain(saleId);
    expect((await stage.anyone.ask(getPatent, { patentNumber: unknown.number })).reservedBy).toBeNull();
    expect(await retry()).toBe('listing-not-stuck');
  }, 60_000);
});
