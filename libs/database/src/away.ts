/** What an error may tell of where it comes from: node-postgres, Prisma, and what either wraps. */
interface Told {
  code?: unknown;
  originalCode?: unknown;
  kind?: unknown;
  message?: unknown;
  cause?: unknown;
  meta?: { driverAdapterError?: unknown };
}

/** SQLSTATE classes of a server that loses its connections, has no room, or is being stopped. */
const SQLSTATES = /^(?:08|53|57)...$/;
const SOCKETS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'];
/** Prisma's: not reached, timed out, closed, no connection free in time, too many. */
const PRISMA = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'];
const KINDS = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'];
/** node-postgres gives these no code. */
const WORDS = /^Connection terminated|^timeout exceeded when trying to connect|is not queryable$/;

/** Whether a question failed because the database was away or had no room: asked again later, it may be answered. */
export function isAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, kind, message, cause, meta } = error as Told;
  for (const given of [code, originalCode]) {
    if (typeof given === 'string' && (SQLSTATES.test(given) || [...SOCKETS, ...PRISMA].includes(given))) return true;
  }
  if (KINDS.includes(kind as string) || (typeof message === 'string' && WORDS.test(message))) return true;
  return isAway(cause) || isAway(meta?.driverAdapterError);
}
