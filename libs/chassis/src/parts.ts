import { openPool } from '@yuzhi/database/journal';
import { HeldTable } from '@yuzhi/messaging/held-table';
import type { Log } from '@yuzhi/messaging/log';
import type { Pager } from '@yuzhi/messaging/replies';
import type { Table } from '@yuzhi/protocol/declare';
import { memberships } from '@yuzhi/protocol/identity';
import { type Logger, logger } from '@yuzhi/telemetry/logging';
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

  constructor(
    readonly service: string,
    readonly config: ServiceConfig,
    { rules = [], tables = [] }: PartsOptions,
  ) {
    this.logger = logger(service, config.logLevel);
    this.log = openLog(service, config);
    this.pager = openPager(config);
    this.writer = open(service, config.writerUrl, 2);
    this.reader = open(service, config.readerUrl, 8);
    this.side = open(service, config.sideUrl, 4);
    this.tables = new HeldTables([memberships, ...tables]);
    this.rulebook = new Rulebook(rules, this.logger);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.writer, this.reader, this.side].map((pool) => pool.end()));
  }
}

const open = (service: string, connectionString: string, max: number) =>
  openPool(() => new pg.Pool({ connectionString, max, application_name: service, connectionTimeoutMillis: 5000 }));
