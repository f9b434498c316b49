import { connect } from 'node:net';
import { text as allOf } from 'node:stream/consumers';

/** A raw request to the gateway, for what the typed client would never send. */
export interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}
export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

export async function send(baseUrl: string, { method, path, headers = {}, body }: Sent): Promise<Answered> {
  const response = await fetch(baseUrl + path, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Bytes as they are, to a connection that the other side closes. */
export async function speak(baseUrl: string, bytes: string): Promise<Answered> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  const [head = '', text = ''] = (await allOf(socket)).split('\r\n\r\n', 2);
  const [line = '', ...fields] = head.split('\r\n');
  const headers = new Headers(fields.map((field) => field.split(': ', 2) as [string, string]));
  return { status: Number(line.split(' ')[1]), headers, text };
}

interface ProblemBody {
  status: number;
  code: string;
  zh: string;
  en: string;
  next: { zh: string; en: string };
}

/** The problem in an answer; throws where a refusal is not one: no code, a language or a next step missing, a 500. */
export function problemOf({ status, headers, text }: Answered): ProblemBody {
  const type = headers.get('content-type') ?? '';
  if (status < 400 || status >= 500)
    throw new Error(`${status} is no refusal of a caller's mistake: ${text.slice(0, 300)}`);
  if (!type.startsWith('application/problem+json')) throw new Error(`${status} as ${type}: ${text.slice(0, 300)}`);
  const problem = JSON.parse(text) as ProblemBody;
  const han = /\p{Script=Han}/u;
  const complete = problem.status === status && problem.code && han.test(problem.zh) && han.test(problem.next.zh);
  if (!complete || !/[a-z]/.test(problem.en) || !/[a-z]/.test(problem.next.en))
    throw new Error(`incomplete problem: ${text}`);
  return problem;
}
