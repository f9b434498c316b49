import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { command, download, form, query, refusal, stream, upload } from './declare.ts';
import { platformRefusals } from './platform.ts';
import { problem } from './problem.ts';
import { Refused, Undecided } from './refused.ts';

const tooLow = refusal(422, ['低于最低价', 'The bid is too low.'], ['请提高报价', 'Bid more.']);
const words = { summary: { zh: '报价', en: 'Bid' }, permission: 'anyone' } as const;
const bid = command('bidding.auction.bid.v1', {
  ...words,
  route: 'POST /v1/auctions/:saleId/bids',
  key: 'saleId',
  keyType: z.string(),
  data: z.object({ priceFen: z.string() }),
  answer: z.object({ paddle: z.number() }),
  rejections: { 'bid-too-low': tooLow },
});
const open = command('bidding.auction.open.v1', {
  ...words,
  route: 'POST /v1/auctions',
  key: 'saleId',
  keyType: z.string(),
  data: z.object({}),
  answer: z.object({ saleId: z.string() }),
  rejections: {},
});
const wake = command('bidding.auction.wake.v1', { ...open, route: undefined });
const list = query('bidding.auction.list.v1', {
  ...words,
  route: 'GET /v1/parties/:party/auctions',
  params: z.object({ party: z.string(), status: z.array(z.string()).optional(), after: z.string().optional() }),
  answer: z.object({ items: z.array(z.string()) }),
});
const hall = stream('bidding.auction.live.v1', {
  ...words,
  route: 'GET /v1/auctions/:saleId/live',
  params: z.object({ saleId: z.string() }),
  key: 'saleId',
  item: z.object({ priceFen: z.string() }),
});
const pdf = download('contracts.deal.pdf.v1', {
  ...words,
  route: 'GET /v1/deals/:saleId/contract.pdf',
  params: z.object({ saleId: z.string() }),
  mediaType: 'application/pdf',
});
const verify = upload('contracts.deal.verify.v1', {
  ...words,
  route: 'POST /v1/verifications',
  params: z.object({}),
  answer: z.object({ valid: z.boolean() }),
  rejections: {},
  limit: 1000,
});
const signUp = form('identity.person.sign-up.v1', {
  ...words,
  route: 'POST /v1/people',
  params: z.object({}),
  body: z.object({ password: z.string() }),
  answer: z.object({ person: z.string() }),
  rejections: {},
  limit: 1000,
});

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
type Answer = (response: ServerResponse, seen: Seen) => void;

let server: Server;
let seen: Seen[];
let answers: Answer[];
let baseUrl: string;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const refuse = (code: keyof typeof platformRefusals) =>
  json(platformRefusals[code].status, problem(code, platformRefusals[code]));
const cut: Answer = (response) => void response.socket!.destroy();
const hang: Answer = () => {};
/** Writes the pieces one by one, then ends the connection, or leaves it open. */
const live =
  (pieces: string[], end = true): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    pieces.forEach((piece, n) => setTimeout(() => response.write(piece), 5 * n));
    if (end) setTimeout(() => response.end(), 5 * pieces.length);
  };
/** The items up to a number, as one event. */
const item = (seq: number, first = seq) => {
  const items = Array.from({ length: seq - first + 1 }, (_, i) => ({ priceFen: `${first + i}00` }));
  return `id: ${seq}\ndata: ${JSON.stringify(items)}\n\n`;
};

const client = (options: Partial<ClientOptions> = {}): Client => createClient({ baseUrl, ...options });
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );

/** Takes the first items of the hall, then ends the stream as a caller does. */
async function take(count: number, of: Client = client(), after?: number): Promise<unknown[]> {
  const taken = [];
  for await (const one of of.follow(hall, { saleId: 's' }, { after })) {
    taken.push(one);
    if (taken.length === count) break;
  }
  return taken;
}

/** `answers` are given in their order; the last one stays. */
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      answer(response, one);
    });
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((go) => server.close(go));
});

