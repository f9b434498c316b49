import type { Command, Intake, Refusal, Words } from '@yuzhi/protocol/declare';
import { type PlatformRefusal, platformRefusals } from '@yuzhi/protocol/platform';
import { problem } from '@yuzhi/protocol/problem';
import { metrics } from '@yuzhi/telemetry/metrics';
import type { FastifyReply } from 'fastify';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';

/** Thrown where a request ends for a reason that is not the domain's. */
export class Denied extends Error {
  constructor(
    readonly code: PlatformRefusal,
    /** What else the problem says. */
    readonly more: object = {},
  ) {
    super(code);
  }
}

/** Of a well-formed W3C traceparent. */
export const traceIdOf = (traceparent: unknown): string | undefined =>
  typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1] : undefined;

/** `retryAfter`: whole seconds after which a repetition makes sense. */
type More = object & { retryAfter?: number };

/** The one place where a refusal becomes `application/problem+json`. */
function spoken(code: string, refusal: Refusal, more: More = {}) {
  const { status } = refusal;
  const body = JSON.stringify(problem(code, refusal, more));
  const headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...((status === 503 || status === 429) && { 'retry-after': String(more.retryAfter ?? 1) }),
    'content-length': String(Buffer.byteLength(body)),
  };
  return { status, headers, body };
}
const counterOf = (code: string, status: number, type = '') =>
  metrics.refusals.of({ type, code, status: String(status) });

/** What was asked for, and may refuse in words of its own. */
type Asked = Pick<Command | Intake, 'type' | 'rejections'>;

export function sendProblem(
  reply: FastifyReply,
  code: string,
  refusal: Refusal,
  more: More = {},
  asked?: Asked,
): FastifyReply {
  const traceId = traceIdOf(reply.request.headers.traceparent);
  const { status, headers, body } = spoken(code, refusal, { ...more, ...(traceId && { traceId }) });
  counterOf(code, status, asked && code in asked.rejections ? asked.type : '').inc();
  return reply.code(status).headers(headers).send(body);
}
export const sendDenied = (reply: FastifyReply, code: PlatformRefusal, more?: object): FastifyReply =>
  sendProblem(reply, code, platformRefusals[code], more);

/** What never became a request, so that there is no reply to send either: it is told on the bare connection. */
export function refuseConnection({ code: why }: { code?: string }, socket: Socket): void {
  if (why === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code: PlatformRefusal = why === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request';
  const { status, headers, body } = spoken(code, platformRefusals[code]);
  counterOf(code, status).inc();
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
}

/** The words with which the door turns somebody away unread: the same for everybody, made once. */
export function unread(code: PlatformRefusal) {
  const { status, headers, body } = spoken(code, platformRefusals[code]);
  const head = Object.entries(headers).flat();
  const counter = counterOf(code, status);
  return {
    status,
    send(response: ServerResponse): void {
      counter.inc();
      response.writeHead(status, head).end(body);
    },
  };
}

/** What Fastify itself says no to, by its status. */
export function codeOf({ statusCode = 500 }: { statusCode?: number }): PlatformRefusal {
  if (statusCode === 413) return 'request-too-large';
  if (statusCode === 415) return 'unsupported-media-type';
  return statusCode >= 400 && statusCode < 500 ? 'malformed-request' : 'internal-fault';
}

const chinese = z.locales.zhCN().localeError;
type RawIssue = Parameters<typeof chinese>[0];

/** What is wrong with which field, for a person to read. */
function issuesOf(error: z.ZodError, at: string[]) {
  return error.issues.map((issue) => ({ path: [...at, ...issue.path], message: wordsOf(issue) }));
}
/** Our own schemas say both, `中文 · English`; zod knows its own sentences in either language. */
function wordsOf(issue: z.core.$ZodIssue): Words {
  const [zh, en] = issue.message.split(' · ', 2) as [string, string | undefined];
  if (en) return { zh, en };
  const said = chinese(issue as RawIssue);
  return { zh: typeof said === 'string' ? said : (said?.message ?? '无效输入'), en: issue.message };
}

/** Throws Denied `invalid-input` that names each field; `at` is where the input stands. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, at: string[] = []): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  // Only now the values themselves: the Chinese sentences name what was received.
  const { error } = schema.safeParse(input, { reportInput: true });
  throw new Denied('invalid-input', { issues: issuesOf(error ?? parsed.error, at) });
}
