import { once } from 'node:events';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTracing } from '@yuzhi/telemetry/tracing';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { LossyPager, person, Platform, stranger, university } from './fixture/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await new Platform().start();
}, 60_000);
afterAll(() => platform.stop(), 30_000);

const call: Platform['call'] = (...args) => platform.call(...args);
const totalOf = async (counter: string) => (await call('GET', `/v1/counters/${counter}`)).body['totalFen'];

describe('a command', () => {
  it('is answered with what its owner decided, once that is committed', async () => {
    const counter = await platform.open();
    const answer = await platform.add(counter, '5');
    expect(answer).toMatchObject({ status: 200, body: { totalFen: '5' } });
    expect(await totalOf(counter)).toBe('5');
  });

  it('that makes something new answers 201 with its id, and the key and the operation in the headers', async () => {
    const { status, body, headers } = await call('POST', '/v1/counters', { body: { name: 'new' } });
    expect(status).toBe(201);
    expect(body).toEqual({ id: body['counter'], counter: body['counter'] });
    const key = headers.get('idempotency-key')!;
    expect(headers.get('operation-location')).toBe(`/v1/operations/tally/${body.counter}/${key}`);
  });

  it('is done once, however often it is repeated under its key', async () => {
    const key = randomUUID();
    const open = () => call('POST', '/v1/counters', { body: { name: 'x' }, headers: { 'idempotency-key': key } });
    const answers = await Promise.all([open(), open(), open()]);
    expect(new Set(answers.map(({ body }) => body['counter'])).size).toBe(1);
    const { counter } = answers[0].body;
    const added = await Promise.all([platform.add(counter, '7', 'k'), platform.add(counter, '7', 'k')]);
    for (const { status, body } of added) expect({ status, body }).toEqual({ status: 200, body: { totalFen: '7' } });
    expect(await totalOf(counter)).toBe('7');
  });

  it('under a key that was used for another body is refused', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1', 'k');
    expect(await platform.add(counter, '2', 'k')).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  it('that is refused says why in both languages, what to do, and what more the owner knows', async () => {
    const counter = await platform.open('small', '10');
    await platform.add(counter, '4');
    const { status, headers, body } = await platform.add(counter, '7', 'k');
    expect(status).toBe(409);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(body).toMatchObject({
      code: 'above-limit',
      zh: '超过上限。',
      en: 'That would be above the limit.',
      next: { zh: '请减少金额。', en: 'Add less.' },
      leftFen: '6',
      instance: `/v1/operations/tally/${counter}/k`,
    });
  });

  it('may carry its key in the data, or parts of the data in the route', async () => {
    const [counter, name] = [await platform.open(), randomUUID().slice(0, 8)];
    expect(await call('POST', '/v1/greetings', { body: { name } })).toMatchObject({ status: 200, body: { times: 1 } });
    expect(await call('GET', `/v1/guests/${name}`, { token: undefined })).toMatchObject({ body: { times: 1 } });
    const labelled = await call('POST', `/v1/counters/${counter}/labels/blue`, { body: { size: 1 } });
    expect(labelled).toMatchObject({ status: 200, body: { label: 'blue' } });
    expect(await call('POST', `/v1/counters/${counter}/labels/green`)).toMatchObject({ status: 200 });
  });

  it('acts for the organisation that its sender chose, and what it made is not the sender’s own', async () => {
    const headers = { 'x-organisation': university };
    const { body } = await call('POST', '/v1/counters', { body: { name: 'of the university' }, headers });
    const path = `/v1/counters/${body.counter}`;
    expect(await call('GET', path, { headers })).toMatchObject({ status: 200 });
    expect(await call('GET', path)).toMatchObject({ status: 404 });
  });
});

describe('bad input', () => {
  const counter = randomUUID();
  const add = `/v1/counters/${counter}/additions`;
  const open = '/v1/counters';
  const json = { 'content-type': 'application/json' };
  it.each([
    ['a field that is not declared', open, { body: { name: 'x', extra: 1 } }, 422, 'invalid-input'],
    ['one deep inside', open, { body: { name: 'x', marks: [{ colour: 'red', size: 1 }] } }, 422, 'invalid-input'],
    ['a wrong type', open, { body: { name: 1 } }, 422, 'invalid-input'],
    ['a missing field', open, { body: {} }, 422, 'invalid-input'],
    ['no body', open, {}, 422, 'invalid-input'],
    ['a list', open, { body: [] }, 422, 'invalid-input'],
    ['a number for an amount', add, { body: { amountFen: 5 } }, 422, 'invalid-input'],
    ['an id that is none', '/v1/counters/nonsense/additions', { body: { amountFen: '5' } }, 422, 'invalid-input'],
    ['the id twice', add, { body: { amountFen: '5', counter } }, 422, 'invalid-input'],
    ['a field of the route twice', `/v1/counters/${counter}/labels/a`, { body: { label: 'b' } }, 422, 'invalid-input'],
    [
      'a field of the route that is wrong',
      `/v1/counters/${counter}/labels/${'a'.repeat(30)}`,
      {},
      422,
      'invalid-input',
    ],
    ['broken JSON', open, { body: '{"name":', headers: json }, 400, 'malformed-request'],
    ['an empty body that calls itself JSON', open, { body: '', headers: json }, 400, 'malformed-request'],
    [
      'a poisoned prototype',
      open,
      { body: '{"name":"x","__proto__":{"a":1}}', headers: json },
      400,
      'malformed-request',
    ],
    [
      'a poisoned constructor',
      open,
      { body: '{"name":"x","constructor":{"prototype":{"a":1}}}', headers: json },
      400,
      'malformed-request',
    ],
    ['plain text', open, { body: 'name', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
    [
      'a form',
      open,
      { body: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported-media-type',
    ],
    ['more than a mebibyte', open, { body: { name: 'x'.repeat(1_100_000) } }, 413, 'request-too-large'],
    ['an empty key', open, { body: { name: 'x' }, headers: { 'idempotency-key': '' } }, 400, 'malformed-request'],
    [
      'a key with a blank',
      open,
      { body: { name: 'x' }, headers: { 'idempotency-key': 'a b' } },
      400,
      'malformed-request',
    ],
    [
      'a long key',
      open,
      { body: { name: 'x' }, headers: { 'idempotency-key': 'k'.repeat(201) } },
      400,
      'malformed-request',
    ],
  ])('%s is refused', async (_, path, asked, status, code) => {
    expect(await call('POST', path, asked)).toMatchObject({ status, body: { code } });
  });

  it('is named field by field, in both languages', async () => {
    const { body } = await call('POST', '/v1/counters', { body: { name: 1, marks: [{ colour: 'green' }] } });
    expect(body['issues']).toEqual([
      { path: ['name'], message: { zh: expect.stringMatching(/无效/), en: expect.stringMatching(/expected string/) } },
      {
        path: ['marks', 0, 'colour'],
        message: { zh: expect.stringMatching(/无效/), en: expect.stringMatching(/red/) },
      },
    ]);
  });

  it('as long as a key may be is taken', async () => {
    const key = '"'.repeat(200);
    const { headers, status } = await call('POST', '/v1/counters', {
      body: { name: 'x' },
      headers: { 'idempotency-key': key },
    });
    expect(status).toBe(201);
    expect(await call('GET', headers.get('operation-location')!)).toMatchObject({ status: 200, body: { status: 201 } });
  });
});

describe('a door that has enough', () => {
  it('turns away what the log would never take', async () => {
    const large = { name: 'x', memo: 'm'.repeat(950_000) };
    expect(await call('POST', '/v1/counters', { body: large })).toMatchObject({ status: 413 });
  });

  it.each([
    ['too many wait for the same owner', { waitingMax: 1 }, 503, 'overloaded', '1'],
    ['too many wait for the same aggregate', { aggregateMax: 1 }, 429, 'too-many-requests', '1'],
    ['the party has sent enough', { partyBurst: 1, partyRate: 0.1 }, 429, 'too-many-requests', '10'],
  ])(
    'turns away what comes when %s',
    async (_, limits, status, code, retryAfter) => {
      const [counter, first] = [await platform.open(), platform.gateway];
      await platform.openDoor({ ...limits, answerWithinMs: 500 });
      const release = await platform.hold('tally');
      const answers = await Promise.all([platform.add(counter, '1'), platform.add(counter, '1')]);
      await release();
      await platform.gateway.stop();
      platform.gateway = first;
      expect(answers.map((answer) => answer.status)).toEqual([202, status]);
      expect(answers[1].body['code']).toBe(code);
      expect(answers[1].headers.get('retry-after')).toBe(retryAfter);
    },
    20_000,
  );
});

describe('a door whose line is full', () => {
  it('says so before it looks at a command, and takes what is for others', async () => {
    const [counter, first] = [await platform.open(), platform.gateway];
    await platform.openDoor({ waitingMax: 1, answerWithinMs: 1500 });
    const release = await platform.hold('tally');
    const waits = platform.add(counter, '1');
    await new Promise((go) => setTimeout(go, 300));
    const unread = await call('POST', `/v1/counters/${counter}/additions?x`, { body: '{', token: undefined });
    const others = await Promise.all([
      call('POST', `/v1/counters/${counter}/additions/none`, { body: {} }),
      call('POST', '/v1/greetings', { body: {} }),
      call('GET', `/v1/counters/${counter}`),
    ]);
    const metrics = await call('GET', '/metrics', { token: undefined });
    await release();
    const taken = await waits;
    await platform.gateway.stop();
    platform.gateway = first;
    expect(unread).toMatchObject({
      status: 503,
      body: { code: 'overloaded', zh: expect.stringMatching(/\p{Script=Han}/u) },
    });
    expect(unread.headers.get('content-type')).toBe('application/problem+json');
    expect(unread.headers.get('retry-after')).toBe('1');
    expect(metrics.body['said']).toMatch(/^yuzhi_http_request_seconds_count\{.*route="unread",.*status="503"\} 1$/m);
    expect(others.map(({ status }) => status)).toEqual([404, 422, 200]);
    expect(taken.status).toBe(200);
  }, 20_000);
});

describe('a door that has no room', () => {
  it('closes what comes beyond, and lets in again when somebody has left', async () => {
    const first = platform.gateway;
    const { port } = await platform.openDoor({ connectionsMax: 2 });
    const knock = async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      const closed = once(socket, 'close').then(() => 'closed');
      socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
      const heard = once(socket, 'data').then(
        ([bytes]) => String(bytes).slice(0, 15),
        () => 'closed',
      );
      return { socket, said: await Promise.race([heard, closed]) };
    };
    const [one, two, three] = [await knock(), await knock(), await knock()];
    expect([one.said, two.said, three.said]).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'closed']);
    one.socket.destroy();
    await once(one.socket, 'close');
    let again = await knock();
    for (let tries = 0; again.said === 'closed' && tries < 50; tries++) again = await knock();
    expect(again.said).toBe('HTTP/1.1 200 OK');
    for (const { socket } of [two, again]) socket.destroy();
    await platform.gateway.stop();
    platform.gateway = first;
  });
});

describe('a trace', () => {
  it('that a caller began goes on through the door to the decision', async () => {
    const counter = await platform.open();
    const exporter = new InMemorySpanExporter();
    const stop = startTracing('test', exporter, { batched: false });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await platform.add(counter, '1', 'traced', { headers: { traceparent } });
    await platform.add(counter, '5000', 'refused');
    const [decided, door, , last] = exporter.getFinishedSpans();
    await stop();
    expect(door).toMatchObject({
      name: 'POST /v1/counters/:counter/additions',
      parentSpanContext: { spanId: 'b'.repeat(16) },
    });
    expect(decided!.parentSpanContext!.spanId).toBe(door!.spanContext().spanId);
    expect(decided!.spanContext().traceId).toBe('a'.repeat(32));
    expect(last!.attributes['yuzhi.outcome']).toBe('above-limit');
  });
});

describe('who may not', () => {
  it.each([
    ['nobody', undefined, {}, 401, 'sign-in-first'],
    ['a bad token', 'a.b.c', {}, 401, 'sign-in-first'],
    ['a foreign organisation', 'stranger', { 'x-organisation': university }, 403, 'forbidden'],
  ])('%s is turned away', async (_, token, headers, status, code) => {
    const chosen = token === 'stranger' ? platform.foreign : token;
    const answer = await call('POST', '/v1/counters', { body: { name: 'x' }, token: chosen, headers });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
  });

  it('is looked at before the input is', async () => {
    expect(await call('POST', '/v1/counters', { body: { nonsense: 1 }, token: undefined })).toMatchObject({
      status: 401,
    });
  });

  it('reads neither another’s counter nor another’s operation', async () => {
    const counter = await platform.open();
    await platform.add(counter, '1', 'k');
    const token = platform.foreign;
    expect(await call('GET', `/v1/counters/${counter}`, { token })).toMatchObject({ status: 404 });
    const operation = `/v1/operations/tally/${counter}/k`;
    expect(await call('GET', operation, { token })).toMatchObject({ status: 202 });
    expect(await call('GET', operation, { token: undefined })).toMatchObject({ status: 401 });
    expect(await call('GET', operation)).toMatchObject({ status: 200, body: { status: 200, code: 'done' } });
    expect(person).not.toBe(stranger);
  });
});

describe('an answer that does not come', () => {
  it('by the pager is read from the inbox of the owner', async () => {
    const counter = await platform.open('c', '10');
    LossyPager.losing = /^replies:/;
    try {
      const added = await Promise.all(['1', '2', '3', '50'].map((amount) => platform.add(counter, amount)));
      expect(added.map(({ status }) => status)).toEqual([200, 200, 200, 409]);
      await platform.add(counter, '1', 'again');
      expect(await platform.add(counter, '1', 'again')).toMatchObject({ status: 200 });
      expect(await platform.add(counter, '2', 'again')).toMatchObject({
        status: 422,
        body: { code: 'idempotency-key-reused' },
      });
    } finally {
      LossyPager.losing = undefined;
    }
  });

  it('in time is 202 with where it will be, and there it is once the owner has decided', async () => {
    const counter = await platform.open();
    const release = await platform.hold('tally');
    const { status, headers, body } = await platform.add(counter, '3', 'slow');
    const operation = `/v1/operations/tally/${counter}/slow`;
    expect({ status, body, location: headers.get('location') }).toEqual({
      status: 202,
      body: { operation },
      location: operation,
    });
    expect(await call('GET', operation)).toMatchObject({ status: 202, body: { code: 'not-decided-yet', operation } });
    await release();
    expect(await platform.add(counter, '3', 'slow')).toMatchObject({ status: 200, body: { totalFen: '3' } });
    expect(await call('GET', operation)).toMatchObject({
      status: 200,
      body: { status: 200, code: 'done', body: { totalFen: '3' } },
    });
  }, 20_000);

  it('because the owner is stopped is 202 too, and comes after its restart', async () => {
    const counter = await platform.open();
    await platform.stopOne('tally');
    const sent = await platform.add(counter, '9', 'while-away');
    expect(sent).toMatchObject({ status: 202 });
    const operation = sent.headers.get('location')!;
    const asked = await call('GET', operation);
    expect(asked).toMatchObject({ status: 503, body: { code: 'owner-unavailable' } });
    expect(asked.headers.get('retry-after')).toBe('1');
    await platform.startOne('tally');
    for (let tries = 0; tries < 100; tries++) {
      const { status } = await call('GET', operation);
      if (status === 200) break;
      await new Promise((go) => setTimeout(go, 100));
    }
    expect(await call('GET', operation)).toMatchObject({ status: 200, body: { body: { totalFen: '9' } } });
    expect(await totalOf(counter)).toBe('9');
  }, 30_000);

  it('of an owner that nobody knows is not found', async () => {
    expect(await call('GET', '/v1/operations/nobody/a/b')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});
