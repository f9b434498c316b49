import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { acting, service, type Asker, type Stage } from '@yuzhi/chassis/stage.fixture';
import { uuidv7 } from '@yuzhi/messaging/ids';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type { DataOf, Outcome, Role } from '@yuzhi/protocol/declare';
import {
  foundPlatform,
  grantRoles,
  memberships,
  organisations,
  people,
  registerClient,
  registerOrganisation,
  registerPerson,
  verifyOrganisation,
} from '@yuzhi/protocol/identity';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { Credentials } from './credentials.ts';
import { ADMIN, everythingWritten, openIdentity, PLATFORM } from './identity.fixture.ts';

/** A password takes a quarter of a second of a core, each time. */
jest.setTimeout(120_000);

let stage: Stage;
let desk: Asker;
beforeAll(async () => {
  stage = await openIdentity();
  desk = stage.employ(PLATFORM, ['desk']);
  await stage.until(async () => (await stage.told(PLATFORM)).length > 0);
});
afterAll(() => stage.close());

let serial = 100;
const details = (more: Partial<DataOf<typeof registerOrganisation>> = {}) => ({
  ...{ uscc: makeUscc(serial++), name: '演示数据·嵩山精密制造有限公司', nameEn: 'Songshan', kind: 'firm' as const },
  ...{ region: '410100', address: '河南省郑州市', legalRepresentative: '张明远' },
  ...more,
});
const alone = (person: string) => acting(person, person, 'holder', 'bidder');
const codes = (outcomes: Outcome[]) => outcomes.map(({ status, code }) => [status, code]);
/** The last word on a key of a table that everybody holds. */
async function latest(topic: string, key: string): Promise<object | null | undefined> {
  await stage.idle();
  return stage.records<object | null>(topic).findLast((record) => record.key === key)?.value;
}

async function newPerson(name = '李晓彤'): Promise<string> {
  const person = uuidv7();
  await stage.own(registerPerson, person, { person, name });
  await stage.idle();
  return person;
}
async function newFirm(admin: string, more: Parameters<typeof details>[0] = {}) {
  const data = details(more);
  const outcome = await stage.send(registerOrganisation, data.uscc, data, alone(admin));
  if (outcome.status !== 200) throw new Error(outcome.code);
  return data;
}
const grant = (
  uscc: string,
  by: string,
  person: string,
  roles: Exclude<Role, 'service'>[],
  key?: string,
  party = uscc,
) => stage.send(grantRoles, uscc, { person, roles }, acting(party, by, 'admin'), key);

describe('the platform', () => {
  it('is founded at the first start with an administrator who can sign in, and not again after a restart', async () => {
    const { version } = (await stage.state<{ version: number }>('organisation', 'uscc', PLATFORM))!;
    const administrator = await stage.running.app.get(Credentials).check(ADMIN.loginName, ADMIN.password);
    expect(await latest(memberships.topic, `${administrator}/${PLATFORM}`)).toMatchObject({
      roles: ['admin', 'finance', 'desk', 'ops'],
    });
    expect(await latest(people.topic, administrator!)).toMatchObject({ name: '平台管理员' });
    await stage.reboot();
    await stage.idle();
    expect(stage.kinds(await stage.told(PLATFORM))).toEqual(['organisation.verified']);
    expect(await stage.state('organisation', 'uscc', PLATFORM)).toMatchObject({
      version,
      verified: true,
      kind: 'platform',
    });
  });

  it('is founded by nobody else, and not twice', async () => {
    const data = { ...details({ uscc: PLATFORM, kind: 'platform' }), administrator: randomUUID() };
    expect(await stage.own(foundPlatform, PLATFORM, data)).toMatchObject({ status: 200, body: { uscc: PLATFORM } });
    expect(await latest(memberships.topic, `${data.administrator}/${PLATFORM}`)).toBeUndefined();
    const [outside, other] = [alone(randomUUID()), service('listings')];
    const sent = [outside, other].map((by) => stage.send(foundPlatform, PLATFORM, data, by));
    expect(codes(await Promise.all(sent))).toEqual([
      [403, 'forbidden'],
      [403, 'forbidden'],
    ]);
  });
});

