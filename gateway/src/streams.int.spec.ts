import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readEvents, type ServerSentEvent } from '@yuzhi/protocol/event-stream';
import { randomUUID } from 'node:crypto';
import { LossyPager, Platform, university } from './fixture/platform.ts';

let platform: Platform;
const watching: AbortController[] = [];
beforeAll(async () => {
  platform = await new Platform(undefined, { watchersMax: 5 }).start();
}, 60_000);
afterAll(() => platform.stop(), 30_000);
afterEach(async () => {
  LossyPager.losing = undefined;
  for (const controller of watching.splice(0)) controller.abort();
  // The door notices a closed connection in its own time.
  await new Promise((go) => setTimeout(go, 50));
});

interface Watch {
  events: ServerSentEvent[];
  items: () => { seq: number; totalFen: string }[];
  ended: Promise<void>;
  close(): void;
}
async function watch(
  counter: string,
  asked: { after?: string; resume?: string; token?: string; headers?: object } = {},
): Promise<Watch> {
  const { after, resume, token = platform.token, headers } = asked;
  const controller = new AbortController();
  watching.push(controller);
  const url = `${platform.gateway.url}/v1/counters/${counter}/live${after === undefined ? '' : `?after=${after}`}`;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...(resume && { 'last-event-id': resume }), ...headers },
    signal: controller.signal,
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const events: ServerSentEvent[] = [];
  const read = async () => {
    for await (const event of readEvents(response.body!, () => {})) events.push(event);
  };
  const items = () =>
    events
      .filter(({ event }) => event === 'message')
      .flatMap(({ id, data }) => {
        const listed = JSON.parse(data) as { totalFen: string }[];
        return listed.map((item, i) => ({ seq: Number(id) - listed.length + 1 + i, ...item }));
      });
  return { events, items, ended: read().catch(() => {}), close: () => controller.abort() };
}
async function until(holds: () => boolean) {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error('it never came to be');
    await new Promise((go) => setTimeout(go, 10));
  }
}
const add = async (counter: string, times: number) => {
  for (let i = 0; i < times; i++) await platform.add(counter, '1');
};
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, totalFen: String(from + i) }));

