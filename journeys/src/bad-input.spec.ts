import { verifyContract } from '@yuzhi/protocol/contracts';
import { stripeWebhook } from '@yuzhi/protocol/escrow';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Callers, forEach, type Headers, JSON_BODY } from './callers.ts';
import { askedOf, commands, type Door, forms, named, raws } from './doors.ts';
import { mutations, rawBodies } from './mutations.ts';
import { changesNothing } from './standing.ts';
import { problemOf } from './wire.ts';

let callers: Callers;
beforeAll(async () => {
  callers = await Callers.gather();
}, 60_000);

const MEGABYTE = 1_048_576;
const KEYS = ['', 'x'.repeat(201), 'with a blank', 'a,\tb', 'clé'];
const UNREADABLE = ['malformed-request', 'invalid-input', 'unsupported-media-type'];

/** Of a form, which takes little, also what is too much for it. */
const codesFor = ({ kind }: Door) => (kind === 'form' ? [...UNREADABLE, 'request-too-large'] : UNREADABLE);

describe('every command and every form refuses what it cannot understand', () => {
  it.each(named([...commands, ...forms]))('%s', async (_, door) => {
    const { body, accepts } = askedOf(door);
    const headers = await callers.headersFor(door.permission);
    const refused: [what: string, code: string][] = [];
    await forEach(mutations(body, accepts), async ({ what, body: wrong }) => {
      refused.push([what, problemOf(await callers.knock(door, headers, { body: wrong })).code]);
    });
    expect(refused.filter(([, code]) => !codesFor(door).includes(code))).toEqual([]);
    const codeOf = async (wrong: string, more: Headers = {}) =>
      problemOf(await callers.knock(door, { ...headers, ...more }, { body: wrong })).code;
    const padding = (length: number) => `{"padding":"${'x'.repeat(length)}"}`;
    expect(await codeOf(padding(MEGABYTE))).toBe('request-too-large');
    expect(codesFor(door)).toContain(await codeOf(padding(MEGABYTE - 100)));
    expect(await codeOf('x', { 'content-type': 'text/plain' })).toBe('unsupported-media-type');
  });

  changesNothing(() => callers.stage);
});

describe('every command refuses a key that is none', () => {
  it.each(named(commands))('%s', async (_, command) => {
    const headers = await callers.headersFor(command.permission);
    const codes = KEYS.map(async (key) => {
      return problemOf(await callers.knock(command, { ...headers, 'idempotency-key': key })).code;
    });
    expect(await Promise.all(codes)).toEqual(KEYS.map(() => 'malformed-request'));
  });

  changesNothing(() => callers.stage);
});

describe('every place that takes bytes refuses those that are none of it', () => {
  it.each(named(raws))('%s', async (_, door) => {
    const path = askedOf(door).path;
    const codes = [...Object.keys(door.rejections), 'request-too-large'];
    const refused: [what: string, code: string][] = [];
    await forEach(rawBodies(door.limit), async ({ what, body, type }) => {
      const headers: Headers = type ? { 'content-type': type } : {};
      refused.push([what, problemOf(await callers.send({ method: 'POST', path, headers, body })).code]);
    });
    expect(refused.filter(([, code]) => !codes.includes(code))).toEqual([]);
    expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(codes));
    const surprise = await callers.send({ method: 'POST', path: `${path}?surprise=1`, headers: JSON_BODY, body: '{}' });
    expect(problemOf(surprise).code).toBe('invalid-input');
  });

  it('refuses webhooks of the payment rail that it did not sign', async () => {
    const path = askedOf(stripeWebhook).path;
    const body = JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded' });
    for (const signature of ['', 't=1,v1=00', `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`]) {
      const headers = { ...JSON_BODY, 'stripe-signature': signature };
      expect(problemOf(await callers.send({ method: 'POST', path, headers, body })).code).toBe('signature-invalid');
    }
  });

  it('does not fail on what only begins like a contract', async () => {
    const path = askedOf(verifyContract).path;
    const garbage = new Uint8Array(50_000).map((_, i) => (i * 7919) % 251);
    const body = new Uint8Array([...new TextEncoder().encode('%PDF-1.7\n'), ...garbage]);
    const answered = await callers.send({ method: 'POST', path, headers: { 'content-type': 'application/pdf' }, body });
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.text)).toMatchObject({ valid: false });
  });

  changesNothing(() => callers.stage);
});
