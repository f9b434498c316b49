import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage } from '@yuzhi/chassis/stage.fixture';
import { uuidv7 } from '@yuzhi/messaging/ids';
import {
  noteProgress,
  type DealView,
  openDeal,
  recordDocument,
  recordSeal,
  recordSignature,
  signContract,
  wakeDeal,
} from '@yuzhi/protocol/contracts';
import { expectPrice, releaseSale, saleFunded, saleRegistered, saleSettled } from '@yuzhi/protocol/escrow';
import { people } from '@yuzhi/protocol/identity';
import { resultConfirmed } from '@yuzhi/protocol/listings';
import { confirmPatent, filingRefused, openFiling } from '@yuzhi/protocol/register';
import type { z } from 'zod';
import { as, BUYER, DESK, openStage, SELLER, signatory, STRANGER } from './contracts.fixture.ts';
import { DAY_MS, openingData, ORDER, PATENT, signatureOf } from './domain/deal.fixture.ts';

/** Each contract takes a second of a core, twice. */
jest.setTimeout(120_000);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

type View = z.output<typeof DealView>;
const dealOf = async (saleId: string) => (await stage.get<View>(`/v1/deals/${saleId}`, as(DESK))).body;
const reached = (saleId: string, state: View['state']) =>
  stage.until(async () => {
    const deal = await dealOf(saleId);
    return deal.state === state && deal;
  });

const { entry } = openingData();
const split = { feeFen: '1', netFen: '1', inventorsFen: '1', sellerFen: '1' };
const registered = { registeredOn: '2027-01-15', shows: 'buyer' as const };
const dataOf = (saleId: string, parties = {}) => ({ ...openingData(), saleId, ...parties });

function sell(parties: { seller?: string; buyer?: string } = {}): string {
  const saleId = uuidv7();
  stage.tell(resultConfirmed, saleId, { ...dataOf(saleId, parties), rulebookVersion: '2026.11-3' });
  return saleId;
}
async function offer(): Promise<{ saleId: string; contentHash: string }> {
  const saleId = sell();
  await stage.answer(confirmPatent, saleId, { body: entry });
  const { contract } = await reached(saleId, 'signing');
  return { saleId, contentHash: contract!.contentHash };
}
const sign = (saleId: string, contentHash: string, party: string) =>
  stage.send(signContract, saleId, { contentHash, consent: true }, signatory(party));
async function signedByAll(saleId: string, contentHash: string): Promise<void> {
  for (const party of [BUYER, SELLER]) await sign(saleId, contentHash, party);
  await reached(saleId, 'expecting');
}
async function expectPaid(saleId: string) {
  await stage.answer(confirmPatent, saleId, { body: entry }, 2);
  return stage.answer(expectPrice, saleId, { body: { orderId: ORDER, amountFen: '45000000' } });
}
async function registering(): Promise<string> {
  const { saleId, contentHash } = await offer();
  await signedByAll(saleId, contentHash);
  await expectPaid(saleId);
  stage.tell(saleFunded, saleId, { saleId, priceFen: '50000000' });
  await stage.answer(confirmPatent, saleId, { body: entry }, 3);
  await stage.answer(openFiling, saleId, { body: { saleId } });
  return saleId;
}
const stuckOn = (saleId: string, reason: string) =>
  stage.until(async () => {
    const deal = await dealOf(saleId);
    return deal.stuck?.reason === reason && deal;
  });

const pdfPath = (saleId: string) => `/v1/deals/${saleId}/contract.pdf`;
const pdfOf = async (saleId: string, party: string) =>
  Buffer.from(await (await stage.fetch(pdfPath(saleId), as(party))).arrayBuffer());
