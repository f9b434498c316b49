/** One live item; the numbers of a channel rise. */
export interface Item<T> {
  seq: number;
  item: T;
}

export interface ServerSentEvent {
  /** `message` unless the server named it. */
  event: string;
  /** As on the wire; empty when the event has none. */
  id: string;
  data: string;
}

/** Splits into lines by any of the three line ends, also where one is cut in two by the network. */
async function* readLines(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  let endedInCr = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const piece = decoder.decode(value, { stream: true });
      if (piece === '') continue;
      rest += endedInCr && piece.startsWith('\n') ? piece.slice(1) : piece;
      endedInCr = piece.endsWith('\r');
      const lines = rest.split(/\r\n|\r|\n/);
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Reads `text/event-stream` as the HTML standard has it. `onBytes` hears every sign of life, comments included. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<ServerSentEvent> {
  let fields = { event: '', id: '', data: [] as string[] };
  for await (const line of readLines(body, onBytes)) {
    if (line === '') {
      const { event, id, data } = fields;
      if (data.length) yield { event: event || 'message', id, data: data.join('\n') };
      fields = { event: '', id: '', data: [] };
      continue;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === 'data') fields.data.push(value);
    else if (name === 'event' || name === 'id') fields[name] = value;
  }
}
