import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@yuzhi/messaging/ids';
import {
  noteProgress,
  openDeal,
  recordDocument,
  recordSeal,
  recordSignature,
  signContract,
  wakeDeal,
} from '@yuzhi/protocol/contracts';
import { expectPrice, releaseSale, saleFunded, saleSettled } from '@yuzhi/protocol/escrow';
import { resultConfirmed } from '@yuzhi/protocol/listings';
import { confirmPatent, filingRefused, filingRegistered, openFiling } from '@yuzhi/protocol/register';
import { BUYER, DESK, SELLER, signatory, SIGNERS, Stage, STRANGER } from './contracts.fixture.ts';
import { DAY_MS, openingData, ORDER, PATENT, signatureOf } from './domain/deal.fixture.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(async () => {
  await stage.close();
});

const { entry } = openingData();
const dataOf = (saleId: string, parties = {}) => ({ ...openingData(), saleId, ...parties });
function sell(parties: { seller?: string; buyer?: string } = {}): string {
  const saleId = uuidv7();
  stage.tell(resultConfirmed, saleId, { ...dataOf(saleId, parties), rulebookVersion: '2026.11-3' });
  return saleId;
}
async function offer(parties = {}): Promise<{ saleId: string; contentHash: string }> {
  const saleId = sell(parties);
  await stage.answer(confirmPatent, saleId, { body: entry });
  const { contract } = await stage.reached(saleId, 'signing');
  return { saleId, contentHash: contract!.contentHash };
}
const sign = (saleId: string, contentHash: string, party: string) =>
  stage.send(signContract, saleId, { contentHash, consent: true }, signatory(party));
async function sealed(parties: { seller?: string; buyer?: string } = {}): Promise<string> {
  const { saleId, contentHash } = await offer(parties);
  for (const party of [parties.buyer ?? BUYER, parties.seller ?? SELLER]) await sign(saleId, contentHash, party);
  await stage.reached(saleId, 'expecting');
  return saleId;
}
async function paying(): Promise<string> {
  const saleId = await sealed();
  await stage.answer(expectPrice, saleId, { body: { orderId: ORDER, amountFen: '45000000' } });
  return saleId;
}
async function registering(): Promise<string> {
  const saleId = await paying();
  stage.tell(saleFunded, saleId, { saleId, priceFen: '50000000' });
  await stage.answer(confirmPatent, saleId, { body: entry }, 2);
  await stage.answer(openFiling, saleId, { body: { saleId } });
  return saleId;
}
const notice = (saleId: string) => ({
  saleId,
  patentNumber: PATENT,
  owner: BUYER,
  registeredOn: '2027-01-15',
  noticeNumber: 'N1',
});
const pdfOf = async (saleId: string, party: string) =>
  Buffer.from(await (await stage.fetch(`/v1/deals/${saleId}/contract.pdf`, party)).arrayBuffer());