async function verify(bytes: Uint8Array<ArrayBuffer>) {
  const response = await stage.fetch('/v1/contracts/verifications', undefined, { method: 'POST', body: bytes });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const types = (told: { type: string }[]) => told.map(({ type }) => type.split('.')[2]);

describe('a deal', () => {
  it('goes from the confirmed result to the last payment, by events and answers alone', async () => {
    const saleId = await registering();
    stage.tell(saleRegistered, saleId, { saleId, ...registered });
    await stage.answer(releaseSale, saleId, { body: split });
    stage.tell(saleSettled, saleId, { saleId });
    const deal = await reached(saleId, 'closed');
    const closed = { stuck: null, deadlineAt: null, orderId: ORDER, registeredOn: '2027-01-15', demo: true };
    expect(deal).toMatchObject(closed);
    const told = await stage.told(saleId);
    expect(types(told)).toEqual(['opened', 'contract-offered', 'signed', 'signed', 'effective', 'closed']);
    const versions = told.map(({ aggversion }) => aggversion);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    expect(told.every((event) => event.saleid === saleId)).toBe(true);
    const asked = await Promise.all(
      [confirmPatent, expectPrice, openFiling, releaseSale].map((command) => stage.asked(command, saleId)),
    );
    const [, expected, filed] = asked;
    expect(asked.map(({ length }) => length)).toEqual([3, 1, 1, 1]);
    const price = { seller: SELLER, buyer: BUYER, priceFen: '50000000', depositFen: '5000000' };
    expect(expected![0]).toMatchObject({ key: 'main', data: price });
    expect(filed![0]!.data).toMatchObject({ contractHash: deal.sealedHash });
    const [effective] = told.filter(({ type }) => type.includes('effective'));
    expect(effective!.data).toMatchObject({ fileHash: deal.sealedHash, seller: SELLER, buyer: BUYER });
  });

  it('survives a restart in any state, and its errands are taken up again', async () => {
    const saleId = sell();
    await stage.asking(confirmPatent, saleId);
    await stage.reboot();
    void stage.answer(confirmPatent, saleId, { body: entry });
    await stage.until(async () => (await dealOf(saleId)).state !== 'confirming');
    await stage.reboot();
    const { contract } = await reached(saleId, 'signing');
    await sign(saleId, contract!.contentHash, SELLER);
    await stage.reboot();
    await sign(saleId, contract!.contentHash, BUYER);
    await reached(saleId, 'expecting');
    expect(types(await stage.told(saleId))).toEqual(['opened', 'contract-offered', 'signed', 'signed', 'effective']);
  });

  it('that nothing of ours opened makes its messages poison, not silence', async () => {
    const saleId = uuidv7();
    const noted = await stage.own(noteProgress, saleId, { saleId, what: 'funded', registeredOn: null, reason: null });
    expect(noted).toMatchObject({ status: 500, code: 'internal-fault' });
    const parked = await stage.rows<{ error: string }>('delete from quarantine where key = $1 returning error', saleId);
    expect(parked[0]!.error).toContain('told of a deal that was never opened');
  });
});

describe('signing', () => {
  it('answers with the side, the same again for the same request, and refuses by every code', async () => {
    const { saleId, contentHash } = await offer();
    const draft = await pdfOf(saleId, BUYER);
    expect(await verify(draft)).toMatchObject({ status: 200, body: { valid: false, reason: 'no-seal', saleId: null } });
    const data = { contentHash, consent: true as const };
    const code = async (key: string, by: string, hash = contentHash) => (await sign(key, hash, by)).code;
    const member = { ...signatory(SELLER), roles: ['holder' as const] };
    expect((await stage.send(signContract, saleId, data, member)).code).toBe('forbidden');
    expect(await code(uuidv7(), SELLER)).toBe('deal-not-found');
    expect(await code(saleId, STRANGER)).toBe('not-a-party');
    expect(await code(saleId, SELLER, 'd'.repeat(64))).toBe('content-hash-differs');
    const first = await stage.send(signContract, saleId, data, signatory(SELLER), 'my key');
    expect(first).toMatchObject({ status: 200, body: { side: 'seller' } });
    expect(await stage.send(signContract, saleId, data, signatory(SELLER), 'my key')).toEqual(first);
    expect(await code(saleId, SELLER)).toBe('contract-already-signed');
    await sign(saleId, contentHash, BUYER);
    await reached(saleId, 'expecting');
    expect(await code(saleId, BUYER)).toBe('contract-not-signable');
    expect((await pdfOf(saleId, BUYER)).equals(draft)).toBe(false);
  });

  it('takes a natural person who signs for himself, once his name is known', async () => {
    const buyer = uuidv7();
    const saleId = sell({ buyer });
    await stage.answer(confirmPatent, saleId, { body: entry });
    expect(await dealOf(saleId)).toMatchObject({ state: 'drafting' });
    stage.keep(people, buyer, { person: buyer, name: '李晓彤' });
    const { contract } = await reached(saleId, 'signing');
    await sign(saleId, contract!.contentHash, buyer);
    await sign(saleId, contract!.contentHash, SELLER);
    const { signatures } = await reached(saleId, 'expecting');
    expect(signatures).toMatchObject([
      { side: 'seller', party: SELLER, name: '签署人4D' },
      { side: 'buyer', party: buyer, name: '李晓彤' },
    ]);
  });

  it('keeps the keys encrypted, and the files under their hash, in side tables', async () => {
    const keys = await stage.rows<{ name: string; material: Buffer }>('select name, material from signing_key');
    expect(keys.map(({ name }) => name)).toContain('authority');
    for (const { material } of keys) expect(material.toString('latin1')).not.toMatch(/PRIVATE KEY|CERTIFICATE/);
    const wrong = await stage.rows(`select sha256 from file where sha256 <> encode(sha256(bytes), 'hex')`);
    expect(wrong).toEqual([]);
  });
});

describe('the sealed contract', () => {
  let saleId: string;
  let file: Buffer<ArrayBuffer>;
  beforeAll(async () => {
    const { body } = await stage.get<{ items: { saleId: string; state: string }[] }>('/v1/deals', as(SELLER));
    saleId = body.items.find(({ state }) => state === 'closed')!.saleId;
    file = await pdfOf(saleId, BUYER);
  });

  it('is for the parties and the desk only', async () => {
    expect((await pdfOf(saleId, DESK)).equals(file)).toBe(true);
    expect((await stage.fetch(pdfPath(saleId), as(STRANGER))).status).toBe(404);
    expect((await stage.fetch(pdfPath(saleId))).status).toBe(401);
    expect((await stage.fetch(pdfPath(sell()), as(DESK))).status).toBe(404);
  });

  it('verifies for anybody, says of which sale it is, and fails on a flipped byte', async () => {
    const { body } = await verify(file);
    expect(body).toMatchObject({ valid: true, reason: null, saleId });
    expect(body).toMatchObject({ notice: { en: expect.stringContaining('not reliable') } });
    expect(body['signedBy']).toBe('豫知演示电子印章 Yuzhi demonstration seal');
    const flipped = Buffer.from(file);
    flipped[3_000]! ^= 1;
    const broken = { valid: false, reason: 'seal-mismatch', saleId: null, notice: null };
    expect((await verify(flipped)).body).toMatchObject(broken);
  });

  it('is valid to pdfsig, and carries content and signatures', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'contract-'));
    try {
      writeFileSync(join(folder, 'contract.pdf'), file);
      const said = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder }).toString();
      expect(said('pdfsig', '-nocert', 'contract.pdf')).toContain('Signature is Valid');
      expect(said('pdfdetach', '-list', 'contract.pdf')).toContain('2 embedded files');
      const text = said('pdftotext', 'contract.pdf', '-').replace(/\s/g, '');
      const { contract } = await dealOf(saleId);
      for (const words of ['伍拾万元整', contract!.contentHash, '签署人4D', '签署人43']) expect(text).toContain(words);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const refused = { code: 'not-a-pdf' };
  const unsealed = { valid: false, reason: 'no-seal' };
  it.each([
    ['nothing at all', Buffer.alloc(0), 422, refused],
    ['text', Buffer.from('hello'), 422, refused],
    ['the mere head of a PDF', Buffer.from('%PDF-1.7'), 200, unsealed],
    ['nine megabytes behind it', Buffer.concat([Buffer.from('%PDF-1.7'), Buffer.alloc(9_000_000)]), 200, unsealed],
    ['more than the limit', Buffer.alloc(10_485_761), 413, {}],
  ])('is not %s, which is judged or refused', async (_, bytes, status, said) => {
    const { status: answered, body } = await verify(bytes);
    expect(answered).toBe(status);
    expect(body).toMatchObject(said);
  });
});

