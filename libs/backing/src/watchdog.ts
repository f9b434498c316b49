// Ends the launcher's children when the launcher is gone, however it went: its standard input is a pipe that only the
// launcher holds, so even kill -9 closes it. Lines: "+<pid>" to watch a child, "-<pid>" to forget it.
import { createInterface } from 'node:readline';
import { end } from './pidfile.ts';

const watched = new Set<number>();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) watched.add(pid);
  else watched.delete(pid);
}
await Promise.all([...watched].map(end));
