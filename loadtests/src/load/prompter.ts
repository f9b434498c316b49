import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Calendar, DealDays } from './calendar.ts';
import type { Token } from './given.ts';

/** A token is not used any more so long before its end. */
const MARGIN_MS = 15_000;
const BODY_MAX = 10_000;
const KEPT_ALIVE_MS = 3_600_000;

/** Gives a token of whoever signs in under this login name. */
export type Tokens = ReadonlyMap<string, () => Promise<string>>;

export interface Prompter {
  url: string;
  close(): Promise<void>;
}

/** A token, and until when it may be used by its own word. */
export async function drawToken(get: () => Promise<string>): Promise<Token> {
  const token = await get();
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp: number };
  return { token, until: exp * 1000 - MARGIN_MS };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_MAX) throw new RangeError('too long');
  }
  return text;
}

/** What k6 cannot do by itself: sign in as a browser does, and agree about the clock. On loopback only. */
export async function startPrompter(tokens: Tokens, calendar: Calendar): Promise<Prompter> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, what, name = ''] = (request.url ?? '').split('/');
    if (what === 'calendar' && request.method === 'POST') {
      const days = DealDays.parse(JSON.parse(await read(request)));
      calendar.note(days);
      if (days.actsBefore !== undefined) await calendar.still();
      if (days.waitsUntil !== undefined) await calendar.reached(days.waitsUntil);
      response.writeHead(204).end();
      return;
    }
    const get = what === 'tokens' ? tokens.get(decodeURIComponent(name)) : undefined;
    if (!get) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await drawToken(get)));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end((error as Error).message));
  });
  // A deal says nothing for minutes, and a connection that ends just then would take its next word along.
  server.keepAliveTimeout = KEPT_ALIVE_MS;
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((go) => {
        server.close(() => go());
        server.closeAllConnections();
      }),
  };
}