describe('what comes late, twice or not at all', () => {
  let saleId: string;
  beforeAll(async () => {
    saleId = await registering();
  });

  it('has no other effect: every message and every answer again', async () => {
    const { version, state } = await dealOf(saleId);
    const data = { saleId, contentHash: 'e'.repeat(64), fileHash: 'e'.repeat(64), templateVersion: 1 };
    const outcomes = await Promise.all([
      stage.own(openDeal, saleId, dataOf(saleId)),
      stage.own(recordDocument, saleId, data),
      stage.own(recordSignature, saleId, { saleId, side: 'seller', signature: signatureOf('seller') }),
      stage.own(recordSeal, saleId, { saleId, fileHash: 'e'.repeat(64) }),
      stage.own(noteProgress, saleId, { saleId, what: 'funded', registeredOn: null, reason: null }),
      stage.own(wakeDeal, saleId, {}),
      stage.answer(confirmPatent, saleId, { body: entry }, 2),
      stage.refuse(confirmPatent, saleId, 'patent-pledged', 2),
      stage.answer(expectPrice, saleId, { body: { orderId: null, amountFen: '0' } }),
      stage.answer(openFiling, saleId, { body: { saleId } }),
      stage.answer(openFiling, saleId, { status: 500, code: 'internal-fault' }),
    ]);
    expect(outcomes.map(({ status, code }) => [status, code])).toEqual(outcomes.map(() => [200, 'done']));
    expect(await dealOf(saleId)).toMatchObject({ version, state, orderId: ORDER, stuck: null });
  });

  it('is shown when it is a refusal of the office, and a later registration goes on', async () => {
    stage.tell(filingRefused, saleId, { saleId, patentNumber: PATENT, reason: `受让人名称不符${'长'.repeat(400)}` });
    const { stuck } = await stuckOn(saleId, 'filing-refused');
    expect(stuck!.zh).toContain('登记申请未获通过：受让人名称不符长');
    stage.tell(saleRegistered, saleId, { saleId, ...registered, shows: 'another' });
    await stuckOn(saleId, 'registered-to-another');
    expect(await stage.asked(releaseSale, saleId)).toEqual([]);
    stage.tell(saleRegistered, saleId, { saleId, ...registered });
    expect(await reached(saleId, 'releasing')).toMatchObject({ stuck: null });
    await stage.answer(releaseSale, saleId, { body: split });
    expect(await dealOf(saleId)).toMatchObject({ state: 'paying-out' });
  });
});

