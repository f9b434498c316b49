import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { acting, type Asker, service, Stage } from '@yuzhi/chassis/stage.fixture';
import { uuidv7 } from '@yuzhi/messaging/ids';
import type { DataOf, Outcome } from '@yuzhi/protocol/declare';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { organisations } from '@yuzhi/protocol/identity';
import {
  confirmPatent,
  filingRegistered,
  type getFiling,
  importPatent,
  mirrorPatent,
  openFiling,
  recordFiling,
  refreshPatent,
  releasePatent,
  reservePatent,
  wakeFiling,
} from '@yuzhi/protocol/register';
import { testDatabase } from '@yuzhi/testkit/databases';
import type { Filing } from './domain/filing.ts';
import type { Patent } from './domain/patent.ts';
import { Office } from './office.fixture.ts';
import { BUYER, DAY_MS, entryOf, filingData, OTHER, PATENT, SELLER } from './register.fixture.ts';
import { RegisterModule } from './register.module.ts';

jest.setTimeout(60_000);

let office: Office;
let stage: Stage;
let holder: Asker;
let desk: Asker;
beforeAll(async () => {
  office = await Office.open();
  stage = await Stage.open({
    service: 'register',
    database: await testDatabase('register'),
    module: (config) => RegisterModule.with({ ...config, patentOfficeUrl: `${office.url}/`, patentOfficeDemo: true }),
    rules: { 'register.filing-check-days': ['1', 'days'], 'register.filing-decision-days': ['10', 'days'] },
  });
  holder = stage.employ(SELLER, ['holder']);
  desk = stage.employ(OTHER, ['desk']);
  const named = {
    nameEn: 'x',
    kind: 'firm' as const,
    region: '410100',
    address: '郑州',
    legalRepresentative: '张',
    verified: true,
  };
  stage.keep(organisations, BUYER, { uscc: BUYER, name: '演示数据·嵩山精密', ...named });
});
afterAll(async () => {
  await stage.close();
  await office.close();
});

type View = Pick<Patent, 'state' | 'entry' | 'reservedBy' | 'version'>;
const view = (number: string) => stage.get<View>(`/v1/patents/${number}`);
const shows = (number: string, fits: (patent: View) => unknown) =>
  stage.until<View>(async () => {
    const { status, body } = await view(number);
    return status === 200 && fits(body) ? body : undefined;
  });
const ask = (number: string, key?: string, by = acting(SELLER, holder.person, 'holder')) =>
  stage.send(importPatent, number, { patentNumber: number }, by, key);
async function imported(more = {}): Promise<string> {
  const number = await office.grant(more);
  await ask(number);
  await shows(number, ({ state }) => state === 'mirrored');
  return number;
}
const sale = (patentNumber: string, saleId: string = uuidv7()) => ({ patentNumber, saleId, seller: SELLER });
const reserve = (of: ReturnType<typeof sale>, key?: string) =>
  stage.send(reservePatent, of.patentNumber, { ...of, purpose: 'transfer' }, service('listings'), key);
const confirm = (of: ReturnType<typeof sale>) => stage.send(confirmPatent, of.patentNumber, of, service('contracts'));
const release = ({ patentNumber, saleId }: ReturnType<typeof sale>) =>
  stage.send(releasePatent, patentNumber, { patentNumber, saleId }, service('listings'));
/** Filed years ago, its last annuity due a month ago: whenever this runs, it is in its grace period. */
function lateAnnuity() {
  const due = new Date(Date.now() - 30 * DAY_MS).toISOString().slice(0, 10);
  const [year, month] = [Number(due.slice(0, 4)) - 4, due.slice(4, 7)];
  const filed = { filingDate: `${year}${month}-01`, grantDate: `${year + 1}${month}-01` };
  return {
    number: demonstrationNumber(year, 'invention', 1),
    ...filed,
    annuity: { paidThroughYear: 4, ownerPays: false },
  };
}
const codes = (outcomes: Outcome[]) => outcomes.map(({ code }) => code);

let turned = 0;
function turnClock(days: number) {
  turned += days * DAY_MS;
  stage.turnClock(turned);
}

