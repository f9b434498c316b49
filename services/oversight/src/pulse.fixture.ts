import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { INTERNAL } from '@yuzhi/chassis/internal';
import type { MemoryBroker } from '@yuzhi/messaging/memory-log';
import type { Pulse } from '@yuzhi/messaging/runtime';

/** How long this service takes for a deadline that is due. */
const HANDLING_MS = 30;

/** Another service as the stepping clock sees it: how far it is, and deadlines that it meets when they are due. */
export class PulsingService {
  #server!: Server;
  #timer: NodeJS.Timeout | undefined;
  #handling: { deadline: number; until: number } | undefined;
  broker: MemoryBroker | undefined;
  deadlines: number[] = [];
  /** What it met, when by its own clock, and what followed from that. */
  met: { deadline: number; now: number }[] = [];
  follows: (deadline: number) => number[] = () => [];
  /** Deadlines that it never gets done with. */
  ignores = new Set<number>();
  busy = 0;
  mode: 'up' | 'unready' | 'silent' = 'up';
  refused = 0;
  url = '';

  private constructor(
    readonly name: string,
    private readonly secret: string,
  ) {}

  static async start(name: string, secret: string): Promise<PulsingService> {
    const service = new PulsingService(name, secret);
    service.#server = createServer((request, response) => {
      if (service.mode === 'silent') return;
      const known = request.url === '/internal/pulse' && request.headers[INTERNAL] === service.secret;
      if (service.mode === 'unready' || !known) {
        service.refused += 1;
        return void response.writeHead(503).end();
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(service.#pulse()));
    });
    await new Promise<void>((go) => service.#server.listen(0, '127.0.0.1', go));
    service.url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`;
    service.#timer = setInterval(() => service.#work(), 5);
    return service;
  }
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#server.closeAllConnections();
    await new Promise((go) => this.#server.close(go));
  }

  /** Offsets of the clock in each partition of this service's commands, in the order in which they came. */
  get offsets(): number[][] {
    const partitions = this.broker?.partitions(`${this.name}.commands`) ?? [];
    return partitions.map(({ records }) =>
      records
        .filter(({ key }) => key === 'clock')
        .map(({ value }) => (JSON.parse(value!) as { offsetMs: number }).offsetMs),
    );
  }
  /** Where its clock has advanced least. */
  get now(): number {
    return Date.now() + Math.min(...this.offsets.map((offsets) => Math.max(0, ...offsets)));
  }
  #pulse(): Pulse {
    const open = this.deadlines.length ? Math.min(...this.deadlines) : null;
    return { waiting: this.busy + (this.#handling ? 1 : 0), now: this.now, earliestDeadline: open, parked: 0 };
  }
  #work(): void {
    if (this.#handling && this.#handling.until > Date.now()) return;
    if (this.#handling) {
      const { deadline } = this.#handling;
      this.deadlines = [...this.deadlines.filter((one) => one !== deadline), ...this.follows(deadline)];
      this.met.push({ deadline, now: this.now });
    }
    const deadline = this.deadlines.toSorted((a, b) => a - b).find((one) => one <= this.now && !this.ignores.has(one));
    this.#handling = deadline === undefined ? undefined : { deadline, until: Date.now() + HANDLING_MS };
  }
}
