import { z } from 'zod';

/** The platform of a second checkout, on the same servers. */
const Rival = z.object({
  ref: z.string(),
  url: z.url(),
  topicPrefix: z.string(),
  pids: z.record(z.string(), z.int()),
  /** As a journey is told. */
  environment: z.record(z.string(), z.string()),
});
export type Rival = z.output<typeof Rival>;

/** What the launcher tells: its platform, the servers below it, and which processes play which part. */
const Environment = z.object({
  YUZHI_URL: z.url(),
  DATABASE_URL: z.url(),
  REDIS_URL: z.url(),
  KAFKA_BROKERS: z.string().transform((list) => list.split(',')),
  YUZHI_TOPIC_PREFIX: z.string(),
  /** Scratch: plans, scripts and secrets of this run. */
  YUZHI_DIR: z.string(),
  /** By role or member; the launcher itself under `launcher`. */
  YUZHI_PIDS: z.string().transform((text) => z.record(z.string(), z.int()).parse(JSON.parse(text))),
  /** The same of a second checkout's platform, where two are compared. */
  YUZHI_RIVAL: z
    .string()
    .optional()
    .transform((text) => (text ? Rival.parse(JSON.parse(text)) : undefined)),
});
export interface Place {
  url: string;
  databaseUrl: string;
  redisUrl: string;
  kafkaBrokers: string[];
  topicPrefix: string;
  dir: string;
  pids: Record<string, number>;
  rival?: Rival;
}

/** Throws, naming every variable that is missing or malformed. */
export function readPlace(environment: NodeJS.ProcessEnv = process.env): Place {
  const read = Environment.safeParse(environment);
  if (!read.success) throw new Error(`the bench does not know its place:\n${z.prettifyError(read.error)}`);
  const given = read.data;
  return {
    url: given.YUZHI_URL,
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    kafkaBrokers: given.KAFKA_BROKERS,
    topicPrefix: given.YUZHI_TOPIC_PREFIX,
    dir: given.YUZHI_DIR,
    pids: given.YUZHI_PIDS,
    ...(given.YUZHI_RIVAL && { rival: given.YUZHI_RIVAL }),
  };
}