describe('importing a patent', () => {
  it('mirrors what the office shows, and answers the same to the same request', async () => {
    const number = await office.grant();
    const first = await ask(number, 'my key');
    expect(first).toMatchObject({ status: 200, body: { patentNumber: number } });
    expect(await ask(number, 'my key')).toEqual(first);
    const { entry } = await shows(number, ({ state }) => state === 'mirrored');
    expect(entry).toMatchObject({
      ...{ patentNumber: number, kind: 'invention', status: 'GRANTED', demo: true, expiresOn: '2041-03-10' },
      owners: [{ party: SELLER, name: '演示数据·中原大学', shareBps: 10_000 }],
      inventors: [{ name: '淮明远', person: '00000000-0000-8000-a000-000000000001' }],
      annuity: { paidThroughYear: 20, nextDueOn: null, late: false },
      encumbrances: [],
    });
    expect((await ask(number)).code).toBe('patent-already-mirrored');
    expect(stage.kinds(await stage.told(number))).toEqual(['patent.mirrored']);
  });

  it('is for holders and the desk', async () => {
    const number = office.freshNumber();
    expect((await ask(number, undefined, acting(SELLER, holder.person, 'bidder'))).code).toBe('forbidden');
    expect((await ask(number, undefined, acting(OTHER, desk.person, 'desk'))).code).toBe('done');
  });

  it('says when a number is not on the register, and finds it once it is', async () => {
    const number = office.freshNumber();
    await ask(number);
    expect(await shows(number, ({ state }) => state === 'not-on-register')).toMatchObject({ entry: null });
    expect((await reserve(sale(number))).code).toBe('patent-unknown');
    await office.grant({ number });
    expect(await shows(number, ({ state }) => state === 'mirrored')).toMatchObject({ entry: { patentNumber: number } });
  });

  it('waits for an office that does not answer', async () => {
    const number = await office.grant();
    await office.away();
    await ask(number);
    await stage.until(async () => (await stage.running.runtime.pulse()).waiting > 0);
    expect((await view(number)).body).toMatchObject({ state: 'requested', entry: null });
    await office.back();
    await shows(number, ({ state }) => state === 'mirrored');
  });
});

describe('the changes of the official register', () => {
  const preserve = (number: string) => office.control(`/patents/${number}/status`, { act: 'preservation' });
  const kinds = ({ entry }: View) => entry?.encumbrances.map(({ kind }) => kind).join();

  it('are followed: a preservation stops a sale that was free to go on, until it is lifted', async () => {
    const of = sale(await imported());
    expect((await reserve(of)).code).toBe('done');
    expect((await confirm(of)).code).toBe('done');
    await preserve(of.patentNumber);
    const preserved = await shows(of.patentNumber, (patent) => kinds(patent) === 'preservation');
    expect(preserved).toMatchObject({ reservedBy: of.saleId, entry: { status: 'SUSPENDED' } });
    expect((await confirm(of)).code).toBe('patent-preserved');
    await office.control(`/patents/${of.patentNumber}/encumbrances`, { release: 'E1' });
    await shows(of.patentNumber, (patent) => kinds(patent) === '');
    expect((await confirm(of)).code).toBe('done');
  });

  it('are followed for every patent of a page, again and again, and after a restart', async () => {
    const numbers = [await imported(), await imported(), await imported()];
    const licence = { kind: 'licence', licenceKind: 'sole' };
    for (const expected of ['sole-licence', 'sole-licence,pledge']) {
      const body = expected.includes('pledge') ? { kind: 'pledge' } : licence;
      for (const number of numbers) await office.control(`/patents/${number}/encumbrances`, body);
      for (const number of numbers) await shows(number, (patent) => kinds(patent) === expected);
      await stage.reboot();
    }
    await preserve(numbers[0]!);
    await shows(numbers[0]!, (patent) => kinds(patent) === 'sole-licence,pledge,preservation');
    expect(codes(await Promise.all(numbers.map((number) => reserve(sale(number)))))).toEqual(
      numbers.map(() => 'patent-pledged'),
    );
  });

  it('that happened while the office or we were away are not missed', async () => {
    const number = await imported();
    await stage.running.stop();
    await preserve(number);
    await office.away();
    await stage.boot();
    await office.back();
    const missed = await shows(number, (patent) => kinds(patent) === 'preservation');
    expect(missed.entry!.status).toBe('SUSPENDED');
  });

  it('that do not touch a transfer are not mirrored as what they are not', async () => {
    const number = await imported();
    await office.control(`/patents/${number}/encumbrances`, { kind: 'invalidation-request' });
    await office.control(`/patents/${number}/encumbrances`, { kind: 'compulsory-licence' });
    const licensed = await shows(number, (patent) => kinds(patent) === 'ordinary-licence');
    expect(licensed.entry!.encumbrances).toHaveLength(1);
  });
});

