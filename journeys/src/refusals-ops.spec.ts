import { randomUUID } from 'node:crypto';
import type { Client } from '@yuzhi/protocol/client';
import type { AnswerOf } from '@yuzhi/protocol/declare';
import { grantRoles } from '@yuzhi/protocol/identity';
import { approveReplay, askReplay, declineReplay, listReplays, listSetAside, live } from '@yuzhi/protocol/ops';
import { releasePatent } from '@yuzhi/protocol/register';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_PASSWORD, foundFirm, freshSuffix, UNIVERSITY } from './cast.ts';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { readAddresses } from './journeys.config.ts';
import { refusalOf } from './refusal-of.ts';
import { importInto } from './sale.ts';
import { type Firm, Stage } from './stage.ts';

type Item = AnswerOf<typeof listSetAside>['items'][number];

const stage = new Stage(readAddresses());
let university: Firm;
/** A second operator; the first is the platform's administrator. */
let colleague: Client;
let patentNumber: string;

beforeAll(async () => {
  const suffix = freshSuffix();
  const { platform } = stage.addresses;
  university = await foundFirm(stage, UNIVERSITY, suffix);
  const person = await stage.signUp('郏怀瑾', `operator${suffix.login}`, DEMO_PASSWORD);
  await stage.desk.send(grantRoles, { uscc: platform, person: person.id, roles: ['ops'] });
  colleague = person.client.as(platform);
  await eventually('the second operator', () => colleague.ask(listReplays, {}));
  const [patent] = invented(1, [university], suffix.patent);
  patentNumber = patent!.number;
  await stage.office.enter([patent!]);
}, 60_000);

async function write(value: string): Promise<void> {
  const record = { topic: releasePatent.topic, key: patentNumber, value };
  const written = await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/records`, {
    method: 'POST',
    body: JSON.stringify(record),
  });
  expect(written.status).toBe(200);
}
/** As another service would write it by a mistake of ours: of a patent that the mirror does not hold. */
async function poison(): Promise<void> {
  const id = randomUUID();
  const principal = { party: 'service:listings', person: 'service:listings', roles: ['service'] };
  const data = { patentNumber, saleId: randomUUID() };
  const envelope = { id, idempotencyKey: id, type: releasePatent.type, key: patentNumber, principal, data };
  await write(JSON.stringify(envelope));
}
const setAside = async () =>
  (await colleague.ask(listSetAside, {})).items.filter((item: Item) => item.key === patentNumber);
const ask = async (by: Client, { type: _, error: __, at: ___, ...place }: Item, act: 'replay' | 'discard' = 'replay') =>
  (await by.send(askReplay, { ...place, act, reason: '起因已修复' })).replay;
const approve = (by: Client, replay: string) => refusalOf(by.send(approveReplay, { replay }));
const decline = (by: Client, replay: string) => refusalOf(by.send(declineReplay, { replay }));
const settled = (replay: string) =>
  eventually('the replay', async () => {
    const { items } = await colleague.ask(listReplays, { limit: 100 });
    return items.find((one) => one.replay === replay && one.state === 'settled');
  });

describe('a poisoned command', () => {
  it('is sent again when two people agree, and comes back for as long as its cause is not mended', async () => {
    await poison();
    const [first] = await eventually('the poisoned command', async () => {
      const items = await setAside();
      return items.length === 1 && items;
    });
    expect(first).toMatchObject({ service: 'register', kind: 'command', type: releasePatent.type });
    expect(first!.error).toMatch('a patent that the mirror does not hold');

    const early = await ask(stage.desk, first!);
    expect(await approve(stage.desk, early)).toBe('replay-own');
    expect(await approve(university.client, early)).toBe('forbidden');
    expect(await approve(colleague, early)).toBe('accepted');
    expect((await settled(early)).outcome).toEqual({ sent: 1, stillPoisoned: null });
    const [again] = await eventually('its return', async () => {
      const items = await setAside();
      return items.length === 1 && items[0]!.offset !== first!.offset && items;
    });

    await importInto(stage, university.client, patentNumber);
    const late = await ask(colleague, again!);
    expect(await approve(colleague, late)).toBe('replay-own');
    expect(await approve(stage.desk, late)).toBe('accepted');
    expect((await settled(late)).outcome).toEqual({ sent: 1, stillPoisoned: null });
    await eventually('nothing set aside', async () => (await setAside()).length === 0);
    const useless = await ask(colleague, again!);
    expect(await approve(stage.desk, useless)).toBe('accepted');
    expect((await settled(useless)).outcome).toEqual({ sent: 0, stillPoisoned: null });
  }, 120_000);

  it('that is no request can only be discarded, by two people as well', async () => {
    await write('\u0000 no request');
    const [bytes] = await eventually('the bytes', async () => {
      const items = await setAside();
      return items.length === 1 && items;
    });
    const vain = await ask(stage.desk, bytes!);
    expect(await approve(colleague, vain)).toBe('accepted');
    expect((await settled(vain)).outcome).toEqual({ sent: 0, stillPoisoned: 'it is no request' });
    const discarding = await ask(stage.desk, bytes!, 'discard');
    expect(await approve(stage.desk, discarding)).toBe('replay-own');
    expect(await approve(colleague, discarding)).toBe('accepted');
    expect((await settled(discarding)).outcome).toEqual({ sent: 1, stillPoisoned: null });
    expect(await setAside()).toEqual([]);
  }, 60_000);

  it('is approved or declined once, and only where it was asked for', async () => {
    expect(await approve(colleague, randomUUID())).toBe('replay-not-found');
    expect(await decline(colleague, randomUUID())).toBe('replay-not-found');
    const place = { service: 'register' as const, kind: 'command' as const, topic: 'register.commands' };
    const item = { ...place, partition: 0, offset: '999999999', key: 'k', type: null, error: '', at: 0 };
    const replay = await ask(stage.desk, item);
    expect(await decline(stage.desk, replay)).toBe('accepted');
    expect(await approve(colleague, replay)).toBe('replay-settled');
    expect(await decline(colleague, replay)).toBe('replay-settled');
  });
});

describe('the live view', () => {
  it('shows every process, and what goes on, to ops people alone', async () => {
    const stop = new AbortController();
    const watch = async (by: Client) => {
      for await (const { seq, item } of by.follow(live, {}, { signal: stop.signal })) {
        if (item.requests.perSecond > 0) return { seq, item };
      }
      throw new Error('the view ended');
    };
    expect(await refusalOf(watch(university.client))).toBe('forbidden');
    const busy = setInterval(() => void stage.now(), 100);
    const { seq, item } = await watch(colleague).finally(() => clearInterval(busy));
    stop.abort();
    expect(seq).toBeGreaterThan(0);
    expect(item.members.map(({ name, up }) => [name, up])).toEqual(
      expect.arrayContaining([
        ['gateway', true],
        ['bidding', true],
        ['oversight', true],
      ]),
    );
    expect(item.members.filter(({ up }) => !up)).toEqual([]);
    expect(item.requests.p50Ms).toBeGreaterThan(0);
    expect(item.watchers.all).toBeGreaterThan(0);
    expect(item.lag.map(({ group }) => group)).toContain('bidding.commands');
  }, 60_000);
});
