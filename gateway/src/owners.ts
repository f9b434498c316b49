import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Filed } from '@yuzhi/database/journal';
import { Denied } from '@yuzhi/chassis/problem';
import { INTERNAL } from '@yuzhi/chassis/internal';

export interface OwnerRequest {
  method: string;
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: Readable | string;
  signal?: AbortSignal;
}

/** How long an owner may be silent. */
const SILENCE_MS = 10_000;

/** The services as this door reaches them, over connections that stay open. */
export class Owners {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 64 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 64 }),
  };
  readonly #urls: Map<string, URL>;

  constructor(
    urls: Record<string, string>,
    private readonly secret: string,
  ) {
    this.#urls = new Map(Object.entries(urls).map(([owner, url]) => [owner, new URL(url)]));
  }

  /** Resolves with the head of the answer. @throws Denied owner-unavailable */
  async request(owner: string, asked: OwnerRequest): Promise<IncomingMessage> {
    const url = this.#urls.get(owner);
    if (!url) throw new Denied('owner-unavailable');
    try {
      return await this.#attempt(url, asked);
    } catch (error) {
      if (!isStale(error) || asked.method !== 'GET') throw new Denied('owner-unavailable');
      // A connection that the owner closed while it was idle says nothing about the owner.
      return await this.#attempt(url, asked).catch(() => {
        throw new Denied('owner-unavailable');
      });
    }
  }

  #attempt({ protocol, hostname, port }: URL, { method, path, headers, body, signal }: OwnerRequest) {
    const { request } = protocol === 'https:' ? https : http;
    const agent = this.#agents[protocol as 'http:' | 'https:'];
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ protocol, hostname, port, method, path, headers, agent, signal }, resolve);
      sent.on('error', (error) => reject(Object.assign(error, { stale: sent.reusedSocket })));
      sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('the owner is silent')));
      if (body === undefined || typeof body === 'string') return sent.end(body);
      body.on('error', (error) => sent.destroy(error)).pipe(sent);
    });
  }

  /** What the owner's inbox knows of these, by the ids of what was asked. */
  async readInbox(owner: string, asked: string[]): Promise<Filed[]> {
    const body = JSON.stringify({ asked });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      [INTERNAL]: this.secret,
    };
    const response = await this.request(owner, { method: 'POST', path: '/internal/outcomes', headers, body });
    const said = await text(response);
    if (response.statusCode !== 200) throw new Denied('owner-unavailable');
    return (JSON.parse(said) as { filed: Filed[] }).filed;
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

const isStale = (error: unknown) =>
  (error as { stale?: boolean }).stale === true && ['ECONNRESET', 'EPIPE'].includes((error as { code: string }).code);

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
];
const NEVER = new Set([...HOP_BY_HOP, 'proxy-connection', 'transfer-encoding', 'host', 'expect']);
const OURS = /^(x-yuzhi-|x-forwarded-|forwarded$)/;
/** What a read needs of its asker, and nothing else. */
const OF_A_READ = ['authorization', 'x-organisation', 'accept', 'accept-language', 'if-none-match'];

export const readHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(OF_A_READ.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));

/** Everything but what belongs to one connection, and what only our own processes may say. */
export function allHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !NEVER.has(name) && !OURS.test(name) && !named.has(name)),
  );
}
