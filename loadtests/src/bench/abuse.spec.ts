import { Tally } from './abuse.ts';
import { heardIn } from './line.ts';
import { residentMib } from './memory.ts';

const answer = (head: string, body = '') => `HTTP/1.1 ${head}\r\n\r\n${body}`;

describe('whoever means no good', () => {
  it('is turned away politely when he is told when to come again', () => {
    const told = answer('429 Too Many Requests\r\nRetry-After: 1\r\ncontent-length: 2', '{}');
    expect(heardIn(told)).toEqual({ status: 429, isPolite: true, isEndless: false });
    expect(heardIn(told.replace('Retry-After: 1\r\n', ''))).toMatchObject({ isPolite: false });
  });

  it('has heard an answer only once all of it is there', () => {
    expect(heardIn('HTTP/1.1 503 Service Unava')).toBeUndefined();
    expect(heardIn(answer('503 Service Unavailable\r\ncontent-length: 2', '{'))).toBeUndefined();
  });

  it('is let in as soon as the head of a stream has come, which has no end', () => {
    const stream = answer('200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked');
    expect(heardIn(stream)).toEqual({ status: 200, isPolite: false, isEndless: true });
  });
});

describe('what came of it', () => {
  const heard = (status: number, ms: number, isPolite = true) => ({ status, ms, isPolite, isEndless: false });

  it('tells the refusals, how long they took and which were impolite, each once', () => {
    const tally = new Tally();
    for (let i = 0; i < 3; i++) tally.tries();
    tally.hears(heard(429, 2));
    tally.hears(heard(503, 8, false));
    tally.hears(heard(431, 99, false));
    tally.hears(undefined);
    const statuses = { 429: 1, 503: 1, 431: 1 };
    const came = { tried: 3, held: 0, closed: 1, refused: 2, impolite: 1, refusedP99Ms: 8, statuses };
    expect(tally.tell()).toEqual(came);
    expect(tally.tell()).toEqual({ tried: 0, held: 0, closed: 0, refused: 0, impolite: 0, statuses: {} });
  });
});

describe('what a process has in memory', () => {
  it('is read in MiB, and is no number where nothing is said', () => {
    expect(residentMib('Name:\tnode\nVmHWM:\t  900000 kB\nVmRSS:\t  204800 kB\n')).toBe(200);
    expect(residentMib('Name:\tnode\n')).toBeNaN();
  });
});
