import { makeUscc } from '@yuzhi/protocol/uscc';
import { SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { type ServiceDatabase, secretFor } from '@yuzhi/backing/databases';
import { kafkaBrokersOf } from '@yuzhi/backing/kafka-users';

/** The operator's organisation on a platform that this launcher makes. */
export const PLATFORM_USCC = makeUscc(1);
export const ADMIN = 'platform.admin';
/** Of the rail's sandbox, which moves no money. */
export const SANDBOX_KEY = 'sk_test_yuzhi_demonstration';

/** Who may connect to a broker that this launcher starts: the processes, and who judges what they did. */
export const AUDITOR = 'auditor';
export const KAFKA_USERS: readonly string[] = [...SERVICES, 'gateway', AUDITOR];

export type Environment = Record<string, string>;

export interface SettingsParts {
  infrastructure: { redisUrl: string; kafkaBrokers: string[] };
  /** Before every topic and group. */
  topicPrefix: string;
  secretFile: string;
  ports: Record<ServiceName | 'gateway', number>;
  databases: Record<ServiceName, ServiceDatabase>;
  patentOfficeUrl: string;
  /** The rail: the real Stripe when its key is given, else the sandbox at this address. */
  stripe: { secretKey: string; webhookSecret: string; apiBase?: string };
  /** An issuer that somebody else runs; the embedded one when absent. */
  oidc?: { issuer: string; administrator: string };
  /** Where spans go; absent: nowhere. */
  otlpEndpoint?: string;
  steppable: boolean;
  sessionTimeoutMs: number;
  logLevel: string;
}

const local = (port: number) => `http://127.0.0.1:${port}`;
export const gatewayUrl = ({ ports }: Pick<SettingsParts, 'ports'>): string => local(ports.gateway);

/** The environment of each process, whatever shape it runs in. */
export function settingsOf(parts: SettingsParts): Record<ServiceName | 'gateway', Environment> {
  const { infrastructure, ports, databases, secretFile, oidc, steppable } = parts;
  const publicUrl = gatewayUrl(parts);
  const urls = Object.fromEntries(SERVICES.map((service) => [service, local(ports[service])]));
  const [owners, watched] = [JSON.stringify(urls), JSON.stringify({ ...urls, gateway: publicUrl })];
  const common = (user: ServiceName | 'gateway'): Environment => ({
    KAFKA_BROKERS: kafkaBrokersOf(infrastructure.kafkaBrokers, user).join(','),
    REDIS_URL: infrastructure.redisUrl,
    TOPIC_PREFIX: parts.topicPrefix,
    SESSION_TIMEOUT_MS: String(parts.sessionTimeoutMs),
    ISSUER_URL: oidc?.issuer ?? `${publicUrl}/oidc`,
    ...(!oidc && { JWKS_URL: `${local(ports.identity)}/oidc/jwks` }),
    INTERNAL_SECRET: secretFor(secretFile, 'internal'),
    LOG_LEVEL: parts.logLevel,
    ...(process.env['KAFKA_CLIENT'] && { KAFKA_CLIENT: process.env['KAFKA_CLIENT'] }),
    ...(parts.otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: parts.otlpEndpoint }),
  });
  const own: Partial<Record<ServiceName, Environment>> = {
    identity: {
      PUBLIC_URL: publicUrl,
      IDENTITY_SECRET: secretFor(secretFile, 'identity'),
      PLATFORM_USCC,
      ...(oidc
        ? { PLATFORM_ADMIN_SUBJECT: oidc.administrator }
        : { PLATFORM_ADMIN: ADMIN, PLATFORM_ADMIN_PASSWORD: adminPassword(secretFile) }),
    },
    register: { PATENT_OFFICE_URL: parts.patentOfficeUrl, PATENT_OFFICE_DEMO: 'true' },
    contracts: { SIGNING_KEY_SECRET: secretFor(secretFile, 'signing keys') },
    escrow: {
      STRIPE_SECRET_KEY: parts.stripe.secretKey,
      STRIPE_WEBHOOK_SECRETS: parts.stripe.webhookSecret,
      // A demonstration does not wait five minutes for what no webhook told, nor for the rail to be in a better mood.
      ...(steppable && { RECONCILE_MS: '2000', RAIL_BACK_OFF_MS: '100' }),
      ...(parts.stripe.apiBase && { STRIPE_API_BASE: parts.stripe.apiBase }),
    },
    oversight: { OWNERS: owners, WATCHED: watched },
  };
  const service = (name: ServiceName): Environment => ({
    ...common(name),
    PORT: String(ports[name]),
    WRITER_URL: databases[name].writerUrl,
    READER_URL: databases[name].readerUrl,
    SIDE_URL: databases[name].sideUrl,
    STEPPABLE: String(steppable),
    // A stepped clock waits for every wake-up.
    SWEEP_MS: steppable ? '50' : '500',
    ...own[name],
  });
  return {
    ...(Object.fromEntries(SERVICES.map((name) => [name, service(name)])) as Record<ServiceName, Environment>),
    gateway: { ...common('gateway'), PORT: String(ports.gateway), PUBLIC_URL: publicUrl, OWNERS: owners },
  };
}

export const adminPassword = (secretFile: string): string => secretFor(secretFile, 'administrator').slice(0, 20);
