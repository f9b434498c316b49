import { randomUUID } from 'node:crypto';
import { newPatent } from '@yuzhi/patent-office/patent.fixture';
import { startPatentOffice } from '@yuzhi/patent-office/start-patent-office';
import type { NewPatent } from '@yuzhi/patent-office/wire';
import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { Client } from 'pg';
import { SELLER } from './register.fixture.ts';

interface Summary {
  head: number;
  filingCount: number;
  faults: { left: number };
}

/** The simulated office with a database of its own; it may be away for a while. */
export class Office {
  #running: Awaited<ReturnType<typeof startPatentOffice>> | undefined;
  #serial = 1;
  url = '';

  private constructor(
    private readonly adminUrl: string,
    private readonly databaseUrl: string,
  ) {}

  static async open(adminUrl = process.env['DATABASE_URL']!): Promise<Office> {
    const url = new URL(adminUrl);
    url.pathname = `/test_office_${randomUUID().replaceAll('-', '')}`;
    const office = new Office(adminUrl, url.toString());
    await office.#sql(`create database ${url.pathname.slice(1)}`);
    await office.back();
    return office;
  }
  async #sql(text: string): Promise<void> {
    const client = new Client({ connectionString: this.adminUrl });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }
  /** Opens again at the address that it had. */
  async back(): Promise<void> {
    this.#running = await startPatentOffice({
      databaseUrl: this.databaseUrl,
      port: Number(new URL(this.url || 'http://x:0').port),
    });
    this.url = this.#running.url;
  }
  async away(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }
  async close(): Promise<void> {
    await this.away();
    await this.#sql(`drop database ${new URL(this.databaseUrl).pathname.slice(1)} with (force)`);
  }

  async control<T = unknown>(path: string, body?: object): Promise<T> {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/_office${path}`, body ? post : {});
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  /** Somebody files a transfer without us. Answers the office's reference. */
  async file(number: string, from: string, to: string): Promise<string> {
    const party = (id: string) => [{ party: id, name: id }];
    const transfer = { kind: 'transfer', reference: randomUUID(), number, contractSha256: '0'.repeat(64) };
    const response = await fetch(`${this.url}/filings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...transfer, from: party(from), to: party(to) }),
    });
    return ((await response.json()) as { id: string }).id;
  }
  summary = () => this.control<Summary>('/summary');

  /** A number that is on no register yet. */
  freshNumber = () => demonstrationNumber(2021, 'invention', this.#serial++);
  /** Puts a patent of the seller on the register, all its annuities paid. Answers its number. */
  async grant(more: Partial<NewPatent> = {}): Promise<string> {
    const owners = [{ party: SELLER, name: '演示数据·中原大学' }];
    const patent = newPatent({ number: this.freshNumber(), owners, annuity: { paidThroughYear: 20 }, ...more });
    await this.control('/patents', { patents: [patent] });
    return patent.number;
  }
}
