import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Calendar } from './calendar.ts';
import { type Prompter, startPrompter } from './prompter.ts';

const END_S = 1_800_000_000;
const TOKEN = `x.${Buffer.from(JSON.stringify({ exp: END_S })).toString('base64url')}.y`;
let time = 0;
const calendar = new Calendar({ now: async () => time, advanceTo: async (to) => void (time = to) });
let prompter: Prompter;
beforeAll(async () => void (prompter = await startPrompter(new Map([['a b', async () => TOKEN]]), calendar)));
afterAll(() => prompter.close());

describe('the prompter', () => {
  it('gives a token, and until when it may be used', async () => {
    const response = await fetch(`${prompter.url}/tokens/${encodeURIComponent('a b')}`);
    expect(await response.json()).toEqual({ token: TOKEN, until: END_S * 1000 - 15_000 });
  });

  it('knows nobody else', async () => {
    expect((await fetch(`${prompter.url}/tokens/c`)).status).toBe(404);
    expect((await fetch(`${prompter.url}/`)).status).toBe(404);
  });

  const post = (body: object) => fetch(`${prompter.url}/calendar`, { method: 'POST', body: JSON.stringify(body) });

  it('answers a deal that waits when the clock is there', async () => {
    calendar.start();
    expect((await post({ deal: 'a', waitsUntil: 500 })).status).toBe(204);
    calendar.stop();
    expect(time).toBe(500);
  });

  it('takes down what a deal says of its days, and refuses what is none', async () => {
    expect((await post({ deal: 'a', actsBefore: 900 })).status).toBe(204);
    expect(calendar.next(600)).toBeUndefined();
    expect((await post({ deal: 'a' })).status).toBe(500);
    expect((await post({ deal: 'a'.repeat(20_000), isOver: true })).status).toBe(500);
  });
});
