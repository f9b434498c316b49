import { provideGoProgram } from './go-programs.ts';
import { type Part, type Watchdog, answers, startPart } from './parts.ts';

/** Of Shopify, MIT. */
const TOXIPROXY = {
  name: 'toxiproxy-server',
  module: 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0',
  builds: 'server',
  variable: 'TOXIPROXY_BIN',
};

/** What a line may suffer from, both ways. */
export type Toxic =
  /** Every packet comes so many ms later, more or less. */
  | { type: 'latency'; attributes: { latency: number; jitter: number } }
  /** Kilobytes a second. */
  | { type: 'bandwidth'; attributes: { rate: number } }
  /** Each connection is reset after so many ms, new ones too. */
  | { type: 'reset_peer'; attributes: { timeout: number } };

export interface Toxiproxy extends Part {
  /** A line through the proxy to a loopback port. Answers the port of its other end. */
  lay(name: string, from: number, to: number): Promise<void>;
  spoil(name: string, toxic: Toxic): Promise<void>;
  /** Every line is as good as before. */
  calm(): Promise<void>;
}

/** Starts the proxy with its control interface on the port; builds it the first time. Throws what it refuses. */
export async function startToxiproxy(
  { dir, port }: { dir: string; port: number },
  watchdog: Watchdog,
): Promise<Toxiproxy> {
  const command = await provideGoProgram(TOXIPROXY);
  const args = ['-host', '127.0.0.1', '-port', String(port)];
  const part = await startPart({ name: 'toxiproxy', dir, command, args, ready: () => answers(port) }, watchdog);
  const post = async (path: string, body: object = {}) => {
    const asked = { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, asked);
    if (!response.ok) throw new Error(`toxiproxy answered ${response.status}: ${await response.text()}`);
  };
  return {
    ...part,
    lay: (name, from, to) =>
      post('/proxies', { name, listen: `127.0.0.1:${from}`, upstream: `127.0.0.1:${to}`, enabled: true }),
    spoil: async (name, { type, attributes }) => {
      for (const stream of ['upstream', 'downstream'])
        await post(`/proxies/${name}/toxics`, { type, stream, attributes });
    },
    calm: () => post('/reset'),
  };
}
