import type { Socket } from 'node:net';

/** Reads lines of JSON from a socket. A line that is none ends the connection. */
export function onLines<T>(socket: Socket, heard: (line: T) => void): void {
  let rest = '';
  socket.setNoDelay(true);
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    try {
      for (const line of lines) heard(JSON.parse(line) as T);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
}

export const sendLine = (socket: Socket, value: unknown): boolean => socket.write(`${JSON.stringify(value)}\n`);
