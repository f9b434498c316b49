import { randomBytes } from 'node:crypto';
import type { ServiceDatabase } from '@yuzhi/backing/databases';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { placeBid } from '@yuzhi/protocol/bidding';
import { createClient } from '@yuzhi/protocol/client';
import { SocketLog } from '../peers/socket-log.ts';
import type { Place } from './bench.config.ts';
import type { Bidders } from './bidders.ts';
import type { Cast } from './cpu.ts';
import { openLots } from './lots.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { scratchDatabase } from './scratch.ts';
import { castOf, databaseOf, issuerOf, local, pools, type Target } from './targets.ts';

/** A gateway and an engine of ours, joined by a socket, with a database of their own. */
export interface ControlTarget extends Target {
  /** The administrator's way to the database. */
  adminUrl: string;
  /** Kills the engine and starts it again; the gateway finds it where it was. */
  restart(): Promise<void>;
}

type Environment = Record<string, string>;

function environmentOf(place: Place, name: string): Environment {
  return {
    ...issuerOf(place),
    KAFKA_BROKERS: place.kafkaBrokers.join(','),
    REDIS_URL: place.redisUrl,
    // Of its replies; who may act for whom is read where the platform wrote it.
    TOPIC_PREFIX: `${name}_`,
    TABLES_PREFIX: place.topicPrefix,
    INTERNAL_SECRET: randomBytes(24).toString('base64url'),
    LOG_LEVEL: 'warn',
  };
}

/** C: our own gateway and engine with a socket between them. `name`: of its database, and before its channels. */
export async function controlTarget(place: Place, bidders: Bidders, name: string): Promise<ControlTarget> {
  const database = await scratchDatabase(place, 'bidding', name);
  const { writerUrl: WRITER_URL, readerUrl: READER_URL, sideUrl: SIDE_URL } = database;
  const [httpPort, enginePort] = [await freePort(), await freePort()];
  const common = { ...environmentOf(place, name), ENGINE_PORT: String(enginePort) };
  const urls = { WRITER_URL, READER_URL, SIDE_URL, PORT: String(httpPort) };
  const startEngine = () => startPeer('control-engine', { ...common, ...urls }, place.dir);
  const engine = await startEngine();
  const door = { OWNERS: JSON.stringify({ bidding: local(httpPort) }), PUBLIC_URL: place.url };
  const gateway = await startPeer('control-gateway', { ...common, ...door }, place.dir).catch(
    async (error: unknown) => {
      await engine.stop();
      throw error;
    },
  );
  return controlOf({ place, bidders, gateway, engine, startEngine, database });
}

interface Control {
  place: Place;
  bidders: Bidders;
  gateway: PeerProcess;
  engine: PeerProcess;
  startEngine(): Promise<PeerProcess>;
  database: ServiceDatabase;
}

function controlOf({ place, bidders, gateway, startEngine, database, ...started }: Control): ControlTarget {
  const url = local(gateway.port);
  const { kafkaBrokers: brokers, topicPrefix: prefix } = place;
  const real = new KafkaLog({ brokers, clientId: 'bench-control', sessionTimeoutMs: 6000, prefix });
  const log = new SocketLog(started.engine.port, placeBid.topic, real);
  let engine = started.engine;
  const open = async (count: number) => {
    const parts = { log, anyone: createClient({ baseUrl: url }), databaseUrl: database.ownerUrl };
    return openLots(parts, count, await bidders.signedIn());
  };
  return {
    url,
    get cast(): Cast {
      return castOf(place.pids, { gateway: [gateway.pid], bidding: [engine.pid] });
    },
    database: database.name,
    adminUrl: databaseOf(place.databaseUrl, database.name),
    ...pools(open),
    restart: async () => {
      await engine.kill();
      engine = await startEngine();
    },
    close: async () => {
      await log.close();
      await gateway.stop();
      await engine.stop();
    },
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const { port } = server.address() as { port: number };
  await new Promise((go) => server.close(go));
  return port;
}
