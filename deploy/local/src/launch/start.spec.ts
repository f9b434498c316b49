import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@yuzhi/journeys/eventually';
import { refusalOf } from '@yuzhi/journeys/refusal-of';
import { personToken, signInAt } from '@yuzhi/journeys/sign-in';
import { listAuctions } from '@yuzhi/protocol/bidding';
import { type Client, createClient } from '@yuzhi/protocol/client';
import { listDeals } from '@yuzhi/protocol/contracts';
import {
  addClient,
  getMe,
  grantRoles,
  listOrganisations,
  namePerson,
  registerOrganisation,
  signUp,
  verifyOrganisation,
} from '@yuzhi/protocol/identity';
import { listPatents } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PLATFORM_USCC } from '../settings.ts';
import { Launched, leftOf } from './launched.fixture.ts';
import { type OtherIssuer, startOtherIssuer } from './other-issuer.fixture.ts';

const READY = /ready after [\d.]+ s/;
const folders = ['demonstration', 'elsewhere'].map((name) => mkdtempSync(join(tmpdir(), `yuzhi-${name}-`)));
const [demonstration, elsewhere] = folders as [string, string];
const running: Launched[] = [];
const start = (folder: string, environment?: Record<string, string>) => {
  const launched = new Launched('start', ['--data', folder], environment);
  running.push(launched);
  return launched;
};
const urlOf = async (launched: Launched) => (await launched.until(/API 平台 +(\S+)/))[1]!;