describe('signing up', () => {
  const form = (more = {}) => ({
    loginName: `person.${serial++}`,
    password: 'correct horse battery',
    name: '赵若溪',
    ...more,
  });
  const signUp = (body: object) =>
    stage.post<{ person: string; code?: string; issues?: { path: string[] }[] }>('/v1/people', body);

  it('makes a person whom everybody knows by name, and a credential that nobody sees', async () => {
    const body = form();
    const { status, body: answer } = await signUp(body);
    expect(status).toBe(200);
    expect(await latest(people.topic, answer.person)).toEqual({ person: answer.person, name: '赵若溪' });
    const credentials = stage.running.app.get(Credentials);
    expect(await credentials.check(body.loginName, body.password)).toBe(answer.person);
    expect((await stage.get('/v1/me', { person: answer.person })).body).toEqual({
      ...{ person: answer.person, name: '赵若溪', memberships: [] },
    });
    const [row] = await stage.rows<{ password_hash: string }>(
      `select * from credential where person = $1`,
      answer.person,
    );
    const written = await everythingWritten(stage, catalogue.topics);
    expect(written).toContain(answer.person);
    for (const secret of [body.password, body.loginName, row!.password_hash]) expect(written).not.toContain(secret);
  });

  it('refuses a login name that somebody has, and keeps the one who has it', async () => {
    const body = form();
    const first = await signUp(body);
    const second = await signUp({ ...body, password: 'another password' });
    expect(second).toMatchObject({ status: 409, body: { code: 'login-name-taken' } });
    const check = await stage.running.app.get(Credentials).check(body.loginName, body.password);
    expect(check).toBe(first.body.person);
  });

  it.each([
    ['a short password', { password: 'nine char' }, 'password'],
    ['a login name with capitals', { loginName: 'Zhao' }, 'loginName'],
    ['a login name of two letters', { loginName: 'zh' }, 'loginName'],
    ['a blank name', { name: '  ' }, 'name'],
    ['a field that nobody asked for', { role: 'admin' }, ''],
  ])('refuses %s', async (_, wrong, field) => {
    const { status, body } = await signUp(form(wrong));
    expect([status, body.code]).toEqual([422, 'invalid-input']);
    expect(body.issues![0]!.path.join('.')).toBe(field);
  });

  it('keeps nothing when the log does not take it, so that the form may be sent again', async () => {
    const body = form();
    stage.broker.away = true;
    const away = await signUp(body);
    stage.broker.away = false;
    expect(away).toMatchObject({ status: 503, body: { code: 'log-unavailable' } });
    expect((await signUp(body)).status).toBe(200);
  });
});

describe('a login', () => {
  const credentials = () => stage.running.app.get(Credentials);
  const login = async () => {
    const [person, name] = [uuidv7(), `login.${serial++}`];
    expect(await credentials().keep(person, name, 'right password')).toBe(true);
    return { person, name };
  };

  it('rests after eight wrong passwords in a row, then works again', async () => {
    const { person, name } = await login();
    const check = (password: string) => credentials().check(name, password);
    expect([await check('guess 1'), await check('guess 2'), await check('right password')]).toEqual([
      undefined,
      undefined,
      person,
    ]);
    const row = 'select failures, locked_until from credential where person = $1';
    expect(await stage.rows(row, person)).toEqual([{ failures: 0, locked_until: null }]);
    await stage.rows('update credential set failures = 7 where person = $1', person);
    expect([await check('guess 8'), await check('right password')]).toEqual([undefined, undefined]);
    const [{ minutes } = { minutes: 0 }] = await stage.rows<{ minutes: number }>(
      'select round(extract(epoch from locked_until - now()) / 60)::int as minutes from credential where person = $1',
      person,
    );
    expect(minutes).toBe(15);
    await stage.rows('update credential set locked_until = now() where person = $1', person);
    expect(await check('right password')).toBe(person);
    expect(await stage.rows(row, person)).toEqual([{ failures: 0, locked_until: null }]);
  });

  it('rests as well when all guesses come at once, whichever of them is right', async () => {
    const { person, name } = await login();
    await Promise.all(Array.from({ length: 12 }, (_, n) => credentials().check(name, `guess ${n}`)));
    expect(await credentials().check(name, 'right password')).toBeUndefined();
    const [row] = await stage.rows(
      `select failures, locked_until > now() as resting from credential where person = $1`,
      person,
    );
    expect(row).toEqual({ failures: 0, resting: true });
  });

  it('that nobody has looks like a wrong password', async () => {
    expect(await credentials().check('nobody.has.this', 'right password')).toBeUndefined();
  });
});

