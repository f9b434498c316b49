// Whoever means no good, a process of its own. Told by its arguments: what he does, and a plan as a file of JSON. On
// SIGUSR2 it says as one line of JSON what came of it since the last time.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bidder } from './bidders.ts';
import { type Heard, Line } from './line.ts';
import { percentile } from './stats.ts';

export interface AbusePlan {
  host: string;
  port: number;
  /** Of which he knows. */
  lot: string;
  /** Signed in like anybody, and admitted nowhere. */
  bidder: Bidder;
}
export interface Abused {
  tried: number;
  /** Connections that are open now and lead to nothing. */
  held: number;
  /** Connections that the door closed without a word. */
  closed: number;
  /** Answers by status. */
  statuses: Record<string, number>;
  /** Turned away: 429 and 503. Without Retry-After it is not polite. */
  refused: number;
  impolite: number;
  /** Absent when nobody was. */
  refusedP99Ms?: number;
}

const TURNED_AWAY = new Set([429, 503]);

/** What came of it. */
export class Tally {
  readonly #lines = new Set<Line>();
  #tried = 0;
  #closed = 0;
  #statuses: Record<string, number> = {};
  #refusals: Heard[] = [];

  tries(): void {
    this.#tried += 1;
  }
  holds(line: Line): void {
    this.#lines.add(line);
  }
  hears(heard: Heard | undefined): void {
    if (!heard) {
      this.#closed += 1;
      return;
    }
    this.#statuses[heard.status] = (this.#statuses[heard.status] ?? 0) + 1;
    if (TURNED_AWAY.has(heard.status)) this.#refusals.push(heard);
  }
  tell(): Abused {
    for (const line of this.#lines) if (!line.isOpen) this.#lines.delete(line);
    const refusals = this.#refusals;
    const told = {
      tried: this.#tried,
      held: this.#lines.size,
      closed: this.#closed,
      statuses: this.#statuses,
      refused: refusals.length,
      impolite: refusals.filter(({ isPolite }) => !isPolite).length,
      ...(refusals.length && {
        refusedP99Ms: percentile(Float64Array.from(refusals, ({ ms }) => ms).toSorted(), 0.99),
      }),
    };
    [this.#tried, this.#closed, this.#statuses, this.#refusals] = [0, 0, {}, []];
    return told;
  }
}

/** Resolves once it is under way, and then goes on until the process ends. */
type Abuse = (plan: AbusePlan, tally: Tally) => Promise<void>;

const TICK_MS = 10;
/** Does something so many times a second. */
function pace(perSecond: number, act: () => unknown): void {
  const since = performance.now();
  let done = 0;
  setInterval(() => {
    for (const due = ((performance.now() - since) * perSecond) / 1000; done < due; done++) act();
  }, TICK_MS);
}

const headOf = ({ host, lot, bidder }: AbusePlan) =>
  `POST /v1/auctions/${lot}/bids HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${bidder.token}\r\n` +
  `x-organisation: ${bidder.organisation}\r\ncontent-type: application/json\r\n`;

/** Holds a connection of a kind open, and opens it anew whenever it is closed. */
function hold(plan: AbusePlan, tally: Tally, opened: (line: Line) => void): void {
  const line = new Line(plan.host, plan.port);
  tally.tries();
  tally.holds(line);
  line.socket.once('connect', () => opened(line));
  void line.listen().then((heard) => {
    tally.hears(heard);
    line.socket.destroy();
    setTimeout(() => hold(plan, tally, opened), TICK_MS);
  });
}

const SLOW = 1000;
const BYTE_EVERY_MS = 1000;
/** Half of them never end their headers, half never their body: a byte a second of either. */
const slow: Abuse = async (plan, tally) => {
  const dribbling = new Set<Line>();
  for (let i = 0; i < SLOW; i++) {
    const start = i % 2 ? `${headOf(plan)}x-slow: ` : `${headOf(plan)}content-length: 1000\r\n\r\n{"amountFen":"`;
    hold(plan, tally, (line) => {
      line.socket.write(start);
      dribbling.add(line);
    });
  }
  setInterval(() => {
    for (const line of dribbling) {
      if (line.isOpen) line.socket.write('1');
      else dribbling.delete(line);
    }
  }, BYTE_EVERY_MS);
};

const SILENT = 5000;
/** Connections on which nothing is ever said. */
const silent: Abuse = async (plan, tally) => {
  for (let i = 0; i < SILENT; i++) hold(plan, tally, () => {});
};

/** As many as this process may have files open, less some. */
const WATCHERS = 15_000;
const AT_ONCE = 100;
const WATCHERS_PER_SECOND = 2000;
/** Sits in a hall where nothing happens, as often as the door lets him, and goes on trying. */
const watchers: Abuse = async (plan, tally) => {
  const { host, port, lot } = plan;
  const head = `GET /v1/auctions/${lot}/live HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`;
  const turnedAway: Line[] = [];
  const attempt = async (line: Line) => {
    tally.tries();
    const heard = await line.ask(head);
    tally.hears(heard);
    if (heard?.isEndless) tally.holds(line);
    else if (line.isOpen) turnedAway.push(line);
  };
  for (let opened = 0; opened < WATCHERS && !turnedAway.length; opened += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => attempt(new Line(host, port))));
  }
  pace(WATCHERS_PER_SECOND, () => {
    const line = turnedAway.pop();
    if (line) void attempt(line);
  });
};

const FLOOD_LINES = 64;
const FLOOD_PER_SECOND = 2000;
/** One bidder quotes ten times as often as he may, on one lot. */
const flood: Abuse = async (plan, tally) => {
  const body = '{"amountFen":"100"}';
  const text = `${headOf(plan)}content-length: ${body.length}\r\n\r\n${body}`;
  const idle = Array.from({ length: FLOOD_LINES }, () => new Line(plan.host, plan.port));
  pace(FLOOD_PER_SECOND, () => {
    const line = idle.pop();
    if (!line) return;
    tally.tries();
    void line.ask(text).then((heard) => {
      tally.hears(heard);
      idle.push(line.isOpen ? line : new Line(plan.host, plan.port));
    });
  });
};

const HEADERS_BYTES = 20_000;
const HEADERS_PER_SECOND = 200;
/** Requests whose headers are larger than any honest one's. */
const headers: Abuse = async (plan, tally) => {
  const text = `${headOf(plan)}x-large: ${'x'.repeat(HEADERS_BYTES)}\r\n\r\n`;
  pace(HEADERS_PER_SECOND, () => {
    const line = new Line(plan.host, plan.port);
    tally.tries();
    void line.ask(text).then((heard) => {
      tally.hears(heard);
      line.socket.destroy();
    });
  });
};

export const ABUSES = { slow, silent, watchers, flood, headers } satisfies Record<string, Abuse>;
export type AbuseName = keyof typeof ABUSES;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, file] = process.argv.slice(2) as [AbuseName, string];
  const tally = new Tally();
  await ABUSES[name](JSON.parse(readFileSync(file, 'utf8')) as AbusePlan, tally);
  process.on('SIGUSR2', () => console.log(JSON.stringify(tally.tell())));
  console.log(JSON.stringify(tally.tell()));
}
