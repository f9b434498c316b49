import { beforeAll, describe, expect, it } from '@jest/globals';
import { Callers, forEach } from './callers.ts';
import { FIRM_A, foundFirm } from './cast.ts';
import { askedOf, commands, type Door, forms, isClosed, isOfPlatform, type Json } from './doors.ts';
import { named, parametersOf, reads, takes } from './doors.ts';
import { readAddresses } from './journeys.config.ts';
import { variation } from './mutations.ts';
import { Recorder } from './recorder.ts';
import { type Firm, Stage } from './stage.ts';
import { atRest, changesNothing } from './standing.ts';
import { SECRET, type Trade, tradeAll } from './whole-trade.ts';
import { type Answered, problemOf } from './wire.ts';

const recorder = new Recorder();
const stage = new Stage(readAddresses(), recorder.fetch);
let trade: Trade;
let outsider: Firm;
let callers: Callers;

beforeAll(async () => {
  trade = await tradeAll(stage);
  const { serial, login } = trade.suffix;
  outsider = await foundFirm(stage, FIRM_A, { serial: serial + 5, login: `.outsider${login}` });
  callers = new Callers(stage, outsider, trade.cast.university);
  await atRest(stage, RAIL_MS);
}, 300_000);

/** Within this the rail has told everything. */
const RAIL_MS = 2500;
const IDS = ['saleId', 'orderId', 'uscc', 'operationId', 'replay', 'person', 'patentNumber'] as const;
const idIn = (door: Door) => IDS.find((name) => parametersOf(door).includes(name));

/** What a door can be asked of others: once for each real id of what its address names. */
function othersOf(door: Door): Json[] {
  const { ids } = trade;
  const first: Json = Object.fromEntries(IDS.map((name) => [name, ids[name][0]]));
  const name = idIn(door);
  return name ? ids[name].map((id) => ({ ...first, [name]: id })) : [first];
}
const ownIds = () => IDS.filter((name) => name !== 'patentNumber').flatMap((name) => trade.ids[name]);
const asOutsider = () => callers.headersOf(outsider.person, outsider.uscc);
const asked = async (door: Door, headers: Promise<Record<string, string>>) =>
  Promise.all(othersOf(door).map(async (given) => callers.knock(door, await headers, { given })));
/** The time of an answer is no part of what it tells. */
const told = ({ status, text }: Answered) => [status, text.replace(/"(now|traceId)":("\w+"|\d+)/g, '')];

/** What those whom it belongs to, and the desk, read behind every address that names something. */
async function ownersView(): Promise<Record<string, string>> {
  const { university, firmA, firmB } = trade.cast;
  const view: Record<string, string> = {};
  await forEach(reads.filter(idIn), async (read) => {
    for (const { person, uscc } of [university, firmA, firmB]) {
      const answers = await asked(read, callers.headersOf(person, uscc));
      for (const [i, answered] of answers.entries()) {
        if (answered.status === 200) view[`${read.route} ${uscc} ${i}`] = String(told(answered)[1]);
      }
    }
  });
  return view;
}

/** Whether its address names what somebody has; where only the platform may come, everybody else is forbidden. */
const isGuarded = (door: Door) => isOfPlatform(door) || idIn(door) !== undefined;
/** A bidding is open to whoever comes as a bidder: he is not refused for being a stranger. */
const isOpen = ({ permission }: Door) => String(permission) === 'bidder';
const namesOthers = (door: Door) => IDS.some((name) => name in askedOf(door).body);
const writes = [...commands, ...forms];

describe('a webhook', () => {
  it('that the payment rail did not sign, or not now, or not so, is refused', async () => {
    for (const kind of ['wrong-secret', 'stale', 'edited-body', 'unsigned']) {
      const sent = await stage.rail.forge(kind);
      expect([kind, ...new Set(sent.map(({ status }) => status))]).toEqual([kind, 400]);
    }
  });

  changesNothing(() => stage);
});

describe('what belongs to another organisation is not changed', () => {
  it.each(named(writes.filter((door) => isGuarded(door) && !isOpen(door))))('%s', async (_, door) => {
    const statuses = (await asked(door, asOutsider())).map((answered) => problemOf(answered).status);
    expect(statuses).toContain(403);
    expect(statuses.filter((status) => status !== 403 && status !== 404)).toEqual([]);
  });

  it.each(named(writes.filter(isOpen)))('%s', async (_, door) => {
    const codes = (await asked(door, asOutsider())).map((answered) => problemOf(answered).code);
    expect(codes).toEqual(['auction-ended', 'auction-not-found', 'auction-not-found']);
  });

  changesNothing(() => stage, { decided: true });
});

