import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { permit, type Principals } from '@yuzhi/chassis/principals';
import { Denied, parseInput } from '@yuzhi/chassis/problem';
import { strict } from '@yuzhi/chassis/strict';
import { liveChannel, type LiveItems, liveTopic, type Pager } from '@yuzhi/messaging/replies';
import type { Declared, Stream } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AnswerTimes } from './answer-times.ts';
import { Channel, end, eventsOf, type Filled, heartbeat, PAGE, said, type Watcher } from './channel.ts';
import { type Owners, readHeaders } from './owners.ts';

export interface StreamsParts {
  http: FastifyInstance;
  pager: Pager;
  owners: Owners;
  principals: Principals;
  heartbeatMs: number;
  watchersMax: number;
}
interface Open {
  channel: Channel;
  service: string;
  /** Of callers who asked something of what is shown here. */
  answers: AnswerTimes;
}
/** To what one service says of all its channels, for as long as somebody watches one of them. */
interface Listening {
  channels: number;
  begun: Promise<() => Promise<void>>;
}

const After = z.coerce.number().int().min(0);

/** Live streams: server-sent events with rising numbers, resumed where they broke off. */
export class Streams {
  readonly #open = new Map<string, Open>();
  /** Types of streams by the service that shows them. */
  readonly #types = new Map<string, string[]>();
  readonly #listening = new Map<string, Listening>();
  readonly #timer: NodeJS.Timeout;
  #watching = 0;
  #closing = false;

