import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';

export interface Delivered {
  body: string;
  headers: IncomingHttpHeaders;
}

/** A webhook's receiver, which answers with what it is told to. */
export class Receiver {
  readonly received: Delivered[] = [];
  /** Statuses for the next deliveries; 200 when there are none left. */
  readonly answers: number[] = [];
  private server: Server | undefined;
  private waiting: (() => void)[] = [];

  async start(port = 0): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.received.push({ body: Buffer.concat(chunks).toString(), headers: request.headers });
        response.writeHead(this.answers.shift() ?? 200).end();
        for (const wake of this.waiting.splice(0)) wake();
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** Waits until so many deliveries have come. The test's own time limit ends it when they do not. */
  async until(count: number): Promise<Delivered[]> {
    while (this.received.length < count) await new Promise<void>((wake) => this.waiting.push(wake));
    return this.received;
  }

  types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as Stripe.Event).type);
  }
}