describe('reading deals', () => {
  it('shows a deal to its parties and the desk, and to nobody else', async () => {
    const saleId = sell();
    await stage.asking(confirmPatent, saleId);
    for (const party of [SELLER, BUYER, DESK]) {
      const { status, body } = await stage.get(`/v1/deals/${saleId}`, as(party));
      expect(status).toBe(200);
      expect(body).toMatchObject({
        saleId,
        state: 'confirming',
        priceFen: '50000000',
        priceCapital: '人民币伍拾万元整',
        title: entry.title,
        contract: null,
        signatures: [],
        signatureNotice: { zh: expect.stringContaining('演示签名') },
        rulebookVersion: '2026.11-3',
      });
    }
    expect((await stage.get(`/v1/deals/${saleId}`, as(STRANGER))).status).toBe(404);
    expect((await stage.get(`/v1/deals/${saleId}`)).status).toBe(401);
    expect((await stage.get(`/v1/deals/${uuidv7()}`, as(DESK))).status).toBe(404);
  });

  it('lists them newest first, page by page, to whom they concern', async () => {
    const buyer = uuidv7();
    const sales: string[] = [];
    for (let n = 0; n < 5; n++) {
      sales.push(sell({ buyer }));
      await stage.asking(confirmPatent, sales.at(-1)!);
    }
    type Page = { items: { saleId: string }[]; next: string | null };
    const page = async (query: string, party: string) => (await stage.get<Page>(`/v1/deals${query}`, as(party))).body;
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const read: Page = await page(`?limit=2${next && `&after=${next}`}`, buyer);
      seen.push(...read.items.map((deal) => deal.saleId));
      next = read.next;
    }
    expect(seen).toEqual(sales.toReversed());
    expect((await page('?stuck=true', buyer)).items).toEqual([]);
    expect((await page('', STRANGER)).items).toEqual([]);
    expect((await stage.get('/v1/deals?after=nonsense', as(buyer))).status).toBe(422);
  });
});

/** Last, because the clock only moves forward. */
describe('a deal that does not go on', () => {
  it('is stuck on the refusal of the register until that confirms, asked again the next day', async () => {
    const saleId = sell();
    await stage.refuse(confirmPatent, saleId, 'annuity-unpaid');
    const { stuck } = await dealOf(saleId);
    expect(stuck).toMatchObject({ reason: 'annuity-unpaid', zh: '该专利年费处于滞纳期。' });
    const told = await stage.told(saleId);
    expect(told.at(-1)).toMatchObject({
      type: 'contracts.deal.stuck.v1',
      data: { at: 'confirming', reasonZh: stuck!.zh },
    });
    stage.turnClock(DAY_MS + 60_000);
    await stage.answer(confirmPatent, saleId, { body: entry }, 2);
    expect(await dealOf(saleId)).toMatchObject({ state: 'drafting', stuck: null });
  });

  it('is stuck when a deadline passes, and goes on by itself with a late signature and a late payment', async () => {
    const { saleId, contentHash } = await offer();
    stage.turnClock(20 * DAY_MS);
    await stuckOn(saleId, 'signing-overdue');
    await signedByAll(saleId, contentHash);
    expect(await dealOf(saleId)).toMatchObject({ stuck: null });
    await expectPaid(saleId);
    stage.turnClock(40 * DAY_MS);
    expect(await stuckOn(saleId, 'paying-overdue')).toMatchObject({ state: 'paying', deadlineAt: null });
    const { body } = await stage.get<{ items: { saleId: string }[] }>('/v1/deals?stuck=true&limit=100', as(DESK));
    expect(body.items.map((one) => one.saleId)).toContain(saleId);
    stage.tell(saleFunded, saleId, { saleId, priceFen: '50000000' });
    expect(await reached(saleId, 'filing')).toMatchObject({ stuck: null });
    expect(types(await stage.told(saleId)).filter((type) => type === 'stuck').length).toBe(2);
  });

  it('left nothing poisoned', async () => {
    expect(await stage.rows('select * from quarantine')).toEqual([]);
  });

  it('changes no document and no key that was kept: even the side may only add them', async () => {
    const { side } = stage.database;
    for (const change of ['delete from file', 'update file set bytes = bytes', 'update signing_key set name = name']) {
      await expect(side.query(change)).rejects.toThrow('permission denied');
    }
  });
});
