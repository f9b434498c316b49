import { grantRoles, namePerson } from '@yuzhi/protocol/identity';
import { listOperations, listOrders, retryOperation } from '@yuzhi/protocol/escrow';
import { retryListing, returnListing, reviseListing, submitListing, withdrawListing } from '@yuzhi/protocol/listings';
import { approveReplay, askReplay, declineReplay, listReplays } from '@yuzhi/protocol/ops';
import { DEMO_PASSWORD, freshSuffix, gather } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { importInto, offerOf, Sale } from './sale.ts';
import type { Firm, Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';
import { StuckListing } from './stuck-listing.ts';

/** Stands in everything that nobody but its owner may read. */
export const SECRET = '未公告之技术秘密';

/** Every command of the catalogue once, with an outcome. Answers whom it made, and real ids by how they are named. */
export async function tradeAll(stage: Stage) {
  const suffix = freshSuffix();
  const cast = await gather(stage, suffix);
  const { university, inventors } = cast;
  const line = new StraightLine(stage, cast, suffix.patent);
  const { patentNumber } = await line.patent();
  await line.list(patentNumber);
  await line.admit();
  await line.bid();
  await line.result();
  await line.contract();
  await line.fund();
  await line.register();
  await line.close();
  const { saleId } = line.sale;
  const [inventor] = inventors;
  await stage.employ(university, inventor!, ['holder']);
  await inventor!.client.send(namePerson, { person: inventor!.id, name: inventor!.name });
  await retryStuck(stage, university, suffix.patent + 3);
  const [drafts, operationId, replays] = await Promise.all([
    keepBack(stage, university, suffix.patent + 1),
    sendBack(stage, saleId),
    replay(stage, suffix.login),
  ]);
  const orders = await stage.desk.ask(listOrders, { saleId, limit: 100 });
  const ids = {
    saleId: [saleId, ...drafts],
    orderId: orders.items.map(({ orderId }) => orderId),
    uscc: [university.uscc],
    operationId: [operationId],
    replay: replays,
    person: [university.person.id],
    patentNumber: [patentNumber],
  };
  return { suffix, cast, ids, saleId };
}
export type Trade = Awaited<ReturnType<typeof tradeAll>>;

/** A draft that is revised, returned and withdrawn, and one that stays a draft. */
async function keepBack(stage: Stage, seller: Firm, serial: number): Promise<string[]> {
  const patents = invented(2, [seller], serial);
  await stage.office.enter(patents);
  const [withdrawn, draft] = await Promise.all(
    patents.map(async ({ number: patentNumber }) => {
      await importInto(stage, seller.client, patentNumber);
      return Sale.draft(stage, seller, { patentNumber, inventors: [] });
    }),
  );
  const offer = { ...offerOf(await stage.now()), description: { zh: SECRET, en: SECRET } };
  for (const { saleId } of [withdrawn!, draft!]) await seller.client.send(reviseListing, { saleId, ...offer });
  const { saleId } = withdrawn!;
  await seller.client.send(submitListing, { saleId });
  await stage.desk.send(returnListing, { saleId, comment: SECRET });
  await seller.client.send(withdrawListing, { saleId });
  return [saleId, draft!.saleId];
}

/** A payee's bank sends a payout back until the rail is asked no more, and the desk has it tried again. */
async function sendBack(stage: Stage, saleId: string): Promise<string> {
  const operations = async () => (await stage.desk.ask(listOperations, { limit: 100 })).items;
  const { operationId } = (await operations()).find((one) => one.saleId === saleId && one.kind === 'payout')!;
  const found = async () => (await operations()).find((one) => one.operationId === operationId)!;
  await eventually('a blocked payout', async () => {
    const { state, railId } = await found();
    if (state === 'done') await stage.rail.failPayout(railId!).catch(() => undefined);
    return state === 'blocked';
  });
  await stage.desk.send(retryOperation, { operationId });
  await eventually('the payout', async () => (await found()).state === 'done');
  return operationId;
}

/** A listing that the desk has asked for again, once what it was stuck on is put right. */
async function retryStuck(stage: Stage, seller: Firm, serial: number): Promise<void> {
  const listing = await StuckListing.draft(stage, seller, serial);
  await listing.stick();
  await listing.mend();
  await stage.desk.send(retryListing, { saleId: listing.saleId });
  await eventually('its release', async () => !(await listing.seen()).stuck);
}

/** Two replays of what nobody set aside: one approved, one declined. */
async function replay(stage: Stage, login: string): Promise<string[]> {
  const { platform } = stage.addresses;
  const person = await stage.signUp('郏怀瑾', `colleague${login}`, DEMO_PASSWORD);
  await stage.desk.send(grantRoles, { uscc: platform, person: person.id, roles: ['ops'] });
  const colleague = person.client.as(platform);
  await eventually('the second operator', () => colleague.ask(listReplays, {}));
  const place = { service: 'register', kind: 'command', topic: 'register.commands', partition: 0 } as const;
  const ask = (offset: string) => stage.desk.send(askReplay, { ...place, offset, key: 'k', reason: SECRET });
  const [approved, declined] = [await ask('999999998'), await ask('999999999')];
  await colleague.send(approveReplay, { replay: approved.replay });
  await stage.desk.send(declineReplay, { replay: declined.replay });
  return [approved.replay, declined.replay];
}
