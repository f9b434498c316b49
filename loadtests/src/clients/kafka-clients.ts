// What one record costs a process in CPU, by client of Kafka and by how many records each send carries. Prints a table
// for docs/adr/0018-two-kafka-clients.md: `node loadtests/dist/clients/kafka-clients.js [rounds]`, on a broker of its
// own or on KAFKA_BROKERS. Sender and reader are processes of their own and measure themselves.
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '@yuzhi/backing/kafka';
import { startWatchdog } from '@yuzhi/backing/parts';
import { choosePorts } from '@yuzhi/backing/ports';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { Log } from '@yuzhi/messaging/log';
import { PlatformaticLog } from '@yuzhi/messaging/platformatic-log';

const CLIENTS = { kafkajs: KafkaLog, platformatic: PlatformaticLog };
type Client = keyof typeof CLIENTS;
/** Records of one send, and how many are sent in all: each run lasts some seconds. */
const SENDS = new Map([
  [1, 6000],
  [8, 40_000],
  [64, 160_000],
  [256, 256_000],
]);
const PARTITIONS = 8;
/** As long as a command's envelope. */
const VALUE = JSON.stringify({ id: randomUUID(), type: 'bidding.auction.place-bid.v1', data: 'x'.repeat(300) });

interface Run {
  client: Client;
  topic: string;
  each: number;
  many: number;
}
type Role = 'sender' | 'reader';

const open = (client: Client, clientId: string, brokers: string): Log =>
  new CLIENTS[client]({ brokers: brokers.split(','), clientId, sessionTimeoutMs: 6000, prefix: 'clients.' });
const cpuMicros = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Sends a fifth as warm-up, then measures itself. Answers µs of CPU a record. */
async function send(log: Log, { topic, each, many }: Run): Promise<number> {
  const keys = Array.from({ length: 1000 }, () => randomUUID());
  let at = 0;
  const wave = () => Array.from({ length: each }, () => ({ topic, key: keys[at++ % keys.length]!, value: VALUE }));
  while (at < many / 5) await log.send(wave());
  const began = cpuMicros();
  const warm = at;
  while (at < many + warm) await log.send(wave());
  return (cpuMicros() - began) / many;
}

/** Reads as fast as it comes; measures itself from the end of the warm-up to the last record. */
async function read(log: Log, { topic, many }: Run): Promise<number> {
  let seen = 0;
  let began = 0;
  let from = 0;
  const { promise, resolve } = Promise.withResolvers<number>();
  await log.lead(topic, randomUUID(), {
    onAssigned: (partitions, seek) => {
      for (const partition of partitions) seek(partition, 0n);
      process.send?.('ready');
    },
    onBatch: ({ records }) => {
      seen += records.length;
      if (!began && seen >= many / 5) [began, from] = [cpuMicros(), seen];
      if (began && seen >= many) resolve((cpuMicros() - began) / (seen - from));
      return undefined;
    },
  });
  return promise;
}

async function child(role: Role, run: Run): Promise<void> {
  const log = open(run.client, `${role}-${randomUUID()}`, process.env['KAFKA_BROKERS']!);
  const micros = await (role === 'sender' ? send(log, run) : read(log, run));
  process.send?.(micros);
  await log.close();
  process.disconnect?.();
}

const start = (role: Role, run: Run, brokers: string) =>
  fork(import.meta.filename, [role, JSON.stringify(run)], { env: { ...process.env, KAFKA_BROKERS: brokers } });
const said = (of: ChildProcess, isIt: (message: unknown) => boolean) =>
  new Promise<unknown>((go, failed) => {
    of.on('message', (message) => isIt(message) && go(message));
    of.once('exit', (code) => failed(new Error(`ended with ${code} and said nothing`)));
  });
const isNumber = (message: unknown) => typeof message === 'number';

/** One reader that waits, one sender: µs of CPU a record of each. */
async function measure(client: Client, each: number, many: number, brokers: string): Promise<Record<Role, number>> {
  const run: Run = { client, topic: `t.${randomUUID()}`, each, many };
  const maker = open('kafkajs', 'maker', brokers);
  await maker.prepare([{ topic: run.topic, partitions: PARTITIONS }]);
  await maker.close();
  const reader = start('reader', run, brokers);
  const micros = said(reader, isNumber);
  await Promise.race([said(reader, (message) => message === 'ready'), micros]);
  const sender = start('sender', run, brokers);
  return { sender: Number(await said(sender, isNumber)), reader: Number(await micros) };
}

const median = (of: number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]!;
const cell = (of: number[]) => `${median(of).toFixed(1)} (${Math.min(...of).toFixed(1)}–${Math.max(...of).toFixed(1)})`;

async function compare(brokers: string, rounds: number): Promise<void> {
  const found = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [each, many] of SENDS) {
      const order = Object.keys(CLIENTS) as Client[];
      for (const client of round % 2 ? order.toReversed() : order) {
        const measured = await measure(client, each, many, brokers);
        for (const role of ['sender', 'reader'] as const) {
          const name = `${role} ${client} ${each}`;
          found.set(name, [...(found.get(name) ?? []), measured[role]]);
        }
      }
    }
  }
  console.log(`${rounds} rounds, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n`);
  console.log('| records a send | sends: kafkajs | platformatic | reads: kafkajs | platformatic |');
  console.log('| --: | --: | --: | --: | --: |');
  for (const each of SENDS.keys()) {
    const cells = (['sender', 'reader'] as const).flatMap((role) =>
      Object.keys(CLIENTS).map((client) => cell(found.get(`${role} ${client} ${each}`)!)),
    );
    console.log(`| ${each} | ${cells.join(' | ')} |`);
  }
}

async function main([first = '5', run]: string[]): Promise<void> {
  if (first === 'sender' || first === 'reader') return child(first, JSON.parse(run!) as Run);
  const given = process.env['KAFKA_BROKERS'];
  if (given) return compare(given, Number(first));
  const [dir, watchdog] = [mkdtempSync(join(tmpdir(), 'yuzhi-clients-')), startWatchdog()];
  const { kafka, controller } = await choosePorts(join(dir, 'ports.json'), ['kafka', 'controller']);
  const part = await startKafka({ dir, port: kafka, controllerPort: controller, fast: false }, watchdog);
  try {
    await compare(part.brokers.join(','), Number(first));
  } finally {
    await part.stop();
    watchdog.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
