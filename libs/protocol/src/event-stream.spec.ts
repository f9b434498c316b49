import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readEvents, type ServerSentEvent } from './event-stream.ts';

/** A body that arrives in the given pieces. */
const bodyOf = (pieces: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

async function read(pieces: Uint8Array[], onBytes = () => {}): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(bodyOf(pieces), onBytes)) events.push(event);
  return events;
}
const bytes = (text: string) => new TextEncoder().encode(text);
const readText = (text: string) => read([bytes(text)]);

describe('an event stream', () => {
  it('is fields in lines, closed by an empty one', async () => {
    expect(await readText('id: 7\nevent: heartbeat\ndata: {}\n\nid:8\ndata:a\n\n')).toEqual([
      { event: 'heartbeat', id: '7', data: '{}' },
      { event: 'message', id: '8', data: 'a' },
    ]);
  });

  it('joins the lines of one item', async () => {
    expect(await readText('data: {"a":\ndata\ndata:  1}\n\n')).toEqual([
      { event: 'message', id: '', data: '{"a":\n\n 1}' },
    ]);
  });

  it('says nothing for comments, for other fields, and for what was not closed', async () => {
    expect(await readText(': alive\n\nretry: 10\nid: 1\n\nwhat\n\ndata: cut off')).toEqual([]);
  });

  it('hears a sign of life in every piece, comments included', async () => {
    let heard = 0;
    await read([bytes(': a\n'), bytes('\n'), bytes(': b')], () => (heard += 1));
    expect(heard).toBe(3);
  });

  it('is the same however it is cut and whichever line ends it has', async () => {
    const events = fc.array(
      fc.record({
        event: fc.constantFrom('message', 'heartbeat'),
        id: fc.nat().map(String),
        data: fc.string({ unit: fc.constantFrom('a', ' ', ':', '豫', '💡', '\n', '{', '"') }),
      }),
      { maxLength: 5 },
    );
    const cuts = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(events, cuts, fc.constantFrom('\n', '\r', '\r\n'), async (sent, sizes, end) => {
        const lines = sent.flatMap(({ event, id, data }) => [
          `id: ${id}`,
          ...(event === 'message' ? [] : [`event: ${event}`]),
          ...data.split('\n').map((line) => `data: ${line}`),
          '',
        ]);
        const whole = bytes(lines.map((line) => line + end).join(''));
        const pieces: Uint8Array[] = [];
        for (let at = 0, n = 0; at < whole.length; n++) {
          const size = sizes[n % sizes.length]! + 1;
          pieces.push(whole.slice(at, at + size));
          at += size;
        }
        expect(await read(pieces)).toEqual(sent);
      }),
    );
  });
});
