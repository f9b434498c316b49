// Watchers of one lot's live stream, a process of its own. Told by its arguments: the gateway, the lot, how many. On
// SIGUSR2 it says as one line of JSON how many frames and items came since the last time.
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Watched {
  watchers: number;
  frames: number;
  items: number;
}

async function watch(url: string, lot: string, count: number): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const head = `GET /v1/auctions/${lot}/live HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`;
  let [open, frames, items] = [0, 0, 0];
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(head));
      socket.once('data', (first: Buffer) => {
        if (!first.toString('latin1', 0, 15).includes(' 200')) return reject(new Error(first.toString('utf8', 0, 200)));
        open += 1;
        socket.on('data', (chunk: Buffer) => {
          frames += 1;
          for (let at = chunk.indexOf('data: '); at >= 0; at = chunk.indexOf('data: ', at + 6)) items += 1;
        });
        resolve();
      });
      socket.once('error', reject);
      socket.once('close', () => (open -= 1));
    });
  for (let left = count; left > 0; left -= 50) await Promise.all(Array.from({ length: Math.min(50, left) }, one));
  process.on('SIGUSR2', () => {
    console.log(JSON.stringify({ watchers: open, frames, items } satisfies Watched));
    [frames, items] = [0, 0];
  });
  console.log(JSON.stringify({ watchers: open, frames: 0, items: 0 } satisfies Watched));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, lot, count] = process.argv.slice(2);
  await watch(url!, lot!, Number(count));
}
