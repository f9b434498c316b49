import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@yuzhi/journeys/eventually';
import { invented } from '@yuzhi/journeys/invented';
import type { LogRecord } from '@yuzhi/messaging/log';
import { admitBidder } from '@yuzhi/protocol/bidding';
import type { Client } from '@yuzhi/protocol/client';
import type { AnswerOf, Command } from '@yuzhi/protocol/declare';
import { saleFunded } from '@yuzhi/protocol/escrow';
import { grantRoles } from '@yuzhi/protocol/identity';
import { approveReplay, askReplay, listReplays, listSetAside } from '@yuzhi/protocol/ops';
import { importPatent, releasePatent } from '@yuzhi/protocol/register';
import { makeUscc } from '@yuzhi/protocol/uscc';
import type { Drill, Scene, Told } from './drill.ts';
import { writeToLog } from './log-writer.ts';
import { riseOf, type Window } from './rise.ts';

type Item = AnswerOf<typeof listSetAside>['items'][number];

/** Of others' p99 while poison lies among them: as much, or so many ms, which are the machine's own unrest. */
const RISE_MAX = 0.2;
const UNREST_MS = 10;
/** It lies there for so long before anybody does something about it, and is set aside by then. */
const LIES_MS = 4000;
const PASSWORD = 'yuzhi-drill-2026';
const SERIAL_MAX = 90_000;

/** What is written, whom it hits, and how two people end it. */
interface Poison {
  what: string;
  record: LogRecord;
  /** Every reader of the stream must have gone past it. */
  isEvent?: true;
  /** Mends the cause, where there is one: then it is sent again, and otherwise discarded. */
  mend?: () => Promise<void>;
}

const envelopeOf = (command: Command, from: string, key: string, data: object): LogRecord => {
  const id = randomUUID();
  const principal = { party: `service:${from}`, person: `service:${from}`, roles: ['service'] };
  const envelope = { id, idempotencyKey: id, type: command.type, key, principal, data };
  return { topic: command.topic, key, value: JSON.stringify(envelope) };
};

/** A lot that is bid on: what is written under its key stands among its quotes. */
async function busyLot({ database }: Scene): Promise<string> {
  const { rows } = await database('bidding').query<{ sale: string }>(
    'select sale_id::text as sale from bid group by sale_id order by max(at) desc limit 1',
  );
  return rows[0]!.sale;
}

/** A patent on the official register that the mirror does not hold yet, given back by nobody. */
function patentless({ stage, chance }: Scene): Poison {
  const owner = { uscc: makeUscc(1), name: '豫知平台（演示）' };
  const [patent] = invented(1, [owner as never], chance(SERIAL_MAX));
  const { number } = patent!;
  return {
    what: 'a command that its owner throws on, until its cause is mended',
    record: envelopeOf(releasePatent, 'listings', number, { patentNumber: number, saleId: randomUUID() }),
    mend: async () => {
      await stage.office.enter([patent!]);
      await stage.desk.send(importPatent, { patentNumber: number });
    },
  };
}

async function poisons(scene: Scene, n: number): Promise<Poison> {
  const lot = await busyLot(scene);
  const stranger = { saleId: lot, party: makeUscc(99), heldFen: '1' };
  const event = { specversion: '1.0', id: randomUUID(), type: saleFunded.type, saleid: lot, data: { nonsense: true } };
  const all: (() => Poison)[] = [
    () => ({
      what: 'bytes that are no command, among the quotes of a busy lot',
      record: { topic: admitBidder.topic, key: lot, value: '\u0000\u0001 no command' },
    }),
    () => ({
      what: 'a command that its owner throws on, among the quotes of a busy lot',
      record: envelopeOf(admitBidder, 'escrow', lot, stranger),
    }),
    () => patentless(scene),
    () => ({
      what: 'an event that nobody can read',
      record: { topic: saleFunded.topic, key: lot, value: JSON.stringify(event) },
      isEvent: true,
    }),
  ];
  return all[n % all.length]!();
}