async function verify(bytes: Uint8Array<ArrayBuffer>) {
  const response = await stage.fetch('/v1/contracts/verifications', undefined, { method: 'POST', body: bytes });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const types = (saleId: string) => stage.told(saleId).map(({ type }) => type.split('.')[2]);

describe('a deal', () => {
  it('goes from the confirmed result to the last payment, by events and answers alone', async () => {
    const saleId = await registering();
    stage.tell(filingRegistered, saleId, notice(saleId));
    await stage.answer(releaseSale, saleId);
    stage.tell(saleSettled, saleId, { saleId });
    const deal = await stage.reached(saleId, 'closed');
    expect(deal).toMatchObject({
      stuck: null,
      deadlineAt: null,
      orderId: ORDER,
      registeredOn: '2027-01-15',
      demo: true,
    });
    expect(types(saleId)).toEqual(['opened', 'contract-offered', 'signed', 'signed', 'effective', 'closed']);
    const versions = stage.told(saleId).map(({ aggversion }) => aggversion);
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    expect(stage.told(saleId).every((event) => event.saleid === saleId)).toBe(true);
    for (const [command, times] of [
      [confirmPatent, 2],
      [expectPrice, 1],
      [openFiling, 1],
      [releaseSale, 1],
    ] as const) {
      expect(stage.asked(command, saleId).length).toBe(times);
    }
    const [expected] = stage.asked(expectPrice, saleId);
    expect(expected).toMatchObject({
      key: 'main',
      data: { seller: SELLER, buyer: BUYER, priceFen: '50000000', depositFen: '5000000' },
    });
    expect(stage.asked(openFiling, saleId)[0]!.data).toMatchObject({ contractHash: deal.sealedHash });
  });

  it('takes every message twice, and every answer again, without another effect', async () => {
    const saleId = await registering();
    const { version, state } = await stage.deal(saleId);
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
      stage.refuse(openFiling, saleId, 'filing-exists'),
      stage.answer(openFiling, saleId, { status: 500, code: 'internal-fault' }),
    ]);
    expect(outcomes.map(({ status, code }) => [status, code])).toEqual(outcomes.map(() => [200, 'done']));
    expect(await stage.deal(saleId)).toMatchObject({ version, state, orderId: ORDER, stuck: null });
  });

  it('survives a restart in any state, and its errands are taken up again', async () => {
    const saleId = sell();
    await stage.asking(confirmPatent, saleId);
    await stage.running.stop();
    await stage.boot();
    void stage.answer(confirmPatent, saleId, { body: entry });
    await stage.until(async () => (await stage.deal(saleId)).state !== 'confirming');
    await stage.running.stop();
    await stage.boot();
    const { contract } = await stage.reached(saleId, 'signing');
    await sign(saleId, contract!.contentHash, SELLER);
    await stage.running.stop();
    await stage.boot();
    await sign(saleId, contract!.contentHash, BUYER);
    await stage.reached(saleId, 'expecting');
    expect(types(saleId)).toEqual(['opened', 'contract-offered', 'signed', 'signed', 'effective']);
  });

  it('that no event of ours led to is a poisoned message, not a silent one', async () => {
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
    const data = { contentHash, consent: true as const };
    const code = async (key: string, by: string, hash = contentHash) => (await sign(key, hash, by)).code;
    expect(await code(uuidv7(), SELLER)).toBe('deal-not-found');
    expect(await code(saleId, STRANGER)).toBe('not-a-party');
    expect(await code(saleId, SELLER, 'd'.repeat(64))).toBe('content-hash-differs');
    const first = await stage.send(signContract, saleId, data, signatory(SELLER), 'my key');
    expect(first).toMatchObject({ status: 200, body: { side: 'seller' } });
    expect(await stage.send(signContract, saleId, data, signatory(SELLER), 'my key')).toEqual(first);
    expect(await code(saleId, SELLER)).toBe('contract-already-signed');
    await sign(saleId, contentHash, BUYER);
    await stage.reached(saleId, 'expecting');
    expect(await code(saleId, BUYER)).toBe('contract-not-signable');
  });

  it('is for signatories: another member of the party is turned away', async () => {
    const { saleId, contentHash } = await offer();
    const member = { ...signatory(SELLER), roles: ['holder' as const] };
    expect(await stage.send(signContract, saleId, { contentHash, consent: true }, member)).toMatchObject({
      code: 'forbidden',
    });
  });

  it('takes a natural person who signs for himself, once his name is known', async () => {
    const buyer = uuidv7();
    const saleId = sell({ buyer });
    await stage.answer(confirmPatent, saleId, { body: entry });
    expect(await stage.deal(saleId)).toMatchObject({ state: 'drafting' });
    stage.person(buyer, '李晓彤');
    const { contract } = await stage.reached(saleId, 'signing');
    await sign(saleId, contract!.contentHash, buyer);
    await sign(saleId, contract!.contentHash, SELLER);
    const { signatures } = await stage.reached(saleId, 'expecting');
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

describe('the contract file', () => {
  it('is the draft, then the sealed one, for the parties and the desk only', async () => {
    const { saleId, contentHash } = await offer();
    const draft = await pdfOf(saleId, BUYER);
    expect((await stage.deal(saleId)).contract).toMatchObject({ contentHash });
    expect(await verify(draft)).toMatchObject({ status: 200, body: { valid: false, reason: 'no-seal', saleId: null } });
    await sign(saleId, contentHash, SELLER);
    await sign(saleId, contentHash, BUYER);
    await stage.reached(saleId, 'expecting');
    const file = await pdfOf(saleId, SELLER);
    expect(file.equals(draft)).toBe(false);
    expect((await pdfOf(saleId, DESK)).equals(file)).toBe(true);
    expect((await stage.fetch(`/v1/deals/${saleId}/contract.pdf`, STRANGER)).status).toBe(404);
    expect((await stage.fetch(`/v1/deals/${saleId}/contract.pdf`)).status).toBe(401);
    expect((await stage.fetch(`/v1/deals/${sell()}/contract.pdf`, DESK)).status).toBe(404);
  });

  it('once sealed verifies for anybody, says of which sale it is, and fails on a flipped byte', async () => {
    const saleId = await sealed();
    const file = await pdfOf(saleId, BUYER);
    const { body } = await verify(file);
    expect(body).toMatchObject({
      valid: true,
      reason: null,
      saleId,
      notice: { en: expect.stringContaining('not reliable') },
    });
    expect(body['signedBy']).toBe('豫知演示电子印章 Yuzhi demonstration seal');
    const { sealedHash } = await stage.deal(saleId);
    const [effective] = stage.told(saleId).filter(({ type }) => type.includes('effective'));
    expect(effective!.data).toMatchObject({ fileHash: sealedHash, seller: SELLER, buyer: BUYER });
    file[3_000]! ^= 1;
    expect((await verify(file)).body).toMatchObject({
      valid: false,
      reason: 'seal-mismatch',
      saleId: null,
      notice: null,
    });
  });

  it('once sealed is valid to pdfsig, and carries content and signatures', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'contract-'));
    try {
      const saleId = await sealed();
      writeFileSync(join(folder, 'contract.pdf'), await pdfOf(saleId, BUYER));
      const said = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder }).toString();
      expect(said('pdfsig', '-nocert', 'contract.pdf')).toContain('Signature is Valid');
      expect(said('pdfdetach', '-list', 'contract.pdf')).toContain('2 embedded files');
      const text = said('pdftotext', 'contract.pdf', '-').replace(/\s/g, '');
      const { contract } = await stage.deal(saleId);
      for (const words of ['伍拾万元整', contract!.contentHash, '签署人4D', '签署人43', '不低于转让净收入70%']) {
        expect(text).toContain(words);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0), 422],
    ['text', Buffer.from('hello'), 422],
    ['the mere head of a PDF', Buffer.from('%PDF-1.7'), 200],
    ['nine megabytes of zeros behind it', Buffer.concat([Buffer.from('%PDF-1.7'), Buffer.alloc(9_000_000)]), 200],
    ['more than the limit', Buffer.alloc(10_485_761), 413],
  ])('that is %s is judged or refused', async (_, bytes, status) => {
    const { status: answered, body } = await verify(bytes);
    expect(answered).toBe(status);
    if (status === 422) expect(body).toMatchObject({ code: 'not-a-pdf' });
    if (status === 200) expect(body).toMatchObject({ valid: false, reason: 'no-seal' });
  });
});

