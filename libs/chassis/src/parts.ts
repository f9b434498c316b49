import { openPool } from '@yuzhi/database/journal';
import { HeldTable } from '@yuzhi/messaging/held-table';
import type { Log } from '@yuzhi/messaging/log';
import type { Pager } from '@yuzhi/messaging/replies';
import type { Table } from '@yuzhi/protocol/declare';
import { memberships } from '@yuzhi/protocol/identity';
import { type Logger, logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import pg from 'pg';
import { openLog, openPager, type ServiceConfig } from './config.ts';
import { Calendar, Rulebook } from './rulebook.ts';

/** The compacted topics that this process holds in memory. */
export class HeldTables {
  readonly #held = new Map<string, HeldTable>();

  constructor(tables: readonly Table[]) {
    for (const table of tables) this.#held.set(table.type, new HeldTable(table));
  }
  /** @throws TypeError when the service did not say that it needs the table */
  of<T extends Table>(table: T): HeldTable<T> {
    const held = this.#held.get(table.type);
    if (!held) throw new TypeError(`${table.type} is not among the tables of this service`);
    return held as unknown as HeldTable<T>;
  }
  async start(log: Log): Promise<void> {
    await Promise.all([...this.#held.values()].map((held) => held.start(log)));
  }
}

export interface PartsOptions {
  /** The rules it cannot start without. */
  rules?: readonly string[];
  /** Compacted topics it holds besides the memberships, the rules and the calendar. */
  tables?: readonly Table[];
}

/** What one service holds open: nothing of it is shared with another service of the same process. */
export class Parts {
  readonly logger: Logger;
  readonly log: Log;
  readonly pager: Pager;
  /** The committer's: nobody else gets it. */
  readonly writer: pg.Pool;
  readonly reader: pg.Pool;
  readonly side: pg.Pool;
  readonly tables: HeldTables;
  readonly rulebook: Rulebook;
  readonly calendar = new Calendar();
  readonly #unprobe: () => void;

  constructor(
    readonly service: string,
    readonly config: ServiceConfig,
    { rules = [], tables = [] }: PartsOptions,
  ) {
    this.logger = logger(service, config.logLevel);
    this.log = openLog(service, config);
    this.pager = openPager(config);
    this.writer = open(service, config.writerUrl, 2, BY_KEY);
    this.reader = open(service, config.readerUrl, 8);
    this.side = open(service, config.sideUrl, 4);
    this.tables = new HeldTables([memberships, ...tables]);
    this.rulebook = new Rulebook(rules, this.logger);
    this.#unprobe = probes.add(`${service} pools`, () => this.#countConnections());
  }
  #countConnections(): void {
    const { service, writer, reader, side } = this;
    for (const [pool, { waitingCount, totalCount }] of Object.entries({ writer, reader, side })) {
      metrics.poolWaiting.of({ service, pool }).set(waitingCount);
      metrics.poolOpen.of({ service, pool }).set(totalCount);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unprobe();
    await Promise.all([this.writer, this.reader, this.side].map((pool) => pool.end()));
  }
}

/**
 * A commit finds its rows by their keys. A plan made while a table was empty, as each new day of the inbox is, would
 * read all of it, until its statistics say how it has grown.
 */
const BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** Whoever stops in the middle of a transaction keeps its locks, and the server its old rows, no longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;

const open = (service: string, connectionString: string, max: number, options?: string) =>
  openPool(() => {
    const limits = { connectionTimeoutMillis: 5000, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS };
    const common = { connectionString, max, application_name: service, ...limits };
    return new pg.Pool(options ? { ...common, options } : common);
  });
