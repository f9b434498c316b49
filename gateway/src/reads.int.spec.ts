import { createHash, randomUUID } from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Platform } from './fixture/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await new Platform().start();
}, 60_000);
afterAll(() => platform.stop(), 30_000);

const call: Platform['call'] = (...args) => platform.call(...args);
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a read', () => {
  it('is answered in the declared shape and no other field, and is not to be kept', async () => {
    const counter = await platform.open('mine');
    const { status, headers, body } = await call('GET', `/v1/counters/${counter}`);
    expect({ status, body }).toEqual({ status: 200, body: { counter, name: 'mine', totalFen: '0' } });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['what is not there', `/v1/counters/${randomUUID()}`, {}, 404, 'not-found'],
    ['what is no id', '/v1/counters/none', {}, 422, 'invalid-input'],
    ['with a word that is not declared', `/v1/counters/${randomUUID()}?verbos=true`, {}, 422, 'invalid-input'],
    ['with a wrong word', `/v1/counters/${randomUUID()}?verbose=maybe`, {}, 422, 'invalid-input'],
    ['without a sign-in', `/v1/counters/${randomUUID()}`, { token: undefined }, 401, 'sign-in-first'],
    ['where there is nothing', '/v1/nothing', {}, 404, 'not-found'],
    ['of what is internal', '/internal/pulse', {}, 404, 'not-found'],
    ['with broken escapes', '/v1/counters/%ZZ', {}, 400, 'malformed-request'],
  ])('%s is refused', async (_, path, asked, status, code) => {
    const answer = await call('GET', path, asked);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  });

  it.each([
    ['DELETE', '/v1/counters', 'POST'],
    ['GET', '/v1/counters', 'POST'],
    ['POST', `/v1/counters/${randomUUID()}`, 'GET'],
    ['OPTIONS', '/v1/counters', 'POST'],
  ])('by a method that the address does not know is refused: %s %s', async (method, path, allow) => {
    const { status, headers, body } = await call(method, path);
    expect({ status, code: body['code'], allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'method-not-allowed',
      allow,
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('bytes', () => {
  it('that are uploaded come back as they were, with a tag that saves a second journey', async () => {
    const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
    const headers = { 'content-type': 'image/png' };
    const { body } = await call('POST', '/v1/notes', { body: bytes, headers });
    expect(body).toEqual({ sha256: sha256(bytes) });
    const authorization = `Bearer ${platform.token}`;
    const url = `${platform.gateway.url}/v1/notes/${sha256(bytes)}`;
    const response = await fetch(url, { headers: { authorization } });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/x-note',
      etag: `"${sha256(bytes)}"`,
      'content-disposition': "attachment; filename*=UTF-8''%E8%AF%B4%E6%98%8E.note",
      'x-content-type-options': 'nosniff',
    });
    const again = await fetch(url, { headers: { authorization, 'if-none-match': response.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });

  it('beyond the declared size are refused, announced or not', async () => {
    const large = Buffer.alloc(70_000);
    const refused = { status: 413, body: { code: 'request-too-large' } };
    expect(await call('POST', '/v1/notes', { body: large })).toMatchObject(refused);
    expect(await chunked('/v1/notes', large)).toBe(413);
  });

  it('of nothing at all are taken', async () => {
    expect(await call('POST', '/v1/notes')).toMatchObject({ status: 200, body: { sha256: sha256('') } });
  });

  it('need a sign-in where it is declared', async () => {
    expect(await call('POST', '/v1/notes', { body: Buffer.alloc(1), token: undefined })).toMatchObject({ status: 401 });
  });
});

/** Sends without saying how much; answers the status. */
function chunked(path: string, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(platform.gateway.url);
    const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'image/png' };
    const sent = http.request({ hostname, port, path, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on('error', reject);
    for (let at = 0; at < bytes.length; at += 10_000) sent.write(bytes.subarray(at, at + 10_000));
    sent.end();
  });
}

describe('a hook', () => {
  const body = '{ "id" : "evt_1" }';
  const signed = { 'partner-signature': sha256(body), 'content-type': 'application/json' };
  const hook = (headers: Record<string, string>) =>
    call('POST', '/v1/hooks/tally', { body, headers, token: undefined });

  it('arrives byte for byte, with the headers that its owner needs', async () => {
    expect(await hook(signed)).toMatchObject({ status: 200, body: { bytes: body.length } });
  });
  it('is refused from the owner’s catalogue', async () => {
    expect(await hook({ ...signed, 'partner-signature': 'no' })).toMatchObject({
      status: 400,
      body: { code: 'signature-invalid', zh: '签名无效。' },
    });
  });
  it('brings none of the headers by which our own processes know each other, and no cookie', async () => {
    expect(await hook({ ...signed, 'x-yuzhi-internal': 'x', cookie: 'a=1' })).toMatchObject({ status: 200 });
  });
});

describe('a form', () => {
  const send = (body: object) => call('POST', '/v1/forms/counters', { body, token: undefined });

  it('leads to a command of the owner and is answered behind it', async () => {
    const counter = randomUUID();
    expect(await send({ counter, secret: 'right' })).toMatchObject({ status: 200, body: { counter, secretFen: '7' } });
    const { rows } = await platform.databases.tally.owner.query('select party from counter where counter = $1', [
      counter,
    ]);
    expect(rows).toEqual([{ party: 'nobody' }]);
  });
  it.each([
    [{ counter: randomUUID(), secret: 'wrong' }, 400, 'signature-invalid'],
    [{ counter: randomUUID(), secret: 'right', more: 1 }, 422, 'invalid-input'],
    [{ counter: randomUUID() }, 422, 'invalid-input'],
  ])('is parsed by its owner: %j', async (body, status, code) => {
    expect(await send(body)).toMatchObject({ status, body: { code } });
  });
  it('is JSON and nothing else', async () => {
    const asked = { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect(await call('POST', '/v1/forms/counters', asked)).toMatchObject({ status: 415 });
  });
});

describe('a site', () => {
  it('gets everything under its prefix as it was sent, and says itself what comes back', async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: 'session=1',
      'x-forwarded-host': 'evil',
    };
    const answer = await call('POST', '/pages/sign-in/now?x=1&y=%20', {
      body: 'user=a&x=%E4%B8%AD',
      headers,
      token: undefined,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.body).toMatchObject({
      method: 'POST',
      url: '/pages/sign-in/now?x=1&y=%20',
      body: 'user=a&x=%E4%B8%AD',
      headers: { cookie: 'session=1', 'x-forwarded-host': 'yuzhi.example', 'x-forwarded-proto': 'https' },
    });
    expect((await call('PUT', '/pages', { body: {} })).body).toMatchObject({ method: 'PUT', url: '/pages' });
  });
});

describe('the door itself', () => {
  it('says that it lives, that it is ready, and what it counts', async () => {
    expect(await call('GET', '/health/live', { token: undefined })).toMatchObject({ status: 200 });
    expect(await call('GET', '/health/ready', { token: undefined })).toMatchObject({ body: { status: 'ready' } });
    const labels = 'service="gateway",method="POST",route="/v1/counters",type="tally.counter.open.v1",status="201"';
    expect((await call('GET', '/metrics', { token: undefined })).body['said']).toContain(
      `yuzhi_http_request_seconds_count{${labels}} `,
    );
  });
  it('tells its vitals to whoever knows the secret', async () => {
    const { url } = platform.gateway;
    expect((await fetch(`${url}/internal/vitals`)).status).toBe(403);
    const vitals = async () => {
      const response = await fetch(`${url}/internal/vitals`, {
        headers: { 'x-yuzhi-internal': 'a secret of sixteen' },
      });
      return (await response.json()) as { answers: { type: string; counts: number[] }[]; callers: number };
    };
    const opened = ({ answers }: Awaited<ReturnType<typeof vitals>>) =>
      answers.filter(({ type }) => type === 'tally.counter.open.v1').flatMap(({ counts }) => counts);
    const before = opened(await vitals()).reduce((sum, count) => sum + count, 0);
    await call('POST', '/v1/counters', { body: { name: 'vital' } });
    const after = await vitals();
    expect(opened(after).reduce((sum, count) => sum + count, 0)).toBe(before + 1);
    expect(after).toMatchObject({ service: 'gateway', callers: 0, watchers: [] });
    expect(after).not.toHaveProperty('standing');
  });
  it('shows the reference of the API from its own files', async () => {
    const page = await call('GET', '/docs', { token: undefined });
    expect(page.body['said']).not.toMatch(/https?:\/\//);
    const [, unscripted] = /<noscript>(.*?)<\/noscript>/s.exec(String(page.body['said']))!;
    expect(unscripted!.match(/<a href="\/openapi\.json">/g)).toHaveLength(2);
    for (const words of ['接口文档', 'This page needs its script']) expect(unscripted).toContain(words);
    const script = await call('GET', '/docs/reference.js', { token: undefined });
    expect(script.headers.get('content-type')).toMatch('javascript');
    expect(await call('GET', '/openapi.json', { token: undefined })).toMatchObject({ body: { openapi: '3.1.0' } });
  });
  it('says so when the owner of a read is away, and finds it again', async () => {
    await platform.stopOne('greeter');
    const away = await call('GET', '/v1/guests/a');
    expect(away).toMatchObject({ status: 503, body: { code: 'owner-unavailable' } });
    expect(away.headers.get('retry-after')).toBe('1');
    await platform.startOne('greeter');
    expect(await call('GET', '/v1/guests/a')).toMatchObject({ status: 404 });
  }, 20_000);
});

describe('an owner’s inner doors', () => {
  const inner = async (path: string, secret?: string, body?: object) => {
    const response = await fetch(platform.running.get('tally')!.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { ...(secret && { 'x-yuzhi-internal': secret }), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const secret = 'a secret of sixteen';

  it('open to whoever knows the secret and to nobody else', async () => {
    for (const wrong of [undefined, '', 'a secret of sixteem', `${secret} `.repeat(2)]) {
      expect(await inner('/internal/pulse', wrong)).toMatchObject({ status: 403 });
    }
    expect(await inner('/internal/pulse', secret)).toMatchObject({ status: 200, body: { parked: 0 } });
  });
  it('tell how far the owner is, once it is idle', async () => {
    for (let tries = 0; tries < 50; tries++) {
      const { body } = await inner('/internal/pulse', secret);
      if (body['waiting'] === 0) break;
      await new Promise((go) => setTimeout(go, 50));
    }
    expect(await inner('/internal/pulse', secret)).toMatchObject({ body: { waiting: 0, earliestDeadline: null } });
  });
  it('tell its vitals: what was decided, how it stands, what it set aside', async () => {
    await call('POST', '/v1/counters', { body: { name: 'vital' } });
    const { status, body } = await inner('/internal/vitals', secret);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ service: 'tally', bounds: expect.any(Array), busy: expect.any(Number), setAside: [], busiest: [] },
      standing: { lag: { 'tally.commands': expect.any(Number) }, setAside: { commands: 0, events: 0 }, overdueMs: 0 },
    });
    const decided = body['decided'] as { type: string; code: string; count: number }[];
    const opened = decided.find(({ type, code }) => type === 'tally.counter.open.v1' && code === 'done');
    expect(opened!.count).toBeGreaterThan(0);
  });
  it('show the same to a scraper', async () => {
    const text = await (await fetch(`${platform.running.get('tally')!.url}/metrics`)).text();
    expect(text).toMatch(/^yuzhi_consumer_lag_records\{service="tally",group="tally\.commands"\} \d+$/m);
    expect(text).toMatch(/^yuzhi_outbox_age_seconds\{service="tally"\} [\d.]+$/m);
    expect(text).toMatch(/^yuzhi_set_aside_records\{service="tally",kind="command"\} 0$/m);
    expect(text).toMatch(/^yuzhi_pool_connections\{service="tally",pool="writer"\} [1-9]/m);
    expect(text).toMatch(/^yuzhi_commit_commands_count\{service="tally"\} [1-9]/m);
  });
  it('show only the counters that are asked for by name', async () => {
    const named = ['yuzhi_commands_decided_total', 'yuzhi_commit_commands', 'yuzhi_nothing_total'];
    const asked = named.map((name) => `name[]=${name}`).join('&');
    const text = await (await fetch(`${platform.running.get('tally')!.url}/metrics?${asked}`)).text();
    expect(text).toMatch(/^yuzhi_commands_decided_total\{[^}]*type="tally\.counter\.open\.v1"[^}]*\} [1-9]\d*$/m);
    expect(text.match(/^# TYPE .*$/gm)).toEqual(['# TYPE yuzhi_commands_decided counter']);
    expect(text.endsWith('# EOF\n')).toBe(true);
  });
  it('count a refusal by what refused, for a form and a hook may refuse by the same code', async () => {
    const refusals = async (type: string) => {
      const text = await (await fetch(`${platform.running.get('tally')!.url}/metrics`)).text();
      const series = new RegExp(
        `^yuzhi_refusals_total\\{type="${type}",code="signature-invalid",status="400"\\} (\\d+)$`,
        'm',
      );
      return Number(series.exec(text)?.[1] ?? 0);
    };
    const [form, hook] = ['tally.counter.form.v1', 'tally.partner.hook.v1'];
    const before = [await refusals(form), await refusals(hook)];
    await call('POST', '/v1/forms/counters', { body: { counter: randomUUID(), secret: 'wrong' }, token: undefined });
    expect([await refusals(form), await refusals(hook)]).toEqual([before[0]! + 1, before[1]]);
  });
  it('take what was parked again', async () => {
    const parked = { topic: 'greeter.events', key: 'nobody' };
    expect(await inner('/internal/parked/replay', secret, parked)).toEqual({
      status: 200,
      body: { replayed: 0, stillPoisoned: null },
    });
    const poisoned = { partition: 0, offset: '999999' };
    expect(await inner('/internal/poisoned/replay', secret, poisoned)).toMatchObject({ body: { replayed: 0 } });
  });
  it('discard what was set aside, for our own processes alone', async () => {
    const place = { topic: 'tally.commands', partition: 0, offset: '999999' };
    expect(await inner('/internal/set-aside/discard', 'another secret', place)).toMatchObject({ status: 403 });
    expect(await inner('/internal/set-aside/discard', secret, { ...place, offset: 'x' })).toMatchObject({
      status: 422,
    });
    expect(await inner('/internal/set-aside/discard', secret, place)).toEqual({ status: 200, body: { discarded: 0 } });
  });
});