describe('an organisation', () => {
  it('is registered by whoever signed in, answers the same to the same request, and exists once', async () => {
    const admin = await newPerson();
    const data = details();
    const first = await stage.send(registerOrganisation, data.uscc, data, alone(admin), 'my key');
    expect(first).toMatchObject({ status: 200, body: { uscc: data.uscc } });
    expect(await stage.send(registerOrganisation, data.uscc, data, alone(admin), 'my key')).toEqual(first);
    const others = [
      stage.send(registerOrganisation, data.uscc, { ...data, name: '别名' }, alone(admin), 'my key'),
      stage.send(registerOrganisation, data.uscc, data, alone(admin)),
      stage.send(
        registerOrganisation,
        makeUscc(99_999),
        details({ uscc: makeUscc(99_999), kind: 'platform' }),
        alone(admin),
      ),
    ];
    expect(codes(await Promise.all(others))).toEqual([
      [422, 'idempotency-key-reused'],
      [409, 'organisation-exists'],
      [403, 'role-reserved'],
    ]);
    expect(stage.kinds(await stage.told(data.uscc))).toEqual(['organisation.registered']);
    expect(await latest(organisations.topic, data.uscc)).toEqual({ ...data, verified: false });
  });

  it('is verified by the desk, once, and all its memberships with it', async () => {
    const admin = await newPerson();
    const { uscc } = await newFirm(admin);
    const verify = (key: string, ...roles: Role[]) =>
      stage.send(verifyOrganisation, key, {}, acting(PLATFORM, desk.person, ...roles));
    expect((await verify(uscc, 'ops')).code).toBe('forbidden');
    expect((await verify(makeUscc(4321), 'desk')).code).toBe('organisation-not-found');
    expect(await verify(uscc, 'desk')).toMatchObject({ status: 200, body: { uscc } });
    expect((await verify(uscc, 'desk')).code).toBe('organisation-already-verified');
    expect(await latest(memberships.topic, `${admin}/${uscc}`)).toMatchObject({ verified: true });
    expect(stage.kinds(await stage.told(uscc))).toEqual(['organisation.registered', 'organisation.verified']);
  });

  it('gives and takes roles, which everybody hears, and refuses by every code', async () => {
    const [admin, member] = [await newPerson(), await newPerson('陈守一')];
    const { uscc } = await newFirm(admin);
    const first = await grant(uscc, admin, member, ['bidder', 'finance'], 'key');
    expect(first).toMatchObject({ status: 200, body: { person: member, roles: ['bidder', 'finance'] } });
    expect(await grant(uscc, admin, member, ['bidder', 'finance'], 'key')).toEqual(first);
    expect(await latest(memberships.topic, `${member}/${uscc}`)).toMatchObject({
      roles: ['bidder', 'finance'],
      verified: false,
    });
    const refused = [
      grant(makeUscc(4321), admin, member, ['bidder']),
      grant(uscc, admin, member, ['bidder'], undefined, PLATFORM),
      grant(uscc, member, member, ['admin']),
      grant(uscc, admin, uuidv7(), ['bidder']),
      grant(uscc, admin, member, ['desk']),
      grant(uscc, admin, admin, ['bidder']),
      stage.send(grantRoles, uscc, { person: member, roles: [] }, acting(uscc, member, 'bidder')),
    ];
    expect((await Promise.all(refused)).map(({ code }) => code)).toEqual([
      ...['organisation-not-found', 'organisation-not-yours', 'organisation-not-yours', 'person-unknown'],
      ...['role-reserved', 'last-admin-stays', 'forbidden'],
    ]);
    expect((await grant(uscc, admin, member, [])).status).toBe(200);
    expect(await latest(memberships.topic, `${member}/${uscc}`)).toBeNull();
  });

  it('gets API clients, whose secret is shown once and stands nowhere', async () => {
    const admin = await newPerson();
    const { uscc } = await newFirm(admin);
    const asker = { person: admin, organisation: uscc };
    await stage.until(async () => (await stage.get(`/v1/organisations/${uscc}/members`, asker)).status === 200);
    type Client = { clientId: string; clientSecret: string; code?: string };
    const add = (roles: string[], by: Asker = asker, of = uscc) =>
      stage.post<Client>(`/v1/organisations/${of}/clients`, { name: '接口', roles }, by);
    const { status, body } = await add(['holder']);
    expect(status).toBe(200);
    expect(await latest(memberships.topic, `${body.clientId}/${uscc}`)).toMatchObject({ roles: ['holder'] });
    expect(await latest(people.topic, body.clientId)).toMatchObject({ name: '接口' });
    const { body: me } = await stage.get('/v1/me', { person: body.clientId });
    expect(me).toMatchObject({
      name: '接口',
      memberships: [{ organisation: uscc, roles: ['holder'], verified: false }],
    });
    expect(await everythingWritten(stage, catalogue.topics)).not.toContain(body.clientSecret);
    expect((await add(['ops'])).body.code).toBe('role-reserved');
    expect((await add(['holder'], asker, PLATFORM)).body.code).toBe('organisation-not-yours');
    expect((await add(['holder'], { person: admin })).body.code).toBe('forbidden');
    const kept = await stage.rows('select client::text from api_client where organisation = $1', uscc);
    expect(kept).toEqual([{ client: body.clientId }]);
    const own = (data: object) =>
      stage.own(registerClient, uscc, { uscc, client: uuidv7(), name: '接口', roles: ['holder'], by: admin, ...data });
    expect((await own({ by: randomUUID() })).code).toBe('organisation-not-yours');
  });
});