describe('what anybody may name is left to whom it belongs', () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await ownersView();
  });

  it.each(named(writes.filter((door) => !isGuarded(door) && namesOthers(door))))('%s', async (_, door) => {
    for (const answered of await asked(door, asOutsider())) {
      const own = answered.status < 400 ? answered.text : problemOf(answered).code;
      expect(ownIds().filter((id) => own.includes(id))).toEqual([]);
    }
  });

  it('and looks the same to them', async () => {
    expect(Object.keys(before).length).toBeGreaterThan(IDS.length);
    expect(await ownersView()).toEqual(before);
  });
});

describe('what belongs to another organisation is not read', () => {
  const closed = reads.filter(isClosed);

  it.each(named(closed.filter(idIn)))('%s', async (_, read) => {
    const codes = (await asked(read, asOutsider())).map((answered) => problemOf(answered).status);
    expect(codes.filter((status) => status !== 403 && status !== 404)).toEqual([]);
    const owners = [trade.cast.university, trade.cast.firmA];
    const readers = owners.map(({ person, uscc }) => asked(read, callers.headersOf(person, uscc)));
    expect((await Promise.all(readers)).flat().map(({ status }) => status)).toContain(200);
  });

  it.each(named(closed.filter((read) => !idIn(read))))('%s', async (_, read) => {
    const { path } = askedOf(read);
    const filters = IDS.filter((name) => takes(read, name)).flatMap((name) =>
      trade.ids[name].map((id) => `?${name}=${id}`),
    );
    for (const filter of ['', ...filters]) {
      const answered = await callers.send({ method: 'GET', path: path + filter, headers: await asOutsider() });
      const said = answered.status === 200 ? answered.text : problemOf(answered).code;
      expect(ownIds().filter((id) => said.includes(id))).toEqual([]);
    }
  });

  it.each(named(reads.filter((read) => !isClosed(read))))('%s says the same to everybody', async (_, read) => {
    const answers = await asked(read, asOutsider());
    expect(answers.map(told)).toEqual((await asked(read, Promise.resolve({}))).map(told));
    expect(answers.filter(({ text }) => text.includes(SECRET))).toEqual([]);
    const refused = answers.filter(({ status }) => status !== 200).map((answered) => problemOf(answered).code);
    expect(refused.filter((code) => code !== 'not-found')).toEqual([]);
  });

  it('not even what became of a request', async () => {
    await forEach(recorder.accepted, async ({ headers, answered }) => {
      const path = answered.headers.get('operation-location')!;
      const own = await callers.send({ method: 'GET', path, headers });
      expect(JSON.parse(own.text)).toMatchObject({ status: answered.status });
      const others = await callers.send({ method: 'GET', path, headers: await asOutsider() });
      expect(JSON.parse(others.text)).toEqual({ operation: path, status: 202, code: 'not-decided-yet' });
    });
  });

  changesNothing(() => stage);
});

/** The request again under the same key, with another body where there is one. */
function again({ route }: Door) {
  const accepted = recorder.accepted.find(({ command }) => command.route === route)!;
  const { command, path, headers, body, answered } = accepted;
  const { accepts } = askedOf(command);
  const other = variation(body, (one) => accepts(one) && (one as Json)[command.key] === body[command.key]);
  const send = (said: Json, as: Record<string, string> = {}) =>
    callers.send({ method: 'POST', path, headers: { ...headers, ...as }, body: JSON.stringify(said) });
  return { command, body, other, answered, send };
}

describe('a command under a key that was used', () => {
  it.each(named(commands))('answers the same and does nothing: %s', async (_, door) => {
    const { body, answered, send } = again(door);
    const repeated = await Promise.all([send(body), send(body)]);
    expect(repeated.map(told)).toEqual([told(answered), told(answered)]);
  });

  it.each(named(commands))('is refused with another body: %s', async (_, door) => {
    const { command, body, other, send } = again(door);
    // Without another body there is no other request either: the address and the key name all of it.
    const code = other ? problemOf(await send(other)).code : Object.keys(body).filter((name) => name !== command.key);
    expect(code).toEqual(other ? 'idempotency-key-reused' : []);
  });

  changesNothing(() => stage, { decided: true });
});

describe('a command under a key that another organisation used', () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await ownersView();
  });

  it.each(named(commands))('is decided for itself: %s', async (_, door) => {
    const { body, other, send } = again(door);
    const own = await send(body, await asOutsider());
    const first = own.status < 400 ? 'accepted' : problemOf(own).code;
    expect(first).not.toBe('idempotency-key-reused');
    expect(ownIds().filter((id) => own.status < 400 && own.text.includes(id))).toEqual([]);
    expect(told(await send(body, await asOutsider()))).toEqual(told(own));
    const second = other && problemOf(await send(other, await asOutsider())).code;
    expect([undefined, first === 'forbidden' ? first : 'idempotency-key-reused']).toContain(second);
  });

  it('and leaves what the other did as it is', async () => {
    expect(await ownersView()).toEqual(before);
  });
});