let issuer: OtherIssuer;
let other: Launched;
beforeAll(async () => {
  issuer = await startOtherIssuer();
});
afterAll(async () => {
  await Promise.all(running.map((launched) => launched.end()));
  await issuer.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('two starts side by side', () => {
  it('the one that is broken off in its first seed leaves no process behind', async () => {
    const first = start(demonstration);
    other = start(elsewhere, { OIDC_ISSUER: issuer.url, OIDC_ADMINISTRATOR: 'operator' });
    await first.until(/12 organisations/);
    expect(await first.interrupt()).toBe(0);
    expect(first.said).not.toMatch(READY);
    expect(leftOf(first.pid, demonstration)).toEqual([]);
    await other.until(READY);
  });

  it('the next start goes on with the market where it was broken off', async () => {
    const next = start(demonstration);
    await next.until(READY);
    const url = await urlOf(next);
    const [, loginName, password] = await next.until(/(platform\.admin) .*password 密码 (\S+)/);
    for (const login of ['zhongzhou.university', 'inventor.qin .ying .ru', 'desk.clerk', 'ops.engineer']) {
      expect(next.said).toMatch(new RegExp(`^  ${login} .*password 密码 yuzhi-demo-2026$`, 'm'));
    }
    const token = personToken(url, loginName!, password!);
    const desk = createClient({ baseUrl: url, token, organisation: PLATFORM_USCC });
    const patents = await Array.fromAsync(desk.list(listPatents, {}));
    const organisations = await Array.fromAsync(desk.list(listOrganisations, {}));
    const { items: deals } = await desk.ask(listDeals, {});
    const { items: live } = await desk.ask(listAuctions, { period: 'free' });
    expect(patents.filter(({ state }) => state === 'mirrored')).toHaveLength(201);
    expect(organisations).toHaveLength(12);
    expect(deals.map(({ state }) => state)).toEqual(['signing']);
    expect(live.map(({ bids, bidders }) => [bids, bidders])).toEqual([[3, 2]]);
  });

  it('a start beside one that runs tells its addresses and changes nothing', async () => {
    const url = await urlOf(running.at(-1)!);
    const second = start(demonstration);
    expect(await second.ended).toBe(0);
    expect(second.said).toContain('already running');
    expect(second.said).toContain(url);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it('Ctrl-C ends it, and a further start keeps its data and seeds nothing', async () => {
    const before = running.at(-2)!;
    expect(await before.interrupt()).toBe(0);
    expect(leftOf(before.pid, demonstration)).toEqual([]);
    const again = start(demonstration);
    await again.until(READY);
    expect(again.said).not.toMatch(/organisations/);
    const anyone = createClient({ baseUrl: await urlOf(again) });
    const { items: live } = await anyone.ask(listAuctions, { period: 'free' });
    expect(live.map(({ bids, bidders }) => [bids, bidders])).toEqual([[3, 2]]);
  });
});

describe('an issuer that somebody else runs', () => {
  let url: string;
  const tokens = (login: string) =>
    signInAt(issuer.url, `${issuer.url}/callback`, { prompt: 'login', login, password: 'any' });
  const signedIn = async (login: string): Promise<Client> => {
    const { access_token: token } = await tokens(login);
    return createClient({ baseUrl: url, token: async () => token });
  };
  beforeAll(async () => {
    url = await urlOf(other);
  });

  it('has no market that needs passwords of ours, and shows no password', () => {
    expect(other.said).not.toMatch(/organisations|password/);
    expect(other.said).toContain('operator');
  });

  it('its subject is the administrator: he verifies who registers, and people are named by themselves', async () => {
    const [operator, holder, colleague] = await Promise.all(['operator', 'holder@uni', 'colleague'].map(signedIn));
    const desk = operator!.as(PLATFORM_USCC);
    const { person, name } = await holder!.ask(getMe, {});
    expect(name).toBe(person);
    await holder!.send(namePerson, { person, name: '郑知行' });
    const { person: second } = await colleague!.ask(getMe, {});
    expect(second).not.toBe(person);
    expect(await refusalOf(holder!.send(namePerson, { person: second, name: '他人' }))).toBe('person-not-you');
    const uscc = makeUscc(700, { category: '12' });
    const details = { name: '外部登录大学（演示）', nameEn: 'Elsewhere (demo)', kind: 'university' as const };
    const place = { region: '410100', address: '河南省郑州市', legalRepresentative: '郑知行' };
    await holder!.send(registerOrganisation, { uscc, ...details, ...place });
    await eventually('the administrator', () => desk.send(verifyOrganisation, { uscc }));
    const firm = holder!.as(uscc);
    await eventually('his word for it', () => colleague!.send(namePerson, { person: second, name: '洛明远' }));
    await eventually('a colleague', () => firm.send(grantRoles, { uscc, person: second, roles: ['bidder'] }));
    const me = await eventually('his name', async () => {
      const { memberships, ...who } = await colleague!.ask(getMe, {});
      return memberships.length > 0 && { ...who, memberships };
    });
    expect(me).toMatchObject({
      name: '洛明远',
      memberships: [{ organisation: uscc, roles: ['bidder'], verified: true }],
    });
    expect(await refusalOf(firm.submit(addClient, { uscc }, { name: '接口', roles: ['bidder'] }))).toBe(
      'sign-in-elsewhere',
    );
  });

  it('keeps all accounts: nobody signs up here, and the pages of our own issuer say where to go', async () => {
    const form = { loginName: `x${randomUUID().slice(0, 8)}`, password: 'a-good-password', name: '某人' };
    expect(await refusalOf(createClient({ baseUrl: url }).submit(signUp, {}, form))).toBe('sign-in-elsewhere');
    const page = await fetch(`${url}/oidc/auth`);
    expect(page.status).toBe(404);
    expect(await page.text()).toContain(issuer.url);
  });

  it('an identity token of it opens nothing', async () => {
    const { id_token: idToken } = await tokens('operator');
    const stranger = createClient({ baseUrl: url, token: async () => idToken });
    expect(await refusalOf(stranger.ask(getMe, {}))).toBe('sign-in-first');
  });

  it('a start is refused, with its address, when it does not answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuzhi-nobody-'));
    folders.push(folder);
    const environment = { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_ADMINISTRATOR: 'operator' };
    const refused = start(folder, environment);
    expect(await refused.ended).toBe(1);
    expect(refused.said).toContain('OIDC_ISSUER is set, but 127.0.0.1:9 cannot be used');
    expect(leftOf(refused.pid, folder)).toEqual([]);
  });
});