describe('the lock on a patent', () => {
  it('is for one sale, which may ask again, and is given back by it alone', async () => {
    const number = await imported();
    const [one, other] = [sale(number), sale(number)];
    const first = await reserve(one, 'key');
    expect(first).toMatchObject({ status: 200, body: { patentNumber: number, status: 'GRANTED' } });
    expect(await reserve(one, 'key')).toEqual(first);
    expect(codes([await reserve(one), await reserve(other), await confirm(one)])).toEqual([
      'done',
      'patent-reserved',
      'done',
    ]);
    expect(codes([await release(other), await release(one), await reserve(other)])).toEqual(['done', 'done', 'done']);
    expect((await view(number)).body).toMatchObject({ reservedBy: other.saleId });
  });

  it.each([
    ['seller-not-owner', { owners: [{ party: OTHER, name: '他人' }] }, undefined],
    [
      'co-owner-consent-missing',
      {
        owners: [
          { party: SELLER, name: '甲' },
          { party: OTHER, name: '乙' },
        ],
      },
      undefined,
    ],
    ['patent-not-in-force', {}, ['status', { act: 'surrender' }]],
    ['patent-pledged', {}, ['encumbrances', { kind: 'pledge' }]],
    ['patent-preserved', {}, ['encumbrances', { kind: 'ownership-dispute' }]],
    ['annuity-unpaid', lateAnnuity(), undefined],
  ] as [string, object, [string, object] | undefined][])(
    'is refused with %s, as the office shows it',
    async (code, more, act) => {
      const number = await office.grant(more);
      if (act) await office.control(`/patents/${number}/${act[0]}`, act[1]);
      await ask(number);
      await shows(number, ({ state }) => state === 'mirrored');
      expect((await reserve(sale(number))).code).toBe(code);
    },
  );

  it('is taken by services that may ask for it, and by nobody else', async () => {
    const of = sale(await imported());
    const data = { ...of, purpose: 'transfer' as const };
    const attempts = [service('contracts'), acting(SELLER, holder.person, 'holder')];
    const outcomes = attempts.map((by) => stage.send(reservePatent, of.patentNumber, data, by));
    expect(codes(await Promise.all(outcomes))).toEqual(['forbidden', 'forbidden']);
  });
});

