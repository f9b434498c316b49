import { parseArgs } from 'node:util';
import { SERVICES } from '@yuzhi/protocol/catalogue';
import { z } from 'zod';

/** Where a platform's evidence is: what the launcher tells every proof that reads it. */
const Environment = z.object({
  /** JSON: the URL of each service's database, as its reader. */
  YUZHI_READERS: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('no JSON');
        return z.NEVER;
      }
    })
    .pipe(z.record(z.enum(SERVICES), z.url())),
  KAFKA_BROKERS: z.string().default(''),
  TOPIC_PREFIX: z.string().default(''),
  YUZHI_RAIL_URL: z.url().optional(),
  YUZHI_RAIL_KEY: z.string().optional(),
  YUZHI_PATENT_OFFICE_URL: z.url().optional(),
});

export interface EvidenceAddresses {
  readers: Record<(typeof SERVICES)[number], string>;
  kafka?: { brokers: string[]; prefix: string };
  rail?: { url: string; secretKey: string };
  officeUrl?: string;
}

/** Throws, naming every variable that is missing or malformed. */
export function readEvidenceAddresses(environment: NodeJS.ProcessEnv = process.env): EvidenceAddresses {
  const read = Environment.safeParse(environment);
  if (!read.success) throw new Error(`the evidence cannot be found:\n${z.prettifyError(read.error)}`);
  const given = read.data;
  const brokers = given.KAFKA_BROKERS.split(',').filter(Boolean);
  const { YUZHI_RAIL_URL: url, YUZHI_RAIL_KEY: secretKey, YUZHI_PATENT_OFFICE_URL: officeUrl } = given;
  return {
    readers: given.YUZHI_READERS,
    ...(brokers.length && { kafka: { brokers, prefix: given.TOPIC_PREFIX } }),
    ...(url && secretKey && { rail: { url, secretKey } }),
    ...(officeUrl && { officeUrl }),
  };
}

export interface ReconcileArguments {
  /** The client's log. */
  log?: string;
  /** Where the verdict goes as JSON. */
  json?: string;
  /** Where it goes for Prometheus, as its node exporter reads text files. */
  metrics?: string;
  withinMs: number;
}

/** Throws with the usage when an argument is unknown or makes no sense. */
export function readArguments(args: string[]): ReconcileArguments {
  const usage = 'usage: npm run reconcile -- [--log <file>] [--json <file>] [--metrics <file>] [--within <seconds>]';
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...{ log: { type: 'string' }, json: { type: 'string' }, metrics: { type: 'string' } },
        within: { type: 'string', default: '15' },
      },
    });
    const seconds = Number(values.within);
    if (!(seconds >= 0 && seconds <= 3600)) throw new TypeError(`--within ${values.within}: seconds, up to 3600`);
    return {
      ...(values.log && { log: values.log }),
      ...(values.json && { json: values.json }),
      ...(values.metrics && { metrics: values.metrics }),
      withinMs: seconds * 1000,
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}
