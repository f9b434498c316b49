import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { Client } from 'pg';
import { demonstrationPatents } from './demonstration-patents.ts';
import { bank, buyer, licence, newPatent, owner, transfer } from './patent.fixture.ts';
import { startPatentOffice } from './start-patent-office.ts';
import { ChangePage, ExtractAnswer, FilingAnswer, RefusalAnswer, type RegisterExtract, RegisterPage } from './wire.ts';

const adminUrl = process.env['DATABASE_URL']!;
const NUMBER = demonstrationNumber(2021, 'invention', 1);
/** Beyond the real day, where the office would stand without a caller's clock. A Monday. */
const START = '2035-01-01';

let databaseUrl: string;
let office: Awaited<ReturnType<typeof startPatentOffice>>;

async function sql(url: string, text: string): Promise<number | null> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rowCount;
  } finally {
    await client.end();
  }
}

/** Noon in Shanghai on a day, as the platform's clock says it. */
const clock = (day: string) => ({ 'x-office-now': String(Date.parse(`${day}T04:00:00Z`)) });
let today = START;

async function call(method: 'GET' | 'POST', path: string, body?: unknown, signal?: AbortSignal) {
  const response = await fetch(office.url + path, {
    method,
    headers: { ...clock(today), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const get = (path: string) => call('GET', path);
const post = (path: string, body: unknown) => call('POST', path, body);
const extract = async (number = NUMBER) => ExtractAnswer.parse((await get(`/register/${number}`)).body);
const changes = async (after = 0) => ChangePage.parse((await get(`/changes?after=${after}`)).body);
const filing = async (id: string) => FilingAnswer.parse((await get(`/filings/${id}`)).body);
async function file(given: object) {
  const { status, body } = await post('/filings', given);
  expect([200, 201]).toContain(status);
  return FilingAnswer.parse(body);
}
async function refused(answer: Promise<{ status: number; body: unknown }>) {
  const { status, body } = await answer;
  return { status, ...RefusalAnswer.loose().parse(body) };
}
const put = (...patents: object[]) => post('/_office/patents', { patents });
/** Paid up, so that the calendar leaves it alone. */
const paidUp = (over: object = {}) => newPatent({ annuity: { paidThroughYear: 20 }, ...over });

beforeAll(async () => {
  const name = `patent_office_${randomUUID().replaceAll('-', '')}`;
  await sql(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  databaseUrl = url.toString();
});
beforeEach(async () => {
  today = START;
  office = await startPatentOffice({ databaseUrl, port: 0 });
});
afterEach(async () => {
  await office.close();
  await sql(databaseUrl, 'drop table change, filing, patent, office');
});
afterAll(() => sql(adminUrl, `drop database ${new URL(databaseUrl).pathname.slice(1)} with (force)`));

describe('the register', () => {
  test('shows a patent under any spelling of its number, marked as a demonstration', async () => {
    expect((await put(paidUp())).body).toMatchObject({ added: 1, kept: 0, demo: true });
    const { status, body } = await get(`/register/${encodeURIComponent(`ZL ${NUMBER.replace('.', '')}`)}`);
    expect(status).toBe(200);
    expect(ExtractAnswer.parse(body)).toMatchObject({
      number: NUMBER,
      owners: [owner],
      status: 'GRANTED',
      version: 1,
      demo: true,
      notice: { zh: '演示数据', en: 'demo data' },
    });
  });

  test('knows no other number, neither of a demonstration nor a real one', async () => {
    for (const number of [NUMBER, '201710601862.3'])
      expect(await refused(get(`/register/${number}`))).toMatchObject({ status: 404, code: 'not-on-register' });
    expect(await refused(get('/register/201710601862.4'))).toMatchObject({
      status: 422,
      code: 'invalid-input',
      issues: [{ path: 'number' }],
    });
  });

  test('is copied page by page, each patent once, and then followed by its changes', async () => {
    const patents = demonstrationPatents(25, { owners: [owner, buyer], seed: 3 });
    await put(...patents);
    const copied: RegisterExtract[] = [];
    let head = 0;
    for (let after = ''; ;) {
      const page = RegisterPage.parse((await get(`/register?limit=10${after && `&after=${after}`}`)).body);
      copied.push(...page.items);
      head ||= page.head;
      if (page.next === null) break;
      after = page.next;
    }
    expect(copied.map(({ number }) => number)).toEqual(patents.map(({ number }) => number).toSorted());
    const { number } = copied.find(({ inForce }) => inForce)!;
    await post(`/_office/patents/${number}/status`, { act: 'surrender' });
    const { items, next } = await changes(head);
    expect(items.map((change) => [change.number, change.code])).toEqual([[number, 'AV01']]);
    expect((await changes(next)).items).toEqual([]);
  });

  test('keeps what is on it when the same patents are put on it again', async () => {
    await put(paidUp());
    await post(`/_office/patents/${NUMBER}/status`, { act: 'surrender' });
    expect((await put(paidUp(), paidUp({ number: demonstrationNumber(2021, 'invention', 2) }))).body).toMatchObject({
      added: 1,
      kept: 1,
    });
    expect((await extract()).status).toBe('SURRENDERED');
  });

  test('takes none of several patents when one of them is not acceptable', async () => {
    const future = {
      number: demonstrationNumber(2034, 'invention', 1),
      filingDate: '2034-06-01',
      grantDate: '2035-01-02',
    };
    expect(await refused(put(paidUp(), paidUp(future)))).toMatchObject({ status: 409, code: 'not-yet-granted' });
    expect(await refused(put(paidUp({ number: NUMBER }), { number: 'x' }))).toMatchObject({ status: 422 });
    expect((await changes()).items).toEqual([]);
  });
});

describe('a transfer', () => {
  test('is accepted, examined and registered as the caller’s clock passes, and then enters the feed', async () => {
    await put(paidUp());
    const { status, body } = await post('/filings', transfer());
    expect(status).toBe(201);
    const { id } = FilingAnswer.parse(body);
    expect(body).toMatchObject({ state: 'accepted', filedOn: START, registrationOn: '2035-01-08', demo: true });
    expect((await changes()).items).toHaveLength(1);

    today = '2035-01-04';
    expect((await filing(id)).state).toBe('examined');
    today = '2035-01-07';
    expect((await filing(id)).state).toBe('examined');
    expect((await extract()).owners).toEqual([owner]);

    today = '2035-01-08';
    expect(await filing(id)).toMatchObject({
      state: 'registered',
      registeredOn: '2035-01-08',
      certificate: { title: { zh: '手续合格通知书' }, issuedOn: '2035-01-08' },
    });
    expect(await extract()).toMatchObject({ owners: [buyer], version: 2 });
    const [, entry] = (await changes()).items;
    expect(entry).toMatchObject({ seq: 2, on: '2035-01-08', code: 'TR01', details: { filingId: id } });
    expect(entry?.extract.owners).toEqual([buyer]);
  });

  test('is dated with its own day when the clock jumps past it', async () => {
    await put(paidUp());
    const { id } = await file(transfer());
    today = '2035-06-30';
    expect((await changes()).items.at(-1)).toMatchObject({ on: '2035-01-08', code: 'TR01' });
    expect(await filing(id)).toMatchObject({
      state: 'registered',
      examinedOn: '2035-01-04',
      registeredOn: '2035-01-08',
    });
  });

  test('under one reference and body is one filing, however often it is sent at once', async () => {
    await put(paidUp());
    const answers = await Promise.all(Array.from({ length: 12 }, () => post('/filings', transfer())));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(11);
    today = '2035-01-08';
    expect(await post('/filings', transfer())).toMatchObject({ status: 200, body: { state: 'registered' } });
  });

  test('under a reference that was used for another body is refused', async () => {
    await put(paidUp());
    await file(transfer());
    const other = refused(post('/filings', transfer({ to: [bank] })));
    expect(await other).toMatchObject({ status: 409, code: 'reference-used', demo: true });
    const renamed = transfer({ to: [{ ...buyer, name: '（演示）又名' }] });
    expect(await post('/filings', renamed)).toMatchObject({ status: 200, body: { to: [buyer] } });
  });

  test('of a patent that is not on the register is not accepted', async () => {
    expect(await refused(post('/filings', transfer()))).toMatchObject({ status: 404, code: 'not-on-register' });
    expect(await refused(get('/filings/DEMO-1'))).toMatchObject({ status: 404, code: 'filing-unknown' });
  });

  test('meets a preservation that came in between, with the reason in both languages', async () => {
    await put(paidUp());
    const { id } = await file(transfer());
    const court = { party: null, name: '（演示）某某市中级人民法院' };
    today = '2035-01-05';
    const { body } = await post(`/_office/patents/${NUMBER}/status`, { act: 'preservation', holder: court });
    expect(ExtractAnswer.parse(body)).toMatchObject({ status: 'SUSPENDED', flags: ['PRESERVED'], inForce: true });
    today = '2035-01-08';
    const { state, reason } = await filing(id);
    expect([state, reason?.code]).toEqual(['refused', 'formalities-suspended']);
    expect(reason?.zh).toContain('财产保全');
    expect(reason?.en).toContain('preserved by a court');
    expect((await extract()).owners).toEqual([owner]);
  });

  test('takes as long as the office is told, from the next filing on', async () => {
    await put(paidUp(), paidUp({ number: demonstrationNumber(2021, 'invention', 2) }));
    await file(transfer());
    await post('/_office/delay', { days: 0 });
    const second = await file(transfer({ reference: 'deal-2', number: demonstrationNumber(2021, 'invention', 2) }));
    expect(second).toMatchObject({ state: 'registered', registeredOn: START });
    expect((await extract()).owners).toEqual([owner]);
  });
});

describe('the control of the office', () => {
  test('decides a filing today, once', async () => {
    await put(paidUp());
    const { id } = await file(transfer());
    const reason = { zh: '材料不全。', en: 'Papers are missing.' };
    const { body } = await post(`/_office/filings/${id}/decide`, { outcome: 'defective', reason });
    expect(body).toMatchObject({ state: 'defective', reason, decidedOn: START, refileBy: '2035-03-01' });
    const again = post(`/_office/filings/${id}/decide`, { outcome: 'registered' });
    expect(await refused(again)).toMatchObject({ status: 409, code: 'filing-already-decided' });
  });

  test('registers ahead of time what may be registered, and nothing else', async () => {
    await put(paidUp());
    const { id } = await file(transfer());
    await post(`/_office/filings/${id}/decide`, { outcome: 'registered' });
    expect(await extract()).toMatchObject({ owners: [buyer] });
    const late = await file(transfer({ reference: 'deal-2' }));
    const forced = post(`/_office/filings/${late.id}/decide`, { outcome: 'registered' });
    expect(await refused(forced)).toMatchObject({ code: 'not-registrable', reason: { code: 'owners-differ' } });
    expect((await filing(late.id)).state).toBe('accepted');
    expect(await refused(post('/_office/filings/X/decide', { outcome: 'refused' }))).toMatchObject({ status: 404 });
  });

  test('enters and removes encumbrances', async () => {
    await put(paidUp());
    const path = `/_office/patents/${NUMBER}/encumbrances`;
    await post(path, { kind: 'licence', licenceKind: 'exclusive', holder: buyer, until: '2038-12-31' });
    await post(path, { kind: 'open-licence' });
    expect(await extract()).toMatchObject({ flags: ['LICENSED', 'OPEN_LICENSED'] });
    expect((await post(path, { release: 'E2' })).body).toMatchObject({ flags: ['LICENSED'], version: 4 });
    expect(await refused(post(path, { release: 'E2' }))).toMatchObject({ code: 'encumbrance-unknown' });
    expect(await refused(post(path, { kind: 'pledge', licenceKind: 'sole' }))).toMatchObject({
      status: 422,
      issues: [{ path: 'licenceKind' }],
    });
    expect((await changes()).items.map(({ code }) => code)).toEqual([
      'GR01',
      'EE01',
      'OL01',
      'OC01'.replace('OC01', 'OL02'),
    ]);
  });

  test('stops the annuities: grace, late fee and lapse follow, and only a lapse is restored', async () => {
    await put(newPatent({ annuity: { paidThroughYear: 14 } }));
    const annuity = (act: string) => post(`/_office/patents/${NUMBER}/annuity`, { act });
    await annuity('stop');
    today = '2035-03-11';
    expect((await extract()).status).toBe('GRANTED_LATE_FEE');
    today = '2035-05-11';
    await annuity('resume');
    const paid = (await changes()).items.at(-1);
    expect(paid).toMatchObject({ code: 'AF01', on: today, details: { paidFen: '600000', lateFen: '60000' } });
    await annuity('stop');
    today = '2036-09-11';
    expect(await extract()).toMatchObject({ status: 'LAPSED_FEE', endedOn: '2036-03-10', inForce: false });
    expect(await refused(annuity('pay'))).toMatchObject({ status: 409, code: 'patent-not-in-force' });
    const { body } = await post(`/_office/patents/${NUMBER}/status`, { act: 'restoration' });
    expect(body).toMatchObject({ status: 'RESTORED', inForce: true, annuity: { paidThroughYear: 16 } });
    const again = post(`/_office/patents/${NUMBER}/status`, { act: 'restoration' });
    expect(await refused(again)).toMatchObject({ code: 'patent-not-restorable' });
    expect(await refused(post('/_office/patents/201710601862.3/annuity', { act: 'pay' }))).toMatchObject({
      status: 404,
    });
  });

  test('sums the office up', async () => {
    await put(paidUp());
    await file(licence());
    expect((await get('/_office/summary')).body).toMatchObject({
      today: START,
      delayDays: 5,
      head: 1,
      filingCount: 1,
      statuses: { GRANTED: 1 },
      filings: { accepted: 1 },
      faults: { left: 0 },
      demo: true,
    });
  });
});

describe('the office’s day', () => {
  test('never goes back, whoever calls', async () => {
    today = '2035-02-01';
    await get('/_office/summary');
    today = START;
    expect((await get('/_office/summary')).body['today']).toBe('2035-02-01');
    const withoutClock = await fetch(`${office.url}/_office/summary`);
    expect(await withoutClock.json()).toMatchObject({ today: '2035-02-01' });
  });

  test('is the latest of those that call at once, and what it brought is entered once', async () => {
    await put(newPatent({ annuity: { paidThroughYear: 14 } }));
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    try {
      await client.query('begin; select from office for update');
      const calls: Promise<Response>[] = [];
      for (const day of ['2037-06-01', '2035-06-01', '2036-06-01']) {
        calls.push(fetch(`${office.url}/changes`, { headers: clock(day) }));
        // On another connection: within a transaction the activity never changes.
        while ((await sql(databaseUrl, waiting)) !== calls.length);
      }
      await client.query('commit');
      await Promise.all(calls);
    } finally {
      await client.end();
    }
    expect((await get('/_office/summary')).body['today']).toBe('2037-06-01');
    const paid = (await changes()).items.map(({ on, code }) => `${code} ${on}`);
    expect(paid.slice(1)).toEqual(['AF01 2035-02-23', 'AF01 2036-02-24', 'AF01 2037-02-23']);
  });

  test('is the real one until a caller’s clock is ahead of it', async () => {
    const answer = await fetch(`${office.url}/_office/summary`);
    const { today: day } = (await answer.json()) as { today: string };
    expect(Math.abs(Date.parse(day) - Date.now())).toBeLessThan(2 * 86_400_000);
  });

  test.each(['tomorrow', '-1', '1e99', ''])('is not read from a clock that says %j', async (now) => {
    const answer = await fetch(`${office.url}/changes`, { headers: { 'x-office-now': now } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'malformed-request' });
  });
});

describe('a restart', () => {
  test('keeps the register, the filings, the day and the place in the feed', async () => {
    await put(paidUp());
    const { id } = await file(transfer());
    await post('/_office/delay', { days: 9 });
    await office.close();
    office = await startPatentOffice({ databaseUrl, port: 0 });
    expect(await filing(id)).toMatchObject({ state: 'accepted', registrationOn: '2035-01-08' });
    expect((await post('/filings', transfer())).body).toMatchObject({ id });
    expect((await get('/_office/summary')).body).toMatchObject({ today: START, delayDays: 9, head: 1 });
    today = '2035-01-08';
    expect((await changes(1)).items.map(({ seq, code }) => [seq, code])).toEqual([[2, 'TR01']]);
  });

  test('of two offices on one database leaves one register with one order of changes', async () => {
    const patents = demonstrationPatents(20, { owners: [owner], seed: 5 });
    const second = await startPatentOffice({ databaseUrl, port: 0 });
    const urls = [office.url, second.url];
    await Promise.all(
      patents.map((patent, i) =>
        fetch(`${urls[i % 2]}/_office/patents`, {
          method: 'POST',
          headers: { ...clock(START), 'content-type': 'application/json' },
          body: JSON.stringify({ patents: [{ ...patent, annuity: { paidThroughYear: 20 } }] }),
        }),
      ),
    );
    await second.close();
    const { items, head } = await changes();
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    expect(new Set(items.map(({ number }) => number)).size).toBe(20);
  });
});

const fault = (mode: string, count = 1) => post('/_office/faults', { mode, count });
const faultsLeft = async () => ((await get('/_office/summary')).body['faults'] as { left: number }).left;

describe('a fault', () => {
  test('of the kind error refuses and does nothing, as often as told', async () => {
    await put(paidUp());
    await fault('error', 2);
    for (let i = 0; i < 2; i++)
      expect(await refused(post('/filings', transfer()))).toMatchObject({ status: 503, code: 'office-unavailable' });
    expect((await get('/_office/summary')).body['filingCount']).toBe(0);
    expect((await post('/filings', transfer())).status).toBe(201);
  });

  test('of the kind timeout has done what it does not answer; the same filing then finds it', async () => {
    await put(paidUp());
    await fault('timeout');
    expect(await refused(post('/filings', transfer()))).toMatchObject({ status: 503, code: 'office-timeout' });
    expect((await get('/_office/summary')).body['filingCount']).toBe(1);
    expect((await post('/filings', transfer())).status).toBe(200);
  });

  test('of the kind hang answers nothing until the caller hangs up, and does not keep the office open', async () => {
    await put(paidUp());
    await fault('hang', 2);
    const hanging = call('POST', '/filings', transfer(), AbortSignal.timeout(150));
    await expect(hanging).rejects.toThrow(/timeout/i);
    expect((await get('/_office/summary')).body['filingCount']).toBe(0);
    const cutOff = Promise.allSettled([get('/changes')]);
    while ((await faultsLeft()) > 0);
    await office.close();
    expect((await cutOff)[0].status).toBe('rejected');
    office = await startPatentOffice({ databaseUrl, port: 0 });
  });

  test('is ended by a count of nought', async () => {
    await fault('error', 5);
    await fault('error', 0);
    expect((await get('/changes')).status).toBe(200);
  });
});

describe('what cannot be read', () => {
  test('is answered from the catalogue, marked as everything else', async () => {
    const broken = refused(post('/filings', '{"kind":'));
    expect(await broken).toMatchObject({ status: 400, code: 'malformed-request', demo: true });
    expect(await refused(get('/patents'))).toMatchObject({ status: 404, code: 'not-found', demo: true });
    expect(await refused(post('/filings', { kind: 'gift' }))).toMatchObject({ status: 422, code: 'invalid-input' });
    expect(await refused(get('/changes?limit=501'))).toMatchObject({ status: 422, issues: [{ path: 'limit' }] });
  });
});