  constructor(private readonly parts: StreamsParts) {
    this.#timer = setInterval(() => {
      for (const { channel } of this.#open.values()) void channel.beat();
    }, parts.heartbeatMs);
    parts.http.addHook('preClose', (done) => {
      this.close();
      done();
    });
  }

  register(declared: readonly Declared[]): void {
    for (const d of declared) {
      if (d.kind !== 'stream') continue;
      const params = strict(d.params);
      const path = d.route.slice('GET '.length);
      this.#types.set(d.service, [...(this.#types.get(d.service) ?? []), d.type]);
      const config = { endless: true };
      this.parts.http.get(path, { config }, (request, reply) => this.#watch(d, params, request, reply));
    }
  }
  /** Who watches which channel, the most watched first, and how long callers waited for what is shown there. */
  watching(limit: number): { channel: string; watchers: number; answers: number[] }[] {
    const all = [...this.#open].toSorted(([, a], [, b]) => b.channel.guests - a.channel.guests).slice(0, limit);
    return all.map(([name, { channel, answers }]) => ({
      channel: name,
      watchers: channel.guests,
      answers: answers.counts(),
    }));
  }
  /** Somebody waited so long for what he asked of an aggregate: it is counted where that is watched. */
  answered(service: string, key: string, waitedMs: number, now: number): void {
    if (!this.#open.size) return;
    for (const type of this.#types.get(service) ?? []) {
      this.#open.get(liveChannel(type, key))?.answers.add(waitedMs, now);
    }
  }
  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    for (const { channel } of this.#open.values()) channel.close();
  }

  async #watch(stream: Stream, params: z.ZodType, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const asker = await this.parts.principals.of(request.headers);
    permit(stream.permission, asker?.principal);
    if (this.#closing) throw new Denied('owner-unavailable');
    if (this.#watching >= this.parts.watchersMax) throw new Denied('overloaded');
    const { after: asked, ...query } = request.query as Record<string, string>;
    const wanted = parseInput(params, { ...query, ...(request.params as object) }) as Record<string, string>;
    const resumed = request.headers['last-event-id'] ?? asked;
    const after = resumed === undefined ? undefined : parseInput(After, resumed, ['after']);
    const path = `${request.url.split('?')[0]}?${new URLSearchParams(query).toString()}`;
    const watcher: Watcher = {
      response: reply.raw,
      last: 0,
      path,
      headers: readHeaders(request.headers),
      expiresAt: asker?.expiresAt ?? Infinity,
    };
    this.#watching += 1;
    const counted = metrics.watchers.of({ stream: stream.type });
    counted.add(1);
    const name = liveChannel(stream.type, wanted[stream.key]!);
    const open = this.#enter(name, stream);
    reply.raw.once('close', () => {
      this.#watching -= 1;
      counted.add(-1);
      this.#leave(name, open, watcher);
    });
    await this.#begin(open, stream, watcher, after, reply);
    return reply;
  }

  #enter(name: string, stream: Stream): Open {
    let open = this.#open.get(name);
    if (!open) {
      const channel = new Channel({
        fill: (watcher, after, limit) => this.#fill(stream, watcher, after, limit),
        read: (item) => stream.item.safeParse(item).data,
      });
      this.#open.set(name, (open = { channel, service: stream.service, answers: new AnswerTimes() }));
      this.#listenTo(stream.service).channels += 1;
    }
    open.channel.guests += 1;
    return open;
  }
  #leave(name: string, open: Open, watcher: Watcher): void {
    open.channel.watchers.delete(watcher);
    if (--open.channel.guests > 0) return;
    this.#open.delete(name);
    open.channel.close();
    const listening = this.#listening.get(open.service)!;
    if (--listening.channels > 0) return;
    this.#listening.delete(open.service);
    void listening.begun.then((unsubscribe) => unsubscribe());
  }
  #listenTo(service: string): Listening {
    let listening = this.#listening.get(service);
    if (!listening) {
      const begun = this.parts.pager.subscribe(liveTopic(service), (heard: LiveItems[]) => {
        for (const { channel, items } of heard) this.#open.get(channel)?.channel.hear(items);
      });
      this.#listening.set(service, (listening = { channels: 0, begun }));
    }
    return listening;
  }

  /** From the first question to the owner, which says whether this asker may watch at all, to being live. */
  async #begin(open: Open, stream: Stream, watcher: Watcher, after: number | undefined, reply: FastifyReply) {
    await this.#listening.get(open.service)?.begun;
    let page = await this.#fill(stream, watcher, after ?? 0, after === undefined ? 0 : PAGE);
    const { response } = watcher;
    watcher.last = Math.min(after ?? page.head, page.head);
    reply.hijack();
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${1000 + Math.round(Math.random() * 1000)}\n\n`);
    try {
      for (;;) {
        await send(watcher, page);
        if (response.destroyed || this.#closing) break;
        if (page.items.length < PAGE && open.channel.attach(watcher, watcher.last)) break;
        page = await this.#fill(stream, watcher, watcher.last, PAGE);
      }
    } catch {
      // The stream has begun, so no problem can be told any more: the watcher comes again and resumes.
      return end(response);
    }
    if (this.#closing) end(response);
    else response.write(heartbeat(watcher.last, watcher.last));
  }

  async #fill({ service }: Stream, { path, headers }: Pick<Watcher, 'path' | 'headers'>, after: number, limit: number) {
    const url = `${path}${path.endsWith('?') ? '' : '&'}after=${after}&limit=${limit}`;
    const response = await this.parts.owners.request(service, { method: 'GET', path: url, headers });
    const body = await text(response);
    if (response.statusCode === 200) return JSON.parse(body) as Filled;
    const { code, ...more } = JSON.parse(body) as { code: string };
    throw new Denied(code in platformRefusals ? (code as keyof typeof platformRefusals) : 'owner-unavailable', more);
  }
}

/** As fast as the watcher reads. */
async function send(watcher: Watcher, { items }: Filled): Promise<void> {
  const fresh = items.filter(({ seq }) => seq > watcher.last);
  if (!fresh.length) return;
  const { response } = watcher;
  watcher.last = fresh.at(-1)!.seq;
  if (response.write(eventsOf(fresh.map(said))) || response.destroyed) return;
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
}
