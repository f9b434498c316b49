import { pino } from 'pino';

/** Names whose values never reach a log, at any depth we log. */
const secret = ['authorization', 'cookie', 'set-cookie', 'password', 'client_secret', 'access_token', 'refresh_token', 'secret', 'idCard', 'phone', 'bankAccount'];
const paths = secret.flatMap((name) => {
  const quoted = name.includes('-') ? `["${name}"]` : name;
  const dotted = name.includes('-') ? quoted : `.${name}`;
  return [quoted, `*${dotted}`, `*.*${dotted}`, `*.*.*${dotted}`];
});

/** Structured logs on standard output, a line of JSON each. */
export const logger = (service: string, level = 'info', destination?: { write(line: string): void }) =>
  pino({ level, base: { service }, redact: { paths, censor: '[redacted]' } }, ...(destination ? [destination] : []));
export type Logger = ReturnType<typeof logger>;
