import type { AddressInfo } from 'node:net';
import { openLog, openPager } from '@yuzhi/chassis/config';
import { closeRoutes, createHttp, type HttpParts } from '@yuzhi/chassis/http';
import { innerDoor } from '@yuzhi/chassis/internal';
import { Principals } from '@yuzhi/chassis/principals';
import type { Running } from '@yuzhi/chassis/until-told';
import { registerVitals } from '@yuzhi/chassis/vitals';
import { HeldTable } from '@yuzhi/messaging/held-table';
import { uuidv7 } from '@yuzhi/messaging/ids';
import type { Log } from '@yuzhi/messaging/log';
import { type Pager, replyChannel, type Reply } from '@yuzhi/messaging/replies';
import type { Catalogue } from '@yuzhi/protocol/catalogue';
import { memberships } from '@yuzhi/protocol/identity';
import { type Logger, logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import { type DynamicModule, Module } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Admission } from './admission.ts';
import { Callers, type CallersParts } from './callers.ts';
import { CommandDoor } from './commands.ts';
import { registerDocs } from './docs.ts';
import { Forwarding } from './forwarding.ts';
import type { GatewayConfig } from './gateway.config.ts';
import { registerOperations } from './operations.ts';
import { Owners } from './owners.ts';
import { Streams } from './streams.ts';

/** Live channels that the vitals name. */
const WATCHED_MAX = 200;

export interface GatewayOptions {
  /** Everything that has a door here. */
  catalogue: Catalogue;
  /** The description of the API that the reference page shows. */
  document: () => unknown;
}

/** What the door holds open. */
class Gateway {
  readonly id = uuidv7();
  readonly logger: Logger;
  readonly log: Log;
  readonly pager: Pager;
  readonly owners: Owners;
  readonly admission: Admission;
  readonly callers: Callers;
  readonly members = new HeldTable(memberships);
  readonly principals: Principals;
  door: CommandDoor | undefined;
  streams: Streams | undefined;
  #unprobe = () => {};

  constructor(
    readonly config: GatewayConfig,
    readonly options: GatewayOptions,
  ) {
    const { owners, internalSecret, answerWithinMs, produceWithinMs } = config;
    this.logger = logger('gateway', config.logLevel);
    this.log = openLog('gateway', config);
    this.pager = openPager(config);
    this.owners = new Owners(owners, internalSecret);
    const readInbox: Owners['readInbox'] = (owner, asked) => this.owners.readInbox(owner, asked);
    this.admission = new Admission(config);
    const answered: CallersParts['answered'] = (...told) => this.streams?.answered(...told);
    this.callers = new Callers({ admission: this.admission, answerWithinMs, produceWithinMs, readInbox, answered });
    this.principals = new Principals(config, this.members);
  }

  /** Every route comes from the catalogue: there is no code per endpoint. */
  register(http: FastifyInstance): void {
    const { config, owners, principals, admission, callers, log, pager, id } = this;
    const { declared } = this.options.catalogue;
    const { answerWithinMs, publicUrl, heartbeatMs, watchersMax } = config;
    const commands = declared.filter((d) => d.kind === 'command');
    this.door = new CommandDoor({ http, log, admission, callers, principals, gateway: id, answerWithinMs });
    this.door.register(commands);
    registerOperations({ http, owners, principals, services: new Set(commands.map(({ service }) => service)) });
    new Forwarding({ http, owners, principals, publicUrl }).register(declared);
    this.streams = new Streams({ http, pager, owners, principals, heartbeatMs, watchersMax });
    this.streams.register(declared);
    this.#registerVitals(http, this.streams);
    registerDocs(http, this.options.document);
    closeRoutes(http);
  }

  #registerVitals(http: FastifyInstance, streams: Streams): void {
    registerVitals(http, innerDoor(this.config.internalSecret), 'gateway', async () => ({
      watchers: streams.watching(WATCHED_MAX),
      callers: this.admission.waiting().reduce((sum, [, waiting]) => sum + waiting, 0),
    }));
    this.#unprobe = probes.add('gateway', () => {
      for (const [owner, waiting] of this.admission.waiting()) metrics.callers.of({ owner }).set(waiting);
    });
  }

  async start(): Promise<void> {
    await Promise.all([this.log.prepare([...this.options.catalogue.topics]), this.pager.open()]);
    await this.members.start(this.log);
    await this.pager.subscribe(replyChannel(this.id), (replies: Reply[]) => {
      const now = performance.now();
      for (const { id, outcome } of replies) this.callers.heard(id, outcome, now);
    });
  }

  /** Behind the last open answer. */
  async onApplicationShutdown(): Promise<void> {
    this.#unprobe();
    this.callers.close();
    this.owners.close();
    await this.log.close();
    this.pager.close();
  }
}

@Module({})
export class GatewayModule {
  static of(config: GatewayConfig, options: GatewayOptions): DynamicModule {
    return { module: GatewayModule, providers: [{ provide: Gateway, useFactory: () => new Gateway(config, options) }] };
  }
}

export interface RunningGateway extends Running {
  url: string;
  port: number;
}

/** Opens the door. Knows neither the environment nor what else runs in this process. */
export async function startGateway(module: DynamicModule): Promise<RunningGateway> {
  let started = false;
  let stopping: Promise<void> | undefined;
  const unready = () => (stopping ? 'stopping' : started ? undefined : 'starting');
  const { app, http } = await createHttp(module, (created) => {
    const gateway = created.get(Gateway);
    const turnAway: HttpParts['turnAway'] = (request) => gateway.door?.turnAway(request);
    return { service: 'gateway', logger: gateway.logger, unready, started: () => started, turnAway };
  });
  const gateway = app.get(Gateway);
  const { config } = gateway;
  const stop = () => (stopping ??= app.close());
  http.server.maxConnections = config.connectionsMax;
  try {
    gateway.register(http);
    await app.listen(config.port, config.host);
    await gateway.start();
    started = true;
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  const { port } = http.server.address() as AddressInfo;
  gateway.logger.info({ port }, 'started');
  return { service: 'gateway', config, port, url: `http://${config.host}:${port}`, stop };
}
