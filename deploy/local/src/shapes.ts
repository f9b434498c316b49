import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BiddingModule } from '@yuzhi/bidding/bidding.module';
import { readConfig, ServiceEnvironment } from '@yuzhi/chassis/config';
import { startService } from '@yuzhi/chassis/service';
import { ContractsEnvironment } from '@yuzhi/contracts/contracts.config';
import { ContractsModule } from '@yuzhi/contracts/contracts.module';
import { EscrowEnvironment } from '@yuzhi/escrow/escrow.config';
import { EscrowModule } from '@yuzhi/escrow/escrow.module';
import { GatewayEnvironment } from '@yuzhi/gateway/gateway.config';
import { GatewayModule, startGateway } from '@yuzhi/gateway/gateway.module';
import { IdentityEnvironment } from '@yuzhi/identity/identity.config';
import { IdentityModule } from '@yuzhi/identity/identity.module';
import { ListingsModule } from '@yuzhi/listings/listings.module';
import { OversightEnvironment } from '@yuzhi/oversight/oversight.config';
import { OversightModule } from '@yuzhi/oversight/oversight.module';
import { catalogue, SERVICES, type ServiceName } from '@yuzhi/protocol/catalogue';
import { openapi } from '@yuzhi/protocol/openapi';
import { RegisterEnvironment } from '@yuzhi/register/register.config';
import { RegisterModule } from '@yuzhi/register/register.module';
import { root } from '@yuzhi/backing/environment';
import type { Watchdog } from '@yuzhi/backing/parts';
import type { Environment } from './settings.ts';

export type Member = ServiceName | 'gateway';
export type Settings = Record<Member, Environment>;
export interface Running {
  /** Of a process of its own. */
  pid?: number;
  stop(): Promise<void>;
}
/** How the same code is run: every service in a process of its own, or all of them in this one. */
export type Shape = 'processes' | 'one-process';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const document = () => openapi(catalogue, { url: '/', version });

const starters: Record<Member, (environment: Environment) => Promise<Running>> = {
  identity: (env) => startService(IdentityModule.with(readConfig(IdentityEnvironment, env))),
  register: (env) => startService(RegisterModule.with(readConfig(RegisterEnvironment, env))),
  listings: (env) => startService(ListingsModule.with(readConfig(ServiceEnvironment, env))),
  bidding: (env) => startService(BiddingModule.with(readConfig(ServiceEnvironment, env))),
  contracts: (env) => startService(ContractsModule.with(readConfig(ContractsEnvironment, env))),
  escrow: (env) => startService(EscrowModule.with(readConfig(EscrowEnvironment, env))),
  oversight: (env) => startService(OversightModule.with(readConfig(OversightEnvironment, env))),
  gateway: (env) => startGateway(GatewayModule.of(readConfig(GatewayEnvironment, env), { catalogue, document })),
};

/** Starts one service or the gateway within this process. */
export const startHere = (member: Member, environment: Environment): Promise<Running> => starters[member](environment);

const READY_MS = 60_000;
const programOf = (member: Member) =>
  join(root, member === 'gateway' ? 'gateway' : `services/${member}`, 'dist/main.js');

/**
 * V8 lets a heap grow to several times what is alive in it before it collects, and a process under load holds so much.
 * Here it grows by less; a bound instead would kill the process on the day when it needs more. Source maps would cost
 * each process another 50 MiB.
 */
const BOUNDS: Partial<Record<Member, string[]>> = {
  gateway: ['--heap-growing-percent=45', '--max-semi-space-size=8'],
  bidding: ['--heap-growing-percent=40', '--max-semi-space-size=8'],
};
const flagsOf = (member: Member) => ['--disable-warning=TimeoutNegativeWarning', ...(BOUNDS[member] ?? [])];

/** Starts one service or the gateway as a process of its own; its output goes to `<dir>/<member>.log`. */
export async function startProcess(
  member: Member,
  environment: Environment,
  { dir, watchdog }: { dir: string; watchdog: Watchdog },
): Promise<Running> {
  const file = join(dir, `${member}.log`);
  const log = openSync(file, 'a');
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, [...flagsOf(member), programOf(member)], {
    stdio: ['ignore', log, log],
    detached: true,
    env,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${member} could not be started`);
  watchdog.watch(pid);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => watchdog.forget(pid));
  const stop = async () => {
    child.kill('SIGTERM');
    const killed = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(killed);
  };
  try {
    await ready(member, Number(environment['PORT']), () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    const tail = readFileSync(file, 'utf8').trim().split('\n').slice(-12).join('\n');
    throw new Error(`${(error as Error).message}; the end of ${file}:\n${tail}`, { cause: error });
  }
  return { pid, stop };
}

async function ready(member: Member, port: number, isGone: () => boolean): Promise<void> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until) {
    if (isGone()) throw new Error(`${member} ended before it was ready`);
    const answered = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (answered?.ok) return;
    await sleep(50);
  }
  throw new Error(`${member} was not ready after ${READY_MS / 1000} s`);
}

export const MEMBERS: readonly Member[] = [...SERVICES, 'gateway'];
