// The open loop, a process of its own: requests leave at a constant rate whatever the answers do, and a latency counts
// from the moment its request was meant to leave. Its plan is a file of JSON; it ends as one line of JSON.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type QuotePlan, quotes } from './quotes.ts';
import { percentile } from './stats.ts';

export interface SteadyPlan extends QuotePlan {
  port: number;
  perSecond: number;
  seconds: number;
  connections: number;
  /** Seconds at the beginning that are not counted. */
  warmSeconds: number;
}
export interface Steady {
  sent: number;
  accepted: number;
  /** With those that are not counted. */
  acceptedInAll: number;
  /** By status and code. */
  others: Record<string, number>;
  unanswered: number;
  seconds: number;
  latencyMs: [number, number][];
  /** Those that were turned away, and the 99th percentile of how long that took once they had left, ms. */
  shed: { count: number; p99Ms: number };
  /** Of each second: answers and their median, ms. */
  timeline: { answers: number; medianMs: number }[];
}

/** The door turned it away, before anybody decided anything. */
const SHED = new Set([429, 503]);
/** How long answers are waited for once the last request has left. */
const LAST_MS = 3500;
const SHARES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99];

interface Connection {
  socket: Socket;
  due: number;
  sentAt: number;
  read: string;
}

/** The status and body of an answer, once all of it is there. Of bytes, each a character: lengths are of bytes too. */
export function wholeAnswer(text: string): { status: number; body: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1] ?? 0);
  const body = text.slice(end + 4);
  return body.length < length ? undefined : { status: Number(text.slice(9, 12)), body };
}

class OpenLoop {
  readonly #idle: Connection[] = [];
  readonly #late: number[] = [];
  readonly #latencies: { ms: number; second: number }[] = [];
  readonly #shedMs: number[] = [];
  readonly #requests: Generator<string, never>;
  readonly #others: Record<string, number> = {};
  #started = 0;
  #sent = 0;
  #answered = 0;
  #accepted = 0;
  #acceptedInAll = 0;

  constructor(private readonly plan: SteadyPlan) {
    this.#requests = quotes(plan);
  }

  async run(): Promise<Steady> {
    const { connections, seconds, perSecond } = this.plan;
    await Promise.all(Array.from({ length: connections }, () => this.#open()));
    this.#started = performance.now();
    const wanted = Math.floor(seconds * perSecond);
    while (this.#answered < wanted && performance.now() < this.#started + seconds * 1000 + LAST_MS) {
      const due = Math.min(wanted, Math.floor(((performance.now() - this.#started) * perSecond) / 1000));
      for (; this.#sent < due; this.#sent++) this.#send(this.#started + (this.#sent * 1000) / perSecond);
      await new Promise((go) => setTimeout(go, 1));
    }
    return this.#result();
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.plan.port, host: '127.0.0.1' }, resolve);
      const connection = { socket, due: 0, sentAt: 0, read: '' };
      socket.setNoDelay(true);
      socket.setEncoding('latin1').on('data', (text: string) => this.#read(connection, text));
      socket.once('error', reject);
      this.#idle.push(connection);
    });
  }
  #send(due: number): void {
    const connection = this.#idle.pop();
    if (connection) this.#write(connection, due);
    else this.#late.push(due);
  }
  #write(connection: Connection, due: number): void {
    connection.due = due;
    connection.sentAt = performance.now();
    connection.socket.write(this.#requests.next().value, 'latin1');
  }
  #read(connection: Connection, text: string): void {
    connection.read += text;
    const answer = wholeAnswer(connection.read);
    if (!answer) return;
    connection.read = '';
    this.#take(answer, connection);
    const late = this.#late.shift();
    if (late === undefined) this.#idle.push(connection);
    else this.#write(connection, late);
  }
  #take({ status, body }: { status: number; body: string }, { due, sentAt }: Connection): void {
    this.#answered += 1;
    if (status === 200) this.#acceptedInAll += 1;
    if (due < this.#started + this.plan.warmSeconds * 1000) return;
    const now = performance.now();
    if (SHED.has(status)) this.#shedMs.push(now - sentAt);
    this.#latencies.push({ ms: now - due, second: Math.floor((due - this.#started) / 1000) });
    if (status === 200) {
      this.#accepted += 1;
      return;
    }
    const said = `${status} ${/"code":"([\w-]+)"/.exec(body)?.[1] ?? '?'}`;
    this.#others[said] = (this.#others[said] ?? 0) + 1;
  }

  #result(): Steady {
    const { warmSeconds, seconds, perSecond } = this.plan;
    const sorted = Float64Array.from(this.#latencies, ({ ms }) => ms).toSorted();
    const bySecond = Map.groupBy(this.#latencies, ({ second }) => second);
    const sent = Math.floor((seconds - warmSeconds) * perSecond);
    return {
      sent,
      accepted: this.#accepted,
      acceptedInAll: this.#acceptedInAll,
      others: this.#others,
      unanswered: Math.max(0, sent - sorted.length),
      seconds: seconds - warmSeconds,
      latencyMs: SHARES.map((share) => [share, percentile(sorted, share / 100)]),
      shed: { count: this.#shedMs.length, p99Ms: percentile(Float64Array.from(this.#shedMs).toSorted(), 0.99) },
      timeline: [...bySecond.values()].map((of) => ({
        answers: of.length,
        medianMs: percentile(
          of.map(({ ms }) => ms).toSorted((a, b) => a - b),
          0.5,
        ),
      })),
    };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SteadyPlan;
  console.log(JSON.stringify(await new OpenLoop(plan).run()));
  process.exit(0);
}
