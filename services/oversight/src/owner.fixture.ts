import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { INTERNAL, type Replayed } from '@yuzhi/chassis/internal';
import type { Vitals } from '@yuzhi/chassis/vitals';

/** Another process as ops people see it: what it tells of itself, and what it was asked to send again. */
export class TellingOwner {
  #server!: Server;
  url = '';
  mode: 'up' | 'away' = 'up';
  /** Looks that were answered. */
  looks = 0;
  /** What was asked for, in order, and what to answer to each. */
  asked: { path: string; body: unknown }[] = [];
  answers: (Replayed | { discarded: number })[] = [];

  private constructor(
    readonly vitals: Vitals,
    private readonly secret: string,
  ) {}

  static async start(vitals: Vitals, secret: string): Promise<TellingOwner> {
    const owner = new TellingOwner(vitals, secret);
    owner.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const known = request.headers[INTERNAL] === owner.secret && owner.mode === 'up';
        if (!known) return response.writeHead(503).end();
        response.setHeader('content-type', 'application/json');
        return response.end(JSON.stringify(owner.#answer(request.url!, body)));
      });
    });
    await new Promise<void>((go) => owner.#server.listen(0, '127.0.0.1', go));
    owner.url = `http://127.0.0.1:${(owner.#server.address() as AddressInfo).port}`;
    return owner;
  }
  #answer(path: string, body: string): unknown {
    if (path === '/internal/vitals') {
      this.looks += 1;
      return this.vitals;
    }
    this.asked.push({ path, body: JSON.parse(body) as unknown });
    return this.answers.shift() ?? { replayed: 0, stillPoisoned: null };
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((go) => this.#server.close(go));
  }
}
