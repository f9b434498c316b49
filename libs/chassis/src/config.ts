import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { Log } from '@yuzhi/messaging/log';
import { PlatformaticLog } from '@yuzhi/messaging/platformatic-log';
import { type Pager, RedisPager } from '@yuzhi/messaging/replies';
import { z } from 'zod';

/** What every process of ours is told: how to reach the log, Redis and the issuer, and where to listen. */
export const ProcessConfig = z.object({
  kafkaBrokers: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .pipe(
      z.array(z.string().regex(/^([^\s:@]+:[^\s@]+@)?[^\s:@]+:\d+$/, '[user:password@]host:port, separated by commas')),
    ),
  /** Which client speaks to Kafka, kafkajs by default; replicas of one service may differ. */
  kafkaClient: z.enum(['kafkajs', 'platformatic']).optional(),
  redisUrl: z.url({ protocol: /^rediss?$/ }),
  /** Before every topic, group and channel: several platforms may share the servers. */
  topicPrefix: z
    .string()
    .regex(/^[a-zA-Z0-9._-]*$/)
    .default(''),
  /** Names this replica, and is the same after its restart. */
  replica: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('0'),
  sessionTimeoutMs: z.coerce.number().int().min(1000).default(6000),
  issuerUrl: z.url(),
  /** Where the issuer's keys are; by default the issuer is asked. */
  jwksUrl: z.url().optional(),
  audience: z.string().min(1).default('yuzhi'),
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes a free one. */
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Opens the doors between our own processes. */
  internalSecret: z.string().min(16),
  otelExporterOtlpEndpoint: z.url().optional(),
  /** Share of the traces that are kept though nothing about them was slow or wrong; by default all. */
  traceRatio: z.coerce.number().min(0).max(1).optional(),
  /** What takes longer is always kept. */
  traceSlowMs: z.coerce.number().int().min(0).optional(),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** A JSON object of base URLs by name: `{"bidding":"http://bidding:4000"}`. */
export const urlsByName = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.url({ protocol: /^https?$/ })));

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });
/** What every service is told besides; a service extends it with its own. */
export const ServiceEnvironment = ProcessConfig.extend({
  writerUrl: postgresUrl,
  readerUrl: postgresUrl,
  sideUrl: postgresUrl,
  /** The platform clock may be moved: demonstration and test only. */
  steppable: z.stringbool().default(false),
  sweepMs: z.coerce.number().int().min(10).default(500),
  /** Before a call to the outside that failed is made again; doubles up to a minute. By default 250. */
  errandBackOffMs: z.coerce.number().int().min(1).optional(),
});

/** Tests put their own log and pager in the place of Kafka and Redis. */
interface Doubles {
  log?: () => Log;
  pager?: () => Pager;
}
export type ProcessConfig = z.output<typeof ProcessConfig> & Doubles;
export type ServiceConfig = z.output<typeof ServiceEnvironment> & Doubles;

const CLIENTS = { kafkajs: KafkaLog, platformatic: PlatformaticLog };
export function openLog(service: string, config: ProcessConfig): Log {
  const { kafkaBrokers: brokers, replica, sessionTimeoutMs, topicPrefix: prefix } = config;
  const { kafkaClient = 'kafkajs', log } = config;
  const settings = { brokers, clientId: `${service}-${replica}`, sessionTimeoutMs, prefix };
  return log ? log() : new CLIENTS[kafkaClient](settings);
}
export const openPager = ({ redisUrl, topicPrefix, pager }: ProcessConfig): Pager =>
  pager ? pager() : new RedisPager(redisUrl, topicPrefix);

const variable = (field: string) => field.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();

/**
 * Reads a process's configuration: the field `writerUrl` is the variable WRITER_URL; an empty one counts as absent.
 * Throws one Error that names everything wrong at once.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.output<S> {
  const given = Object.keys(schema.shape).map((field) => [field, environment[variable(field)] || undefined]);
  const read = schema.safeParse(Object.fromEntries(given));
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path: [field, ...rest], message }) => {
    const named = variable(String(field));
    return `  ${[named, ...rest].join('.')}: ${environment[named] ? message : 'is not set'}`;
  });
  throw new Error(`the configuration cannot be used:\n${wrong.join('\n')}`);
}

/** The same of this process's own environment: what its main.ts calls. */
export const readEnvironment = <S extends z.ZodObject>(schema: S): z.output<S> => readConfig(schema, process.env);
