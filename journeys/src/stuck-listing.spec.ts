import { randomUUID } from 'node:crypto';
import { listListings, retryListing } from '@yuzhi/protocol/listings';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { getPatent } from '@yuzhi/protocol/register';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { foundFirm, freshSuffix, UNIVERSITY } from './cast.ts';
import { eventually } from './eventually.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { type Firm, Stage } from './stage.ts';
import { ATTEMPT_MS, ATTEMPTS, StuckListing } from './stuck-listing.ts';

const stage = new Stage(readAddresses());
const { desk } = stage;
let university: Firm;
let listing: StuckListing;

beforeAll(async () => {
  const suffix = freshSuffix();
  university = await foundFirm(stage, UNIVERSITY, suffix);
  listing = await StuckListing.draft(stage, university, suffix.patent);
}, 60_000);

const retry = (by = desk, saleId = listing.saleId) => refusalOf(by.send(retryListing, { saleId }));
const stuckOnes = async () => (await desk.ask(listListings, { stuck: 'true', limit: 100 })).items;

describe('a patent that the register fails to let go', () => {
  it('is asked for as often as the rulebook says, then ops and the holder see that the listing is stuck', async () => {
    await listing.begin();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await eventually(`failure ${attempt}`, async () => (await listing.setAside()) === attempt);
      expect([await retry(), (await listing.seen()).stuck]).toEqual(['listing-not-stuck', null]);
      await stage.advanceTo((await stage.now()) + ATTEMPT_MS);
    }
    const { zh, en } = platformRefusals['internal-fault'];
    const stuck = { reason: 'internal-fault', zh, en, since: expect.any(Number) };
    await eventually('a stuck listing', async () => (await listing.seen()).stuck);
    expect(await listing.seen()).toMatchObject({ status: 'returned', stuck });
    expect((await stuckOnes()).find(({ saleId }) => saleId === listing.saleId)).toMatchObject({ stuck });
    expect(await listing.setAside()).toBe(ATTEMPTS);
  }, 120_000);

  it('is let go when an operator, who has put the cause right, has it asked for afresh', async () => {
    expect(await retry(university.client)).toBe('forbidden');
    expect(await retry(desk, randomUUID())).toBe('listing-not-found');
    await listing.mend();
    expect(await retry()).toBe('accepted');
    await stage.advanceTo((await stage.now()) + (ATTEMPTS + 1) * ATTEMPT_MS);
    expect([(await listing.seen()).stuck, await listing.setAside()]).toEqual([null, ATTEMPTS]);
    expect((await stuckOnes()).map(({ saleId }) => saleId)).not.toContain(listing.saleId);
    const { reservedBy } = await stage.anyone.ask(getPatent, { patentNumber: listing.unknown.number });
    expect(reservedBy).toBeNull();
    expect(await retry()).toBe('listing-not-stuck');
  }, 60_000);
});