describe('a deal that does not go on', () => {
  it('is stuck on the refusal of the register until that confirms, asked again the next day', async () => {
    const saleId = sell();
    await stage.refuse(confirmPatent, saleId, 'annuity-unpaid');
    const { stuck } = await stage.deal(saleId);
    expect(stuck).toMatchObject({ reason: 'annuity-unpaid', zh: '该专利年费处于滞纳期。' });
    const told = stage.told(saleId).at(-1)!;
    expect(told).toMatchObject({ type: 'contracts.deal.stuck.v1', data: { at: 'confirming', reasonZh: stuck!.zh } });
    stage.turnClock(DAY_MS + 60_000);
    await stage.answer(confirmPatent, saleId, { body: entry }, 2);
    expect(await stage.reached(saleId, 'signing')).toMatchObject({ stuck: null });
  });

  it('asks for the release again within moments when escrow has not heard of the registration yet', async () => {
    const saleId = await registering();
    stage.tell(filingRegistered, saleId, notice(saleId));
    await stage.refuse(releaseSale, saleId, 'sale-not-registered');
    expect((await stage.deal(saleId)).stuck).toBeNull();
    const again = await stage.asking(releaseSale, saleId, 2);
    expect(again.id).not.toBe(stage.asked(releaseSale, saleId)[0]!.id);
    await stage.answer(releaseSale, saleId, {}, 2);
    expect(await stage.deal(saleId)).toMatchObject({ state: 'paying-out' });
  });

  it('shows what the office said, and goes on with a later registration', async () => {
    const saleId = await registering();
    stage.tell(filingRefused, saleId, { saleId, patentNumber: PATENT, reason: `受让人名称不符${'长'.repeat(400)}` });
    const { stuck } = await stage.until(async () => {
      const deal = await stage.deal(saleId);
      return deal.stuck && deal;
    });
    expect(stuck!.zh).toContain('登记申请未获通过：受让人名称不符长');
    stage.tell(filingRegistered, saleId, notice(saleId));
    expect(await stage.reached(saleId, 'releasing')).toMatchObject({ stuck: null });
  });

  it('is stuck when a deadline passes, and goes on by itself with a late signature and a late payment', async () => {
    const { saleId, contentHash } = await offer();
    stage.turnClock(20 * DAY_MS);
    const stuck = (reason: string) =>
      stage.until(async () => (await stage.deal(saleId)).stuck?.reason === reason && stage.deal(saleId));
    await stuck('signing-overdue');
    await sign(saleId, contentHash, SELLER);
    await sign(saleId, contentHash, BUYER);
    expect(await stage.reached(saleId, 'expecting')).toMatchObject({ stuck: null });
    await stage.answer(expectPrice, saleId, { body: { orderId: ORDER, amountFen: '45000000' } });
    stage.turnClock(40 * DAY_MS);
    const late = await stuck('paying-overdue');
    expect(late).toMatchObject({ state: 'paying', deadlineAt: null });
    const { body } = await stage.get<{ items: { saleId: string }[] }>('/v1/deals?stuck=true&limit=100', DESK);
    expect(body.items.map((one) => one.saleId)).toContain(saleId);
    stage.tell(saleFunded, saleId, { saleId, priceFen: '50000000' });
    expect(await stage.reached(saleId, 'filing')).toMatchObject({ stuck: null });
    expect(types(saleId).filter((type) => type === 'stuck').length).toBe(2);
  });
});

