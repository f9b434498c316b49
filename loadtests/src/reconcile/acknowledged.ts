import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SERVICES } from '@yuzhi/protocol/catalogue';
import { z } from 'zod';

/** A line of the client's log: an operation that was answered with its outcome. Instants in epoch ms of his clock. */
const Acknowledged = z.object({
  service: z.enum(SERVICES),
  aggregate: z.string().min(1),
  idempotencyKey: z.string().min(1),
  /** Who acted; absent where the client did not say. */
  party: z.string().min(1).optional(),
  /** Of the command. */
  type: z.string().optional(),
  status: z.int().min(200).max(499),
  /** `done`, or the refusal's code. */
  code: z.string().min(1),
  body: z.record(z.string(), z.unknown()),
  /** When it should have been sent; absent where the client did not plan. */
  intendedAt: z.number().optional(),
  /** Of the first attempt under this key. */
  sentAt: z.number(),
  answeredAt: z.number(),
});
export type Acknowledged = z.output<typeof Acknowledged>;

/** Throws SyntaxError with what is wrong with the line; `at` says which it is. */
export function readAcknowledged(line: string, at: string): Acknowledged {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new SyntaxError(`${at} is no JSON: ${line.slice(0, 120)}`, { cause: error });
  }
  const read = Acknowledged.safeParse(parsed);
  if (!read.success) throw new SyntaxError(`${at} is no acknowledged operation: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** A log of JSON lines. Throws SyntaxError, naming the line, where one is none. */
export async function readClientLog(file: string): Promise<Acknowledged[]> {
  const read: Acknowledged[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim()) read.push(readAcknowledged(line, `${file}:${number}`));
  }
  return read;
}

export const nameOf = ({ service, aggregate, idempotencyKey, party }: Acknowledged): string =>
  `${service}.inbox ${[party, aggregate, idempotencyKey].filter(Boolean).join(' ')}`;
