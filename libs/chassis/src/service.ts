import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Errand } from '@yuzhi/messaging/errands';
import { discover } from '@yuzhi/messaging/handlers';
import { LogStrategy } from '@yuzhi/messaging/log-strategy';
import { PlatformClock } from '@yuzhi/messaging/platform-clock';
import type { Projection } from '@yuzhi/messaging/projector';
import { Runtime } from '@yuzhi/messaging/runtime';
import type { Catalogue } from '@yuzhi/protocol/catalogue';
import { memberships } from '@yuzhi/protocol/identity';
import { type DynamicModule, type InjectionToken, Module, type Provider, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { PrismaPg } from '@prisma/adapter-pg';
import { discoverAnswers } from './answers.ts';
import type { ServiceConfig } from './config.ts';
import { closeRoutes, createHttp } from './http.ts';
import { innerDoor, registerInternal } from './internal.ts';
import { OwnCommands } from './own-commands.ts';
import { HeldTables, Parts, type PartsOptions } from './parts.ts';
import { Principals } from './principals.ts';
import { Reads } from './reads.ts';
import { Calendar, Rulebook } from './rulebook.ts';
import { type Running, untilTold } from './until-told.ts';
import { ownerVitals, registerVitals } from './vitals.ts';

/** Plain reads: a pool whose role may select and nothing else. Stores and queries take it. */
export const READER = Symbol('yuzhi.reader');
/** The side tables: a pool whose role writes them and nothing else. */
export const SIDE = Symbol('yuzhi.side');
/** The log itself, for the one service that moves the clock; all others send through outboxes and `OwnCommands`. */
export const LOG = Symbol('yuzhi.log');
export const LOGGER = Symbol('yuzhi.logger');
/** Words to whoever watches, for the one service that shows what no commit shows: the live view of ops people. */
export const PAGER = Symbol('yuzhi.pager');
/** The service's own parsed configuration. */
export const CONFIG = Symbol('yuzhi.config');

export interface ServiceOptions extends PartsOptions {
  catalogue: Catalogue;
  projections?: readonly Type<Projection>[];
  errands?: readonly Type<Errand>[];
  /** Work with the outside world that is under way besides the errands: an idle platform has none. */
  busy?: readonly Type<{ busy(): Promise<number> }>[];
  /** The generated client; it is injected under its own class and reads only. */
  prisma?: new (options: { adapter: PrismaPg }) => object;
}
const OPTIONS = Symbol('yuzhi.options');

/** What every service is given. Its own module imports this and adds its stores, handlers and queries. */
@Module({})
export class ServiceModule {
  static of(service: string, config: ServiceConfig, options: ServiceOptions): DynamicModule {
    const from = (provide: InjectionToken, pick: (parts: Parts) => unknown): Provider => ({
      provide,
      useFactory: pick,
      inject: [Parts],
    });
    const providers: Provider[] = [
      { provide: Parts, useFactory: () => new Parts(service, config, options) },
      { provide: OPTIONS, useValue: options },
      { provide: CONFIG, useValue: config },
      from(READER, ({ reader }) => reader),
      from(SIDE, ({ side }) => side),
      from(LOG, ({ log }) => log),
      from(LOGGER, ({ logger }) => logger),
      from(PAGER, ({ pager }) => pager),
      from(PlatformClock, ({ reader }) => new PlatformClock(reader)),
      from(Rulebook, ({ rulebook }) => rulebook),
      from(Calendar, ({ calendar }) => calendar),
      from(HeldTables, ({ tables }) => tables),
      from(OwnCommands, ({ log, reader }) => new OwnCommands(service, log, reader)),
    ];
    const own = [CONFIG, READER, SIDE, LOG, LOGGER, PAGER];
    const exports = [...own, PlatformClock, Rulebook, Calendar, HeldTables, OwnCommands];
    const { prisma } = options;
    if (prisma) providers.push(from(prisma, ({ reader }) => openPrisma(prisma, reader)));
    return {
      module: ServiceModule,
      global: true,
      imports: [DiscoveryModule],
      providers,
      exports: [...exports, ...(prisma ? [prisma] : [])],
    };
  }
}

async function openPrisma(client: NonNullable<ServiceOptions['prisma']>, reader: Parts['reader']) {
  const { PrismaPg } = await import('@prisma/adapter-pg');
  return new client({ adapter: new PrismaPg(reader) });
}

export interface RunningService extends Running {
  config: ServiceConfig;
  /** Where its reads are served. */
  url: string;
  runtime: Runtime;
  app: NestFastifyApplication;
  /** Stops taking, finishes the running commit and the open answers, closes everything. */
  stop(): Promise<void>;
}

function createRuntime(app: NestFastifyApplication, parts: Parts, options: ServiceOptions): Runtime {
  const { service, config, log, pager, logger, writer, reader, side, tables, rulebook, calendar } = parts;
  const declared = options.catalogue.declared.filter((d) => d.kind === 'command');
  return new Runtime({
    service,
    topics: [...options.catalogue.topics],
    log,
    pager,
    logger,
    writer,
    reader,
    side,
    handlers: discover(service, declared, app.get(DiscoveryService), app.get(ModuleRef)),
    projections: (options.projections ?? []).map((type) => app.get(type)),
    errands: (options.errands ?? []).map((type) => app.get(type)),
    tables: [tables, rulebook, calendar],
    busy: (options.busy ?? []).map((type) => () => app.get(type).busy()),
    steppable: config.steppable,
    fencedMs: config.sessionTimeoutMs / 3,
    sweepMs: config.sweepMs,
    errandBackOffMs: config.errandBackOffMs,
  });
}

/**
 * Boots a service: listens at once, takes commands when it holds its partitions, its tables and its rules. Knows
 * neither the environment nor what else runs in this process.
 */
export async function startService(module: DynamicModule): Promise<RunningService> {
  let runtime: Runtime | undefined;
  let stopping: Promise<void> | undefined;
  let started = false;
  const unready = ({ rulebook }: Parts) => {
    if (stopping) return 'stopping';
    if (!started) return rulebook.missing.length ? `waiting for rules: ${rulebook.missing.join(', ')}` : 'starting';
    return runtime!.unready();
  };
  const { app, http } = await createHttp(module, (created) => {
    const parts = created.get(Parts);
    return { service: parts.service, logger: parts.logger, unready: () => unready(parts), started: () => started };
  });
  const stop = () => (stopping ??= app.close());
  try {
    const parts = app.get(Parts);
    const options = app.get<ServiceOptions>(OPTIONS);
    const { service, config } = parts;
    runtime = createRuntime(app, parts, options);
    app.connectMicroservice({ strategy: new LogStrategy(runtime) });
    const principals = new Principals(config, parts.tables.of(memberships));
    new Reads(http, principals).register(
      discoverAnswers(service, options.catalogue.declared, app.get(DiscoveryService)),
    );
    registerInternal(http, { secret: config.internalSecret, runtime, reader: parts.reader });
    registerVitals(http, innerDoor(config.internalSecret), service, ownerVitals(runtime, parts.reader));
    closeRoutes(http);
    await app.listen(config.port, config.host);
    await app.startAllMicroservices();
    started = true;
    const { port } = http.server.address() as AddressInfo;
    parts.logger.info({ port }, 'started');
    return { service, config, url: `http://${config.host}:${port}`, runtime, app, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/** A service as a process of its own, until SIGTERM or SIGINT: what its main.ts calls. */
export const runProcess = async (module: DynamicModule): Promise<void> => untilTold(await startService(module));