describe('reading deals', () => {
  it('shows a deal to its parties and the desk, and to nobody else', async () => {
    const saleId = sell();
    await stage.asking(confirmPatent, saleId);
    for (const party of [SELLER, BUYER, DESK]) {
      const { status, body } = await stage.get(`/v1/deals/${saleId}`, party);
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
    expect((await stage.get(`/v1/deals/${saleId}`, STRANGER)).status).toBe(404);
    expect((await stage.get(`/v1/deals/${saleId}`)).status).toBe(401);
    expect((await stage.get(`/v1/deals/${uuidv7()}`, DESK)).status).toBe(404);
  });

  it('lists them newest first, page by page, to whom they concern', async () => {
    const buyer = uuidv7();
    const sales: string[] = [];
    for (let n = 0; n < 5; n++) {
      sales.push(sell({ buyer }));
      await stage.asking(confirmPatent, sales.at(-1)!);
    }
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const query: string = after && `&after=${after}`;
      const { body } = await stage.get<{ items: { saleId: string }[]; next: string | null }>(
        `/v1/deals?limit=2${query}`,
        buyer,
      );
      seen.push(...body.items.map((deal) => deal.saleId));
      after = body.next;
    }
    expect(seen).toEqual(sales.toReversed());
    expect((await stage.get<{ items: [] }>('/v1/deals?stuck=true', buyer)).body.items).toEqual([]);
    expect((await stage.get<{ items: [] }>('/v1/deals', STRANGER)).body.items).toEqual([]);
    expect((await stage.get('/v1/deals?after=nonsense', buyer)).status).toBe(422);
  });
});

it('left nothing poisoned, and nobody but the listed roles wrote', async () => {
  expect(await stage.rows('select * from quarantine')).toEqual([]);
  await expect(stage.database.writer.query('delete from file')).rejects.toThrow('permission denied');
  await expect(stage.database.side.query('delete from file')).rejects.toThrow('permission denied');
  await expect(stage.database.side.query(`update deal set status = 'closed'`)).rejects.toThrow('permission denied');
  await expect(stage.database.side.query('update signing_key set name = name')).rejects.toThrow('permission denied');
  expect(Object.keys(SIGNERS).length).toBe(4);
});
