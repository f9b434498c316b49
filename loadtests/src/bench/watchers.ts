// Watchers of one lot's live stream, a process of its own. Told by its arguments: the gateway, the lot, how many. On
// SIGUSR2 it says as one line of JSON how many events came since the last time, and how many items to one of them.
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Watched {
  watchers: number;
  events: number;
  items: number;
}

/** A number behind which the first watcher begins to count, and the last it heard of. */
const countItems = () => {
  let [first, last] = [NaN, NaN];
  return {
    hear: (chunk: Buffer) => {
      const at = chunk.lastIndexOf('\nid: ');
      if (at < 0) return;
      last = Number.parseInt(chunk.toString('latin1', at + 5, at + 25), 10);
      if (Number.isNaN(first)) first = last;
    },
    since: () => {
      const items = last - first || 0;
      first = last;
      return items;
    },
  };
};

async function watch(url: string, lot: string, count: number): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const head = `GET /v1/auctions/${lot}/live HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`;
  let [open, events] = [0, 0];
  const items = countItems();
  let counted: unknown;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(head));
      socket.once('data', (first: Buffer) => {
        if (!first.toString('latin1', 0, 15).includes(' 200')) return reject(new Error(first.toString('utf8', 0, 200)));
        open += 1;
        counted ??= socket;
        socket.on('data', (chunk: Buffer) => {
          for (let at = chunk.indexOf('\nid: '); at >= 0; at = chunk.indexOf('\nid: ', at + 5)) events += 1;
          if (counted === socket) items.hear(chunk);
        });
        resolve();
      });
      socket.once('error', reject);
      socket.once('close', () => (open -= 1));
    });
  for (let left = count; left > 0; left -= 50) await Promise.all(Array.from({ length: Math.min(50, left) }, one));
  process.on('SIGUSR2', () => {
    console.log(JSON.stringify({ watchers: open, events, items: items.since() } satisfies Watched));
    events = 0;
  });
  console.log(JSON.stringify({ watchers: open, events: 0, items: 0 } satisfies Watched));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, lot, count] = process.argv.slice(2);
  await watch(url!, lot!, Number(count));
}