describe('a command', () => {
  it('puts the id into the route, the rest into the body, and says who acts', async () => {
    answers = [json(200, { paddle: 3 })];
    const signedIn = client({ token: async () => 'a.b.c', organisation: '91410100170000000X' });
    expect(await signedIn.send(bid, { saleId: 'a/b', priceFen: '100' }, { idempotencyKey: 'k' })).toEqual({
      paddle: 3,
    });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/auctions/a%2Fb/bids', body: '{"priceFen":"100"}' });
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Bearer a.b.c',
      'content-type': 'application/json',
      'idempotency-key': 'k',
      'x-organisation': '91410100170000000X',
    });
  });

  it('asks for exactly what its declaration asks for', async () => {
    answers = [json(200, {})];
    // @ts-expect-error the route needs saleId
    await expect(client().send(bid, { priceFen: '1' })).rejects.toThrow('POST /v1/auctions/:saleId/bids needs saleId');
    // @ts-expect-error an amount is a string of digits
    await client().send(bid, { saleId: 's', priceFen: 1 });
    // @ts-expect-error misspelt
    await client().send(bid, { saleId: 's', priceFen: '1', pricefen: '1' });
    // @ts-expect-error the id is minted
    await client().send(open, { saleId: 's' });
    await expect(client().send(wake, {})).rejects.toThrow('has no route');
  });

  it('that is answered 202 resolves with the outcome of its operation', async () => {
    const operation = '/v1/operations/bidding/s/k';
    const undecided = json(202, { status: 202, code: 'not-decided-yet' });
    answers = [
      json(202, { operation }, { location: operation }),
      undecided,
      undecided,
      json(200, { status: 201, code: 'done', body: { saleId: 's' } }),
    ];
    expect(await client().send(open, {})).toEqual({ saleId: 's' });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/auctions',
      ...Array<string>(3).fill(`GET ${operation}`),
    ]);
  });

  it('that was refused after a 202 is refused in the words of the catalogue', async () => {
    answers = [
      json(202, {}, { location: '/v1/operations/bidding/s/k' }),
      json(200, { status: 422, code: 'bid-too-low', body: { nextFen: '200' } }),
    ];
    const refused = await failure(client().send(bid, { saleId: 's', priceFen: '1' }));
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ code: 'bid-too-low', status: 422, next: tooLow.next, body: { nextFen: '200' } });
    expect((refused as Refused).words).toEqual({ zh: '低于最低价', en: 'The bid is too low.' });
  });

  it('that is refused at once throws what the problem says', async () => {
    answers = [json(422, problem('bid-too-low', tooLow, { nextFen: '200' }))];
    const refused = await failure(client().send(bid, { saleId: 's', priceFen: '1' }));
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ code: 'bid-too-low', status: 422, words: { zh: '低于最低价' }, next: tooLow.next });
    expect((refused as Refused).body['nextFen']).toBe('200');
    expect(seen).toHaveLength(1);
  });

  it('is repeated with the same key while the log does not answer or the connection is lost', async () => {
    answers = [
      refuse('log-unavailable'),
      cut,
      (response) => response.writeHead(502).end('<html>'),
      json(200, { paddle: 1 }),
    ];
    expect(await client().send(bid, { saleId: 's', priceFen: '1' })).toEqual({ paddle: 1 });
    expect(seen).toHaveLength(4);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(seen[0]!.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(['internal-fault', 'too-many-requests', 'forbidden'] as const)('is not repeated after %s', async (code) => {
    answers = [refuse(code)];
    await expect(client().send(bid, { saleId: 's', priceFen: '1' })).rejects.toMatchObject({ name: 'Refused', code });
    expect(seen).toHaveLength(1);
  });

  it('that is not decided within the deadline says under which key and operation to go on', async () => {
    const operation = '/v1/operations/bidding/s/k';
    answers = [json(202, {}, { location: operation }), json(202, {})];
    const late = await failure(client({ deadlineMs: 150 }).send(open, {}, { idempotencyKey: 'k' }));
    expect(late).toBeInstanceOf(Undecided);
    expect(late).toMatchObject({ idempotencyKey: 'k', operation });
  });

  it.each([
    ['never answers', [hang]],
    ['always answers 503', [refuse('log-unavailable')]],
  ])('to a gateway that %s is undecided, not refused', async (_, given) => {
    answers = given;
    const late = await failure(client({ deadlineMs: 150 }).send(open, {}, { idempotencyKey: 'k' }));
    expect(late).toBeInstanceOf(Undecided);
    expect(late).toMatchObject({ idempotencyKey: 'k', operation: undefined });
  });

  it('ends with the signal of its caller', async () => {
    answers = [hang];
    await expect(client().send(open, {}, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('can be sent for another membership of the same person', async () => {
    answers = [json(200, {})];
    const person = client({ token: () => 't', organisation: 'A' });
    for (const who of [person.as('B'), person.as(), person]) await who.send(open, {});
    expect(seen.map(({ headers }) => headers['x-organisation'])).toEqual(['B', undefined, 'A']);
    expect(seen.every(({ headers }) => headers.authorization === 'Bearer t')).toBe(true);
  });
});

describe('a query', () => {
  it('fills route and query string, repeats lists, and leaves out what is undefined', async () => {
    answers = [json(200, { items: ['x'] })];
    const params = { party: 'p 1', status: ['open', 'ended'], after: undefined };
    expect(await client().ask(list, params)).toEqual({ items: ['x'] });
    expect(seen[0]!.url).toBe('/v1/parties/p%201/auctions?status=open&status=ended');
    expect(seen[0]!.headers.authorization).toBeUndefined();
  });

  it('waits for an owner that is away, and gives up with its words at the deadline', async () => {
    answers = [refuse('owner-unavailable'), json(200, { items: [] })];
    expect(await client().ask(list, { party: 'p' })).toEqual({ items: [] });
    answers = [refuse('owner-unavailable')];
    await expect(client({ deadlineMs: 100 }).ask(list, { party: 'p' })).rejects.toMatchObject({
      code: 'owner-unavailable',
      words: { zh: '该服务暂不可用。' },
    });
  });
});

describe('a list', () => {
  const pages = query('bidding.auction.list-all.v1', {
    ...words,
    route: 'GET /v1/auctions',
    params: z.object({ period: z.string(), limit: z.number().optional(), after: z.string().optional() }),
    answer: z.object({ items: z.array(z.string()), next: z.string().nullable() }),
  });

  it('is read page by page, no further than it is wanted', async () => {
    const given = [json(200, { items: ['x', 'y'], next: '2_y' }), json(200, { items: ['z'], next: null })];
    answers = [...given];
    expect(await Array.fromAsync(client().list(pages, { period: 'free' }))).toEqual(['x', 'y', 'z']);
    const first = '/v1/auctions?limit=100&period=free';
    expect(seen.map(({ url }) => url)).toEqual([first, `${first}&after=2_y`]);
    answers = [...given];
    for await (const one of client().list(pages, { period: 'free', limit: 2 })) if (one === 'y') break;
    expect(seen.slice(2).map(({ url }) => url)).toEqual(['/v1/auctions?limit=2&period=free']);
  });

  it('ends with what an owner refuses', async () => {
    answers = [json(200, { items: ['x'], next: '1_x' }), refuse('forbidden')];
    await expect(Array.fromAsync(client().list(pages, { period: 'free' }))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('a live stream', () => {
  it('is read whatever way the network cuts it', async () => {
    answers = [
      live([': hello\r\n\r\nid: 1\r', '\ndata: [{"price', 'Fen":\r\ndata: "100"}]\r\n\r\n', item(2), item(4, 3)]),
    ];
    expect(await take(4)).toEqual([1, 2, 3, 4].map((seq) => ({ seq, item: { priceFen: `${seq}00` } })));
    expect(seen[0]!.headers).toMatchObject({ accept: 'text/event-stream' });
    expect(seen[0]!.headers['last-event-id']).toBeUndefined();
  });

  it('goes on after the last item when the connection ends, and yields nothing twice', async () => {
    answers = [live([item(5), item(6)]), refuse('owner-unavailable'), cut, live([item(6), item(7, 5)])];
    expect(await take(3, client(), 4)).toMatchObject([{ seq: 5 }, { seq: 6 }, { seq: 7 }]);
    expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual(['4', '6', '6', '6']);
  });

  it('resumes where a heartbeat said the owner stood when there was no item yet', async () => {
    answers = [live(['event: heartbeat\nid: 9\ndata: {}\n\n']), live([item(10)])];
    expect(await take(1)).toMatchObject([{ seq: 10 }]);
    expect(seen[1]!.headers['last-event-id']).toBe('9');
  });

  it('is opened again when it falls silent', async () => {
    answers = [live([item(1)], false), live([item(2)])];
    expect(await take(2, client({ silenceMs: 60 }))).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    expect(seen).toHaveLength(2);
  });

  it('ends quietly with the signal, and loudly when it is refused', async () => {
    answers = [live([item(1)], false)];
    const stop = new AbortController();
    const got = [];
    for await (const { seq } of client().follow(hall, { saleId: 's' }, { signal: stop.signal })) {
      got.push(seq);
      stop.abort();
    }
    expect(got).toEqual([1]);
    answers = [refuse('not-found')];
    await expect(take(1)).rejects.toMatchObject({ name: 'Refused', code: 'not-found' });
  });

  it('closes its connection when nobody listens any more', async () => {
    const closed = new Promise((go) => {
      answers = [(response, one) => (response.on('close', () => go('closed')), live([item(1)], false)(response, one))];
    });
    await take(1);
    expect(await closed).toBe('closed');
  });
});

describe('bytes', () => {
  it('come as an open response', async () => {
    answers = [(response) => void response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF')];
    const response = await client().download(pdf, { saleId: 's' });
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/pdf', '%PDF']);
    answers = [refuse('not-found')];
    await expect(client().download(pdf, { saleId: 's' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('go up as they are, again when nobody answered', async () => {
    answers = [cut, json(200, { valid: true })];
    expect(await client().upload(verify, {}, new Blob(['%PDF'], { type: 'application/pdf' }))).toEqual({ valid: true });
    expect(seen.map(({ body, headers }) => `${headers['content-type']} ${body}`)).toEqual(
      Array<string>(2).fill('application/pdf %PDF'),
    );
  });

  it('of a form go once only: no key makes it safe to repeat', async () => {
    answers = [refuse('owner-unavailable')];
    await expect(client().submit(signUp, {}, { password: 'secret' })).rejects.toMatchObject({
      code: 'owner-unavailable',
    });
    expect(seen).toHaveLength(1);
    answers = [json(201, { person: 'p' })];
    expect(await client().submit(signUp, {}, { password: 'secret' })).toEqual({ person: 'p' });
    expect(seen[1]!.body).toBe('{"password":"secret"}');
  });
});
