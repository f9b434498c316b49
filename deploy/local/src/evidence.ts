import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readerUrlOf } from '@yuzhi/backing/databases';
import { type Given, givenInfrastructure, root } from '@yuzhi/backing/environment';
import { kafkaPassword } from '@yuzhi/backing/kafka';
import { kafkaAdminAddress, kafkaBrokersOf } from '@yuzhi/backing/kafka-users';
import { SERVICES } from '@yuzhi/protocol/catalogue';
import { AUDITOR, SANDBOX_KEY } from './settings.ts';

/** A platform as a proof finds it: whose folder, under which names, on which servers. */
export interface EvidenceParts {
  dir: string;
  name: string;
  infrastructure: { databaseUrl: string; kafkaBrokers: string[] };
  stripeSandboxUrl?: string;
  patentOfficeUrl: string;
  given?: Pick<Given, 'stripe'>;
}

const STRIPE = 'https://api.stripe.com';

/** What the reconciler is told: every database as its reader, the log, the rail and the office. */
export function evidenceEnvironment(parts: EvidenceParts): Record<string, string> {
  const { dir, name, infrastructure, stripeSandboxUrl, patentOfficeUrl, given } = parts;
  const reader = (service: string) =>
    readerUrlOf(infrastructure.databaseUrl, `${name}${service.replaceAll('-', '_')}`, join(dir, 'secret'));
  return {
    YUZHI_READERS: JSON.stringify(Object.fromEntries(SERVICES.map((service) => [service, reader(service)]))),
    KAFKA_BROKERS: kafkaBrokersOf(infrastructure.kafkaBrokers, AUDITOR).join(','),
    TOPIC_PREFIX: name,
    YUZHI_RAIL_URL: stripeSandboxUrl ?? STRIPE,
    YUZHI_RAIL_KEY: given?.stripe?.secretKey ?? SANDBOX_KEY,
    YUZHI_PATENT_OFFICE_URL: patentOfficeUrl,
  };
}

/** The evidence of a platform that another launcher runs in this folder; undefined where nothing was ever started. */
export function runningEvidence(dir: string, name: string): Record<string, string> | undefined {
  const file = join(dir, 'ports.json');
  if (!existsSync(file)) return undefined;
  const ports = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  const given = givenInfrastructure();
  const local = (port: string, scheme: string) => `${scheme}127.0.0.1:${ports[port]}`;
  return evidenceEnvironment({
    dir,
    name,
    given,
    infrastructure: {
      databaseUrl: given.databaseUrl ?? local('postgres', 'postgresql://'),
      kafkaBrokers: given.kafkaBrokers ?? [kafkaAdminAddress(local('kafka', ''), kafkaPassword(dir))],
    },
    ...(!given.stripe && { stripeSandboxUrl: local('stripeSandbox', 'http://') }),
    patentOfficeUrl: local('patentOffice', 'http://'),
  });
}

/** Runs a program of `loadtests` in this terminal until it ends; passes signals on. Answers its exit code. */
export function runProof(program: string, args: string[], environment: Record<string, string>): Promise<number> {
  const file = join(root, 'loadtests/dist', `${program}.js`);
  const env = { PATH: process.env['PATH'], ...environment };
  const flags = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(process.execPath, [...flags, file, ...args], { env, stdio: 'inherit', cwd: root });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(code ?? 2);
    });
  });
}