describe('a live stream', () => {
  it('brings what happens from now on, in order, to everybody who watches', async () => {
    const counter = await platform.open();
    await add(counter, 2);
    const [one, two] = [await watch(counter), await watch(counter)];
    await add(counter, 5);
    await until(() => one.items().length === 5 && two.items().length === 5);
    expect(one.items()).toEqual(numbered(3, 7));
    expect(two.items()).toEqual(numbered(3, 7));
  });

  it('begins with a heartbeat that says where it stands', async () => {
    const counter = await platform.open();
    await add(counter, 3);
    const { events } = await watch(counter);
    await until(() => events.length > 0);
    expect(events[0]).toEqual({ event: 'heartbeat', id: '3', data: '{"head":3}' });
  });

  it('is resumed behind the number that is known, by header or by address', async () => {
    const counter = await platform.open();
    await add(counter, 6);
    const [byHeader, byAddress] = [
      await watch(counter, { resume: '2', after: '0' }),
      await watch(counter, { after: '4' }),
    ];
    await until(() => byHeader.items().length === 4 && byAddress.items().length === 2);
    await add(counter, 1);
    await until(() => byHeader.items().length === 5 && byAddress.items().length === 3);
    expect(byHeader.items()).toEqual(numbered(3, 7));
    expect(byAddress.items()).toEqual(numbered(5, 7));
  });

  it('fills more than one page from the owner', async () => {
    const counter = await platform.open();
    const { owner } = platform.databases.tally;
    await owner.query(
      `insert into addition select $1, n, json_build_object('totalFen', n::text, 'secret', 1)
       from generate_series(1, 1234) n`,
      [counter],
    );
    await owner.query(`update counter set state = jsonb_set(state, '{seq}', '1234') where counter = $1`, [counter]);
    const { items, events } = await watch(counter, { after: '0' });
    await until(() => items().length === 1234);
    expect(items()).toEqual(numbered(1, 1234));
    expect(events.find(({ event }) => event === 'message')!.data.startsWith('[{"totalFen":"1"},')).toBe(true);
  });

  it('skips nothing when single words of the pager are lost', async () => {
    const counter = await platform.open();
    const { items } = await watch(counter);
    await add(counter, 2);
    await until(() => items().length === 2);
    LossyPager.losing = /^live:/;
    await add(counter, 3);
    LossyPager.losing = undefined;
    await add(counter, 1);
    await until(() => items().length === 6);
    expect(items()).toEqual(numbered(1, 6));
  });

  it('catches up by its next heartbeat when the last word was lost', async () => {
    const counter = await platform.open();
    const { items, events } = await watch(counter);
    LossyPager.losing = /^live:/;
    await add(counter, 3);
    await until(() => items().length === 3);
    expect(items()).toEqual(numbered(1, 3));
    await until(() => events.some(({ event, data }) => event === 'heartbeat' && data === '{"head":3}'));
  });

  it('loses and doubles nothing for those who come while much happens', async () => {
    const counter = await platform.open('busy', '100000');
    const adding = Promise.all(Array.from({ length: 8 }, () => add(counter, 25)));
    const watches: Watch[] = [];
    for (let i = 0; i < 4; i++) {
      watches.push(await watch(counter, { after: '0' }));
      await new Promise((go) => setTimeout(go, 30));
    }
    await adding;
    await until(() => watches.every(({ items }) => items().length >= 200));
    for (const { items } of watches) expect(items()).toEqual(numbered(1, 200));
  }, 30_000);

  it('is for whom its owner lets watch', async () => {
    const counter = await platform.open();
    await expect(watch(counter, { token: platform.foreign })).rejects.toThrow(/404.*not-found/);
    await expect(watch(counter, { token: 'a.b.c' })).rejects.toThrow(/401.*sign-in-first/);
    await expect(
      watch(counter, { token: platform.foreign, headers: { 'x-organisation': university } }),
    ).rejects.toThrow(/403/);
    await expect(watch(counter, { after: '-1' })).rejects.toThrow(/422.*after/);
    await expect(watch('nonsense')).rejects.toThrow(/422.*invalid-input/);
    await expect(watch(randomUUID())).rejects.toThrow(/404/);
  });

  it('ends with the token that opened it', async () => {
    const counter = await platform.open();
    const token = await platform.issuer.sign({ sub: '0197a3c1-0000-7000-8000-000000000001' }, { expiresIn: '1s' });
    const { ended, events } = await watch(counter, { token });
    await ended;
    expect(events.length).toBeGreaterThan(0);
  });

  it('knows how long those waited who asked something of what is watched', async () => {
    const [counter, unwatched] = [await platform.open(), await platform.open()];
    await watch(counter);
    await add(counter, 3);
    await add(unwatched, 2);
    const headers = { 'x-yuzhi-internal': 'a secret of sixteen' };
    const vitals = await fetch(`${platform.gateway.url}/internal/vitals`, { headers });
    const { watchers } = (await vitals.json()) as { watchers: { channel: string; answers: number[] }[] };
    const counted = watchers.map(({ answers }) => answers.reduce((sum, count) => sum + count, 0));
    expect(watchers.map(({ channel }) => channel)).toEqual([expect.stringContaining(counter)]);
    expect(counted).toEqual([3]);
  });

  it('has a limit of watchers, which is told politely', async () => {
    const counter = await platform.open();
    const first = await watch(counter);
    for (let i = 0; i < 4; i++) await watch(counter);
    await expect(watch(counter)).rejects.toThrow(/503.*overloaded/);
    first.close();
    await new Promise((go) => setTimeout(go, 100));
    await watch(counter);
  });
});

describe('when the door closes', () => {
  it('streams end, and are resumed at the next', async () => {
    const counter = await platform.open();
    const before = await watch(counter);
    await add(counter, 2);
    await until(() => before.items().length === 2);
    await platform.gateway.stop();
    await before.ended;
    await platform.openDoor();
    const after = await watch(counter, { resume: '2' });
    await add(counter, 1);
    await until(() => after.items().length === 1);
    expect(after.items()).toEqual(numbered(3, 3));
  }, 30_000);
});
