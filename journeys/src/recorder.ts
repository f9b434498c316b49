import type { Command } from '@yuzhi/protocol/declare';
import { commands, type Door, type Json } from './doors.ts';
import type { Answered } from './wire.ts';

/** A command that was accepted, as it was sent, and what was answered. */
export interface Accepted {
  command: Command & Door;
  path: string;
  headers: Record<string, string>;
  body: Json;
  answered: Answered;
}

const addressed = commands.map((command) => {
  const path = command.route.slice('POST '.length).replaceAll(/:\w+/g, '[^/]+');
  return { command, path: new RegExp(`^${path}$`) };
});

/** Listens to what a stage's people send. */
export class Recorder {
  readonly #accepted = new Map<string, Accepted>();

  /** The last one of each type that was answered at once. */
  get accepted(): Accepted[] {
    return [...this.#accepted.values()];
  }

  readonly fetch: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    const path = new URL(url instanceof Request ? url.url : url).pathname;
    const known = init?.method === 'POST' && addressed.find((one) => one.path.test(path));
    if (!known || !response.ok || response.status === 202) return response;
    const { status, headers } = response;
    const text = await response.clone().text();
    this.#accepted.set(known.command.type, {
      command: known.command,
      path,
      headers: init.headers as Record<string, string>,
      body: JSON.parse(init.body as string) as Json,
      answered: { status, headers, text },
    });
    return response;
  };
}
