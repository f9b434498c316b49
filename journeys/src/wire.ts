import { connect } from 'node:net';
import { text as allOf } from 'node:stream/consumers';
import { catalogue } from '@yuzhi/protocol/catalogue';
import type { Refusal } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';
import type { Problem } from '@yuzhi/protocol/problem';

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

const LANGUAGES = ['zh-CN', 'en'];
let asked = 0;

/**
 * Asked in either language in turn, for whoever is refused reads both. Waits where more is asked than the door lets one
 * party ask. Of a stream only the beginning is heard.
 */
export async function send(baseUrl: string, sent: Sent): Promise<Answered> {
  const { method, path, headers, body } = sent;
  const response = await fetch(baseUrl + path, {
    method,
    headers: { 'accept-language': LANGUAGES[asked++ % LANGUAGES.length]!, ...headers },
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  const { status, headers: answered } = response;
  if (answered.get('content-type')?.startsWith('text/event-stream')) {
    await response.body!.cancel();
    return { status, headers: answered, text: '' };
  }
  const text = await response.text();
  if (status !== 429) return { status, headers: answered, text };
  await new Promise((go) => setTimeout(go, Number(answered.get('retry-after')) * 1000));
  return send(baseUrl, sent);
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

/** Everything that may be refused on the platform, by its code: two services may mean different things by one. */
const refusals: ReadonlyMap<string, [string, Refusal][]> = Map.groupBy(
  [
    ...Object.entries(platformRefusals as Record<string, Refusal>),
    ...catalogue.declared.flatMap((declared) => ('rejections' in declared ? Object.entries(declared.rejections) : [])),
  ],
  ([code]) => code,
);
const HAN = /\p{Script=Han}/u;
const LATIN = /[a-z]/;

/** The problem in an answer; throws where it is no refusal of a caller's mistake, or not as the catalogue has it. */
export function problemOf({ status, headers, text }: Answered): Problem {
  const said = `${status}: ${text.slice(0, 300)}`;
  if (status < 400 || status >= 500) throw new Error(`no refusal of a caller's mistake, ${said}`);
  const type = headers.get('content-type');
  if (!type?.startsWith('application/problem+json')) throw new Error(`a refusal as ${type}, ${said}`);
  const problem = JSON.parse(text) as Problem;
  const { code, zh, en, next } = problem;
  const isDeclared = refusals
    .get(code)
    ?.some(([, known]) => known.status === status && known.zh === zh && known.next.zh === next.zh && known.en === en);
  if (!isDeclared || problem.status !== status) throw new Error(`not as the catalogue has it, ${said}`);
  const isTold = [zh, next.zh].every((words) => HAN.test(words)) && [en, next.en].every((words) => LATIN.test(words));
  if (!isTold) throw new Error(`not told in both languages, ${said}`);
  return problem;
}
