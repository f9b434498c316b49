import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { LogRecord } from '@yuzhi/messaging/log';
import type { Platform } from './platform.ts';
import { type Member, MEMBERS } from './shapes.ts';

export interface Rehearsal {
  url: string;
  /** From now on what is asked concerns this platform. */
  attach(platform: Platform): void;
  close(): Promise<void>;
}

/** Where the log of the platform is. */
export interface RehearsalLog {
  brokers: string[];
  prefix: string;
}

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
}
interface OtlpTraces {
  resourceSpans?: { scopeSpans?: { spans?: Span[] }[] }[];
}

/** Spans that are kept; the oldest go first. */
const SPANS_MAX = 100_000;
/** What of the metrics tells which refusals and process moves were reached. */
const COUNTERS = ['refusals_total', 'process_moves_total', 'commands_decided_total'];
const REACHED = new RegExp(`^yuzhi_(${COUNTERS.join('|')})\\{([^}]*)\\} (\\d+)$`, 'gm');
const ASKED = COUNTERS.map((name) => `name[]=yuzhi_${name}`).join('&');

/** What every process of the platform counts, as far as it was counted since this was last asked. */
class Reached {
  readonly #before = new Map<string, number>();

  async since({ metricsUrls }: Platform): Promise<string[]> {
    const texts = await Promise.all(
      metricsUrls().map(async (url) => [url, await (await fetch(`${url}?${ASKED}`)).text()] as const),
    );
    const risen = new Set<string>();
    for (const [url, text] of texts) {
      for (const [, name, labels, digits] of text.matchAll(REACHED)) {
        const key = `${name} ${labels}`;
        const [place, count] = [`${url} ${key}`, Number(digits)];
        const before = this.#before.get(place) ?? 0;
        // A process that was killed begins anew.
        if (count > before || (count > 0 && count < before)) risen.add(key);
        this.#before.set(place, count);
      }
    }
    return [...risen];
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * What only tests may do to a platform from outside, on loopback: kill a member, write to its log what no door lets in,
 * see what was reached, and read the spans that were exported here over OTLP.
 */
export async function startRehearsal({ brokers, prefix }: RehearsalLog): Promise<Rehearsal> {
  let platform: Platform | undefined;
  let log: KafkaLog | undefined;
  let spans: Span[] = [];
  const reached = new Reached();
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const [, act, member] = pathname.split('/');
    if (pathname === '/v1/traces') {
      const sent = JSON.parse(await read(request)) as OtlpTraces;
      spans.push(...(sent.resourceSpans ?? []).flatMap((r) => (r.scopeSpans ?? []).flatMap((s) => s.spans ?? [])));
      spans = spans.slice(-SPANS_MAX);
      return {};
    }
    if (act === 'spans') return spans.filter(({ traceId }) => traceId === searchParams.get('trace'));
    if (!platform) return undefined;
    if (act === 'reached') return reached.since(platform);
    if (request.method === 'POST' && act === 'records') {
      log ??= new KafkaLog({ brokers, prefix, clientId: 'rehearsal', sessionTimeoutMs: 6000 });
      await log.send([JSON.parse(await read(request)) as LogRecord]);
      return { written: true };
    }
    if (request.method !== 'POST' || act !== 'crash' || !MEMBERS.includes(member as Member)) return undefined;
    const restarted = platform.crash(member as Member);
    const killedAt = Date.now();
    await restarted;
    return { crashed: member, killedAt };
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (body) =>
        response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {})),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attach: (attached) => (platform = attached),
    close: async () => {
      await log?.close();
      await new Promise<void>((go) => {
        server.close(() => go());
        server.closeAllConnections();
      });
    },
  };
}