describe('a person', () => {
  it('is registered by identity alone, once', async () => {
    const person = await newPerson();
    const data = { person, name: '李晓彤' };
    expect(await stage.own(registerPerson, person, data)).toMatchObject({ status: 200, body: { person } });
    expect((await stage.send(registerPerson, person, data, alone(person))).code).toBe('forbidden');
  });
});

describe('reading', () => {
  it('says who I am and for whom I may act, and nothing of others', async () => {
    const [admin, member, stranger] = [await newPerson('王思齐'), await newPerson('陈守一'), await newPerson('无关人')];
    const [one, other] = [await newFirm(admin), await newFirm(member)].toSorted((a, b) => (a.uscc < b.uscc ? -1 : 1));
    await grant(one!.uscc, admin, member, ['bidder']);
    const me = async (person: string) =>
      (await stage.get<{ name: string; memberships: { organisation: string }[] }>('/v1/me', { person })).body;
    expect(await me(member)).toEqual({
      person: member,
      name: '陈守一',
      memberships: [
        { organisation: one!.uscc, name: one!.name, roles: ['bidder'], verified: false },
        {
          organisation: other!.uscc,
          name: other!.name,
          roles: ['admin', 'holder', 'bidder', 'signatory', 'finance'],
          verified: false,
        },
      ],
    });
    expect((await me(admin)).memberships.map(({ organisation }) => organisation)).toEqual([one!.uscc]);
    expect(await me(stranger)).toMatchObject({ name: '无关人', memberships: [] });
    await grant(one!.uscc, admin, member, []);
    expect((await me(member)).memberships.map(({ organisation }) => organisation)).toEqual([other!.uscc]);
    expect((await stage.get('/v1/me')).status).toBe(401);
    const former = { person: member, organisation: one!.uscc };
    await stage.until(async () => (await stage.get('/v1/me', former)).status === 403);
  });

  it('shows an organisation to anybody, its members to its administrator only', async () => {
    const [admin, member] = [await newPerson('王思齐'), await newPerson('陈守一')];
    const data = await newFirm(admin);
    await grant(data.uscc, admin, member, ['bidder']);
    await stage.idle();
    const { body } = await stage.get(`/v1/organisations/${data.uscc}`);
    expect(body).toEqual({ ...data, verified: false, registeredAt: expect.any(Number) });
    expect((await stage.get(`/v1/organisations/${makeUscc(4321)}`)).status).toBe(404);
    expect((await stage.get(`/v1/organisations/${data.uscc.slice(0, -1)}`)).status).toBe(422);
    const path = `/v1/organisations/${data.uscc}/members`;
    const { body: members } = await stage.get<{ items: object[] }>(path, { person: admin, organisation: data.uscc });
    const roles = ['admin', 'holder', 'bidder', 'signatory', 'finance'];
    expect(members.items).toHaveLength(2);
    expect(members.items).toEqual(
      expect.arrayContaining([
        { person: admin, name: '王思齐', roles },
        { person: member, name: '陈守一', roles: ['bidder'] },
      ]),
    );
    expect((await stage.get(path, { person: member, organisation: data.uscc })).status).toBe(403);
    expect((await stage.get(path, stage.employ(PLATFORM, ['admin']))).status).toBe(404);
    expect((await stage.get(path)).status).toBe(401);
  });

  it('lists organisations newest first, page by page, to the desk only', async () => {
    const admin = await newPerson();
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await newFirm(admin)).uscc);
    const verify = (uscc: string) => stage.send(verifyOrganisation, uscc, {}, acting(PLATFORM, desk.person, 'desk'));
    await verify(made[1]!);
    type Row = { uscc: string; verified: boolean };
    const pages = await stage.pages<Row>('/v1/organisations?limit=3', desk);
    const all = pages.flat().map(({ uscc }) => uscc);
    expect(pages.slice(0, -1).every((page) => page.length === 3)).toBe(true);
    expect(all.slice(0, 5)).toEqual(made);
    expect([all.length, all.at(-1)]).toEqual([new Set(all).size, PLATFORM]);
    const unverified = (await stage.pages<Row>('/v1/organisations?limit=100&verified=false', desk)).flat();
    expect(unverified.map(({ uscc }) => uscc)).not.toContain(made[1]);
    expect(unverified.slice(0, 4).map(({ uscc }) => uscc)).toEqual(made.filter((uscc) => uscc !== made[1]));
    expect((await stage.get('/v1/organisations', { person: admin })).status).toBe(403);
    expect((await stage.get('/v1/organisations?after=nonsense', desk)).status).toBe(422);
  });
});

describe('afterwards', () => {
  it('nothing was poisoned', async () => {
    expect(await stage.rows('select * from quarantine')).toEqual([]);
  });
});
