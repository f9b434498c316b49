import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Platform } from './platform.ts';
import { type Member, MEMBERS } from './shapes.ts';

export interface Rehearsal {
  url: string;
  close(): Promise<void>;
}

/** What of the metrics tells which refusals and process moves were reached. */
const REACHED = /^yuzhi_(refusals_total|process_moves_total|commands_decided_total)\{([^}]*)\} (\d+)$/gm;

/** Counts by what was counted, over every process of the platform. */
async function reached(platform: Platform): Promise<Record<string, number>> {
  // In one process all members share one registry: asking each of them would count eightfold.
  const urls = new Set(platform.metricsUrls());
  const texts = await Promise.all([...urls].map(async (url) => (await fetch(url)).text()));
  const counts: Record<string, number> = {};
  for (const [, name, labels, count] of texts.join('\n').matchAll(REACHED)) {
    const key = `${name} ${labels}`;
    counts[key] = (counts[key] ?? 0) + Number(count);
  }
  return counts;
}

/** What only tests may do to a platform from outside: kill a member, and see what was reached. On loopback. */
export async function startRehearsal(platform: Platform): Promise<Rehearsal> {
  const server = createServer((request, response) => {
    const answer = async () => {
      const [, act, member] = (request.url ?? '').split('/');
      if (request.method === 'GET' && act === 'reached') return reached(platform);
      if (request.method !== 'POST' || act !== 'crash' || !MEMBERS.includes(member as Member)) return undefined;
      await platform.crash(member as Member);
      return { crashed: member };
    };
    answer().then(
      (body) => response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {})),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((go) => void server.close(() => go())),
  };
}
