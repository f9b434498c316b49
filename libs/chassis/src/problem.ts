import type { Refusal, Words } from '@yuzhi/protocol/declare';
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

/** The one place where a refusal becomes `application/problem+json`. */
export function sendProblem(
  reply: FastifyReply,
  code: string,
  refusal: Refusal,
  /** `retryAfter`: whole seconds after which a repetition makes sense. */
  more: object & { retryAfter?: number } = {},
): FastifyReply {
  metrics.refusals.of({ code, status: String(refusal.status) }).inc();
  const traceId = traceIdOf(reply.request.headers.traceparent);
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
  if (refusal.status === 503 || refusal.status === 429) reply.header('retry-after', String(more.retryAfter ?? 1));
  return reply
    .code(refusal.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem(code, refusal, { ...more, ...(traceId && { traceId }) })));
}
export const sendDenied = (reply: FastifyReply, code: PlatformRefusal, more?: object): FastifyReply =>
  sendProblem(reply, code, platformRefusals[code], more);

/** What never became a request, so that there is no reply to send either: it is told on the bare connection. */
export function refuseConnection({ code: why }: { code?: string }, socket: Socket): void {
  if (why === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code: PlatformRefusal = why === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request';
  const refusal = platformRefusals[code];
  metrics.refusals.of({ code, status: String(refusal.status) }).inc();
  const body = JSON.stringify(problem(code, refusal));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    'content-type: application/problem+json',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

interface Early {
  status: number;
  headers: string[];
  body: string;
  count(): void;
}
const early = new Map<PlatformRefusal, Early>();
function earlyOf(code: PlatformRefusal): Early {
  const refusal = platformRefusals[code];
  const body = JSON.stringify(problem(code, refusal));
  const counter = metrics.refusals.of({ code, status: String(refusal.status) });
  const said = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'retry-after': '1',
    'content-length': String(Buffer.byteLength(body)),
  };
  return { status: refusal.status, headers: Object.entries(said).flat(), body, count: () => counter.inc() };
}
/** The same words for everybody whom the door turns away unread, made once. */
export function refuseEarly(response: ServerResponse, code: PlatformRefusal): void {
  let refusal = early.get(code);
  if (!refusal) early.set(code, (refusal = earlyOf(code)));
  const { status, headers, body, count } = refusal;
  count();
  response.writeHead(status, headers).end(body);
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