describe('a filing', () => {
  type Progress = (typeof getFiling)['answer']['_zod']['output'];
  async function opened(more: Partial<DataOf<typeof openFiling>> = {}, number?: string) {
    const data = filingData({ saleId: uuidv7(), patentNumber: number ?? (await imported()), ...more });
    const outcome = await stage.send(openFiling, data.saleId, data, service('contracts'), 'file');
    expect(outcome).toMatchObject({ status: 200, body: { saleId: data.saleId } });
    return data;
  }
  const progress = async (saleId: string, by = desk) => (await stage.get<Progress>(`/v1/filings/${saleId}`, by)).body;
  const reaches = (saleId: string, state: Progress['state']) =>
    stage.until(async () => {
      const filing = await progress(saleId);
      return filing.state === state && filing;
    });
  const filingOf = async (saleId: string) => (await stage.state<Filing>('filing', 'sale_id', saleId))!;
  /** Day by day, the office asked on each. */
  async function comesTo(saleId: string, state: Filing['state']): Promise<Filing> {
    await stage.until(async () => (await filingOf(saleId)).state !== 'opened');
    for (let days = 0; days < 30; days++) {
      const before = await filingOf(saleId);
      if (before.state === state) return before;
      turnClock(1);
      await stage.until(async () => {
        const { checks, checking } = await filingOf(saleId);
        return checks > before.checks && !checking;
      });
    }
    throw new Error(`it never came to be ${state}`);
  }
  const decide = async (saleId: string, outcome: string, reason?: object) => {
    const { officeReference } = await reaches(saleId, 'accepted');
    await office.control(`/filings/${officeReference}/decide`, { outcome, ...(reason && { reason }) });
    turnClock(2);
  };

  it('is registered by the office in its own time, and the mirror then shows the new owner', async () => {
    const { saleId, patentNumber, to } = await opened();
    const accepted = await reaches(saleId, 'accepted');
    expect(accepted).toMatchObject({
      officeReference: expect.stringMatching(/^DEMO-/),
      registeredOn: null,
      demo: true,
    });
    expect(accepted.dueAt - accepted.openedAt).toBe(10 * DAY_MS);
    expect(await filingOf(saleId)).toMatchObject({
      checks: 0,
      deadlineAt: expect.any(Number),
    });
    expect((await comesTo(saleId, 'examined')).checks).toBeGreaterThan(0);
    await comesTo(saleId, 'registered');
    const registered = await progress(saleId);
    expect(registered.noticeNumber).toBeTruthy();
    const patent = await shows(patentNumber, ({ entry }) => entry!.owners[0]!.party === to);
    expect(patent.entry!.owners).toMatchObject([{ party: BUYER, name: '演示数据·嵩山精密' }]);
    expect(stage.kinds(await stage.told(saleId))).toEqual(['filing.submitted', 'filing.registered']);
    const { registeredOn, noticeNumber } = registered;
    expect((await stage.told(saleId))[1]).toMatchObject({
      saleid: saleId,
      data: { owner: to, registeredOn, noticeNumber },
    });
    expect(stage.kinds(await stage.told(patentNumber))).toEqual([
      'patent.mirrored',
      'patent.mirrored',
      'patent.owner-changed',
    ]);
  });

  it('is told with the owner whom the register shows, though we filed for another', async () => {
    const { saleId, patentNumber, to } = await opened();
    const { officeReference } = await reaches(saleId, 'accepted');
    await office.control(`/filings/${officeReference}/decide`, { outcome: 'registered' });
    const passedOn = await office.file(patentNumber, to, SELLER);
    await office.control(`/filings/${passedOn}/decide`, { outcome: 'registered' });
    turnClock(2);
    await reaches(saleId, 'registered');
    expect((await stage.told(saleId))[1]).toMatchObject({ data: { owner: SELLER } });
  });

  it('may be registered before we have heard that it was accepted', async () => {
    await office.control('/delay', { days: 0 });
    const { saleId } = await opened();
    await reaches(saleId, 'registered');
    await office.control('/delay', { days: 5 });
    expect(stage.kinds(await stage.told(saleId))).toEqual(['filing.submitted', 'filing.registered']);
  });

  it('is one filing however often it is submitted: by us, or because answers of the office get lost', async () => {
    const number = await imported();
    const { filingCount } = await office.summary();
    await office.control('/faults', { mode: 'timeout', count: 10_000 });
    const data = await opened({}, number);
    await stage.until(async () => (await office.summary()).filingCount > filingCount);
    const { left } = (await office.summary()).faults;
    await stage.until(async () => (await office.summary()).faults.left < left - 2);
    await stage.reboot();
    expect(await progress(data.saleId)).toMatchObject({ state: 'opened', officeReference: null });
    await office.control('/faults', { mode: 'timeout', count: 0 });
    await reaches(data.saleId, 'accepted');
    expect((await office.summary()).filingCount).toBe(filingCount + 1);
    const again = [
      stage.send(openFiling, data.saleId, data, service('contracts'), 'file'),
      stage.send(openFiling, data.saleId, data, service('contracts')),
    ];
    expect(codes(await Promise.all(again))).toEqual(['done', 'done']);
    await stage.idle();
    expect((await office.summary()).filingCount).toBe(filingCount + 1);
    expect(stage.kinds(await stage.told(data.saleId))).toEqual(['filing.submitted']);
  });

  it('that the office refuses says why, however long the reason is', async () => {
    const { saleId } = await opened();
    await decide(saleId, 'refused', { zh: '长'.repeat(499), en: 'long' });
    const { reason } = await reaches(saleId, 'refused');
    expect(reason).toBe('长'.repeat(300));
    expect((await stage.told(saleId)).at(-1)).toMatchObject({ type: 'register.filing.refused.v1', data: { reason } });
  });

  it('that is defective ends too', async () => {
    const { saleId } = await opened({ from: OTHER });
    const { reason } = await comesTo(saleId, 'defective');
    expect(reason).toMatch(/[\u4e00-\u9fff].* .*[a-z]/);
    expect(stage.kinds(await stage.told(saleId))).toEqual(['filing.submitted', 'filing.refused']);
  });

  it('goes on when the office comes back', async () => {
    const number = await imported();
    await office.away();
    const { saleId } = await opened({}, number);
    await stage.until(async () => (await stage.running.runtime.pulse()).waiting > 0);
    const { dueAt } = await progress(saleId);
    expect(await progress(saleId)).toMatchObject({ state: 'opened', overdueSince: null });
    turnClock(11);
    await stage.until(async () => (await progress(saleId)).overdueSince === dueAt);
    await office.back();
    await comesTo(saleId, 'registered');
    expect(await progress(saleId)).toMatchObject({ state: 'registered', overdueSince: null });
    const said = await stage.told(saleId);
    expect(stage.kinds(said)).toEqual(['filing.overdue', 'filing.submitted', 'filing.registered']);
    expect(said[0]).toMatchObject({ data: { saleId, patentNumber: number, dueAt } });
  });

  it('is read by its two parties and the desk', async () => {
    const { saleId } = await opened();
    const [buyer, stranger] = [stage.employ(BUYER, ['finance']), stage.employ(OTHER, ['holder'])];
    await stage.idle();
    const path = `/v1/filings/${saleId}`;
    const statuses = await Promise.all(
      [holder, buyer, desk, stranger, undefined].map(async (by) => (await stage.get(path, by)).status),
    );
    expect(statuses).toEqual([200, 200, 200, 404, 401]);
    expect((await stage.get(`/v1/filings/${uuidv7()}`, desk)).status).toBe(404);
  });

  it('is not moved by what comes late or twice, nor by others', async () => {
    const { saleId } = await opened();
    await decide(saleId, 'registered');
    await reaches(saleId, 'registered');
    const before = await filingOf(saleId);
    const answer = {
      saleId,
      state: 'accepted' as const,
      officeReference: 'x',
      registeredOn: null,
      noticeNumber: null,
      owner: null,
      reason: null,
    };
    const late = await Promise.all([
      stage.own(recordFiling, saleId, answer),
      stage.own(recordFiling, saleId, { ...answer, state: 'refused' }),
      stage.own(wakeFiling, saleId, {}),
    ]);
    expect(codes(late)).toEqual(['done', 'done', 'done']);
    expect(await stage.state('filing', 'sale_id', saleId)).toEqual(before);
    const others = [
      stage.send(recordFiling, saleId, answer, service('contracts')),
      stage.send(wakeFiling, saleId, {}, acting(SELLER, holder.person, 'desk')),
    ];
    expect(codes(await Promise.all(others))).toEqual(['forbidden', 'forbidden']);
  });
});