const colleagues = new WeakMap<Scene, Client>();
/** A second operator besides the first administrator. */
async function hire(scene: Scene): Promise<void> {
  const { stage, chance } = scene;
  const { platform } = stage.addresses;
  const person = await stage.signUp('郏怀瑾', `drill.${chance(1_000_000)}`, PASSWORD);
  await stage.desk.send(grantRoles, { uscc: platform, person: person.id, roles: ['ops'] });
  const client = person.client.as(platform);
  await eventually('the second operator', () => client.ask(listReplays, {}));
  colleagues.set(scene, client);
}

/** One asks, the other approves; answers what came of it. */
async function together(scene: Scene, item: Item, act: 'replay' | 'discard') {
  const colleague = colleagues.get(scene)!;
  const { type: _, error: __, at: ___, ...place } = item;
  const { replay } = await scene.stage.desk.send(askReplay, { ...place, act, reason: '演练' });
  await colleague.send(approveReplay, { replay });
  const { outcome } = await eventually('what two people agreed on', async () => {
    const { items } = await colleague.ask(listReplays, { limit: 100 });
    return items.find((one) => one.replay === replay && one.state === 'settled');
  });
  if (outcome?.sent !== 1) throw new Error(`${act} of ${place.topic} ${place.offset}: ${JSON.stringify(outcome)}`);
}

/** The record of sales reads every event, and parks none. */
async function recordPasses({ database }: Scene, { topic, partition, offset }: Item): Promise<void> {
  const text = `select from projection_offset where topic like '%' || $1 and partition = $2 and next_offset > $3`;
  await eventually(`the record of sales beyond ${topic}/${partition} ${offset}`, async () => {
    const { rowCount } = await database('oversight').query(text, [topic, partition, offset]);
    return rowCount !== 0;
  });
}

/** While poison lay there and nobody did anything about it. */
const lying = new WeakMap<Scene, Window[]>();

async function strike(scene: Scene, n: number): Promise<string> {
  const colleague = colleagues.get(scene)!;
  const listed = async () => (await colleague.ask(listSetAside, {})).items;
  const { what, record, isEvent, mend } = await poisons(scene, n);
  const from = Date.now();
  await writeToLog(scene, [record]);
  await sleep(LIES_MS);
  lying.set(scene, [...(lying.get(scene) ?? []), { from, to: Date.now() }]);
  const items = await listed();
  if (!items.length) throw new Error(`${what}: not set aside within ${LIES_MS} ms`);
  const asideMs = Math.max(...items.map(({ at }) => at)) - from;
  if (isEvent) await recordPasses(scene, items[0]!);
  await mend?.();
  for (const item of items) await together(scene, item, mend ? 'replay' : 'discard');
  await eventually('nothing set aside', async () => (await listed()).length === 0);
  const by = [...new Set(items.map(({ service }) => service))].join(', ');
  return `${what}: set aside by ${by} after ${asideMs} ms, ${mend ? 'sent again' : 'discarded'} by two people`;
}

async function prove(scene: Scene, told: Told) {
  const allowed = (ms: number) => Math.max(ms * (1 + RISE_MAX), ms + UNREST_MS);
  const { calmMs, struckMs, calm, struck, isBeyondChance } = riseOf(told, lying.get(scene) ?? [], allowed);
  const says = `others' p99: ${struckMs} ms of ${struck} while poison was there, ${calmMs} ms of ${calm} otherwise`;
  return { seen: [says], wrong: isBeyondChance ? [`${says}: at most ${Math.round(allowed(calmMs))} ms`] : [] };
}

export const poisonDrill: Drill = {
  name: 'poison',
  proves: 'what nobody can read or decide is set aside; others go on, and two people end it',
  times: 8,
  everyMs: 5000,
  lastsMs: () => LIES_MS + 1500,
  prepare: hire,
  strike,
  prove,
};
