import { pino } from 'pino';

/** Names whose values never reach a log, down to three levels below what is logged. */
const SECRET = [
  'authorization',
  'cookie',
  'set-cookie',
  'stripe-signature',
  'password',
  'secret',
  'client_secret',
  'clientSecret',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'id_token',
  'idToken',
  'idCard',
  'phone',
  'bankAccount',
];
const step = (name: string) => (name.includes('-') ? `["${name}"]` : `.${name}`);
const paths = SECRET.flatMap((name) => [
  step(name).replace(/^\./, ''),
  ...['*', '*.*', '*.*.*'].map((above) => above + step(name)),
]);
/** Where Postgres quotes the row that it refused. */
const quoting = ['err.detail', 'err.where', 'err.cause.detail', 'err.cause.where'];

/** Structured logs on standard output, a line of JSON each. */
export const logger = (service: string, level = 'info', destination?: { write(line: string): void }) =>
  pino(
    { level, base: { service }, redact: { paths: [...paths, ...quoting], censor: '[redacted]' } },
    ...(destination ? [destination] : []),
  );
export type Logger = ReturnType<typeof logger>;