describe('searching patents', () => {
  it('finds by words, classes, owners and numbers, newest in the mirror first, page by page', async () => {
    const title = { zh: `一种${randomUUID()}装置`, en: 'A device' };
    const numbers: string[] = [];
    for (let n = 0; n < 5; n++) numbers.unshift(await imported({ title, ipc: ['B24B27/06'] }));
    const ids = (rows: { patentNumber: string }[]) => rows.map(({ patentNumber }) => patentNumber);
    const q = encodeURIComponent(`${title.zh.toUpperCase()} b24b27/06`);
    const pages = await stage.pages<{ patentNumber: string }>(`/v1/patents?limit=2&q=${q}`);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(ids(pages.flat())).toEqual(numbers);
    expect(ids((await stage.pages<{ patentNumber: string }>(`/v1/patents?q=${numbers[2]}`)).flat())).toEqual([
      numbers[2],
    ]);
    const owned = (await stage.pages<{ patentNumber: string }>(`/v1/patents?owner=${SELLER}&limit=100&q=${q}`)).flat();
    expect(ids(owned)).toEqual(numbers);
    expect((await stage.pages(`/v1/patents?owner=${randomUUID()}`)).flat()).toEqual([]);
    expect((await stage.pages('/v1/patents?q=nothing-like-this')).flat()).toEqual([]);
  });

  it('refuses a cursor that no page gave, and a number that is none', async () => {
    expect((await stage.get('/v1/patents?after=nonsense')).status).toBe(422);
    expect((await view(PATENT.slice(0, -1))).status).toBe(422);
    expect((await view(office.freshNumber())).status).toBe(404);
  });
});

describe('afterwards', () => {
  it('a message that nobody can have sent was set aside, and nothing else', async () => {
    const [number, saleId] = [office.freshNumber(), uuidv7()];
    const entry = entryOf({ patentNumber: number });
    const poison = [
      stage.own(mirrorPatent, number, { patentNumber: number, entry }),
      stage.own(refreshPatent, number, { patentNumber: number }),
      release(sale(number)),
      confirm(sale(number)),
    ];
    expect(codes(await Promise.all(poison))).toEqual(Array(4).fill('internal-fault'));
    expect((await stage.own(wakeFiling, saleId, {})).code).toBe('internal-fault');
    stage.tell(filingRegistered, saleId, {
      saleId,
      patentNumber: await imported(),
      owner: BUYER,
      registeredOn: '2026-12-01',
      noticeNumber: 'N',
    });
    await stage.idle();
    const parked = await stage.rows<{ error: string; key: string }>(
      'select key, error from quarantine order by message_offset',
    );
    expect(parked.map(({ key }) => key).toSorted()).toEqual([...Array<string>(4).fill(number), saleId].toSorted());
  });
});
