import { beforeAll, describe, expect, it } from '@jest/globals';
import { Callers } from './callers.ts';
import { askedOf, named, parametersOf, type Read, reads, takes } from './doors.ts';
import { changesNothing } from './standing.ts';
import { problemOf, speak } from './wire.ts';

let callers: Callers;
beforeAll(async () => {
  callers = await Callers.gather();
}, 60_000);

const STRANGE = [
  'surprise=1',
  '__proto__=1',
  '__proto__[admin]=true',
  'constructor=1',
  '%EF%BC%91=1',
  'limit=1&limit=2',
];
const NONSENSE = ['%00', '%EF%BC%91', '-1', '0', '1152921504606846976', 'x', '__proto__', "'; drop table listing; --"];
const LIMITS = ['0', '101', '-1', 'x', '1e3', '1.5', '１', '9007199254740993', ''];
const CURSORS = ['x', '1_x', '-1_0', "1_'; drop table listing; --", '９_１', '__proto__'];

describe('every read refuses what it does not know', () => {
  const refuses = async (read: Read, paths: string[]) => {
    const headers = await callers.headersFor(read.permission);
    const asked = paths.map(async (path) => {
      return [path, problemOf(await callers.send({ method: 'GET', path, headers })).code];
    });
    expect(await Promise.all(asked)).toEqual(paths.map((path) => [path, 'invalid-input']));
  };

  it.each(named(reads))('parameter: %s', (_, read) => {
    const { path } = askedOf(read);
    return refuses(
      read,
      STRANGE.map((query) => `${path}?${query}`),
    );
  });

  it.each(named(reads.filter((read) => parametersOf(read).length)))('address: %s', (_, read) => {
    const { route } = read;
    const paths = NONSENSE.map((nonsense) => route.slice('GET '.length).replace(/:(\w+)/g, () => encodeURI(nonsense)));
    return refuses(read, paths);
  });

  it.each(named(reads.filter((read) => takes(read, 'limit'))))('page: %s', (_, read) => {
    const { path } = askedOf(read);
    const limits = LIMITS.map((limit) => `${path}?limit=${encodeURIComponent(limit)}`);
    const cursors = CURSORS.map((after) => `${path}?after=${encodeURIComponent(after)}`);
    return refuses(read, [...limits, ...cursors]);
  });

  changesNothing(() => callers.stage);
});

describe('the door itself', () => {
  it.each([
    ['an address that is none', { method: 'GET', path: '/v1/nothing' }, 'not-found'],
    ['a method that an address does not have', { method: 'DELETE', path: '/v1/organisations' }, 'method-not-allowed'],
    ['an operation of nobody', { method: 'GET', path: '/v1/operations/nobody/x/y' }, 'not-found'],
    ['a path with a broken escape', { method: 'GET', path: '/v1/organisations/%E0%A4%A' }, 'malformed-request'],
    ['an internal address', { method: 'GET', path: '/internal/pulse' }, 'not-found'],
  ])('refuses %s', async (_, sent, code) => {
    const headers = await callers.headersFor('person');
    expect(problemOf(await callers.send({ ...sent, headers })).code).toBe(code);
  });

  it('refuses headers without end, and bytes that are no request, as it refuses everything else', async () => {
    const headers = { 'x-padding': 'x'.repeat(60_000) };
    const padded = await callers.send({ method: 'GET', path: '/v1/sales', headers });
    expect(problemOf(padded).code).toBe('headers-too-large');
    const spoken = await speak(callers.stage.addresses.url, 'give me all patents\r\n\r\n');
    expect(problemOf(spoken).code).toBe('malformed-request');
  });

  changesNothing(() => callers.stage);
});
