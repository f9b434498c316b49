import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** The checkout, three folders up from `src` and `dist` alike. */
export const root = resolve(import.meta.dirname, '../../..');

/** Infrastructure that somebody else runs: what is named here is used, and never started locally. */
export interface Given {
  databaseUrl?: string;
  redisUrl?: string;
  kafkaBrokers?: string[];
  /** A test key's account; live keys are for the deployed shape. */
  stripe?: { secretKey: string; webhookSecret: string };
  /** An issuer instead of the embedded one, and the subject by which it names the platform's administrator. */
  oidc?: { issuer: string; administrator: string };
  /** Where traces are exported to. */
  otlpEndpoint?: string;
}

/**
 * DATABASE_URL (an administrator's), REDIS_URL, KAFKA_BROKERS (comma-separated), STRIPE_SECRET_KEY with
 * STRIPE_WEBHOOK_SECRET, OIDC_ISSUER with OIDC_ADMINISTRATOR, OTEL_EXPORTER_OTLP_ENDPOINT; empty counts as unset.
 * Throws when one half of a pair is missing.
 */
export function givenInfrastructure(env: NodeJS.ProcessEnv = process.env): Given {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',').map((broker) => broker.trim());
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = env;
  if (secretKey && !webhookSecret) throw new Error('STRIPE_SECRET_KEY is set, so STRIPE_WEBHOOK_SECRET must be too');
  const { OIDC_ISSUER: issuer, OIDC_ADMINISTRATOR: administrator } = env;
  if (issuer && !administrator) throw new Error('OIDC_ISSUER is set, so OIDC_ADMINISTRATOR (a subject) must be too');
  return {
    ...(secretKey && webhookSecret && { stripe: { secretKey, webhookSecret } }),
    ...(issuer && administrator && { oidc: { issuer, administrator } }),
    ...(env['OTEL_EXPORTER_OTLP_ENDPOINT'] && { otlpEndpoint: env['OTEL_EXPORTER_OTLP_ENDPOINT'] }),
    ...(env['DATABASE_URL'] && { databaseUrl: env['DATABASE_URL'] }),
    ...(env['REDIS_URL'] && { redisUrl: env['REDIS_URL'] }),
    ...(brokers.some(Boolean) && { kafkaBrokers: brokers.filter(Boolean) }),
  };
}

/** What this user's checkouts share, such as the broker's jars. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'yuzhi');
}

/** The absolute path of a program on PATH, if it is there. */
export function onPath(program: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const places = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return places.map((place) => join(place, program)).find((file) => existsSync(file));
}

/** The Java launcher: JAVA_HOME's, else the one on PATH. Throws when there is none. */
export function javaProgram(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['JAVA_HOME'] && join(env['JAVA_HOME'], 'bin/java');
  const java = own && existsSync(own) ? own : onPath('java', env);
  if (!java) throw new Error('Kafka needs Java 17 or newer: apt-get install -y openjdk-17-jre-headless');
  return java;
}
