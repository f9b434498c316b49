import { ProcessConfig, readEnvironment, urlsByName } from '@yuzhi/chassis/config';
import { z } from 'zod';

export const GatewayEnvironment = ProcessConfig.extend({
  /** Where every service is reached. */
  owners: urlsByName,
  /** How the world reaches this door. */
  publicUrl: z.url(),
  /** How long a command's caller is kept waiting before he gets 202. */
  answerWithinMs: z.coerce.number().int().min(1).default(3000),
  /** How long the log may take to have a command before its caller gets 503. */
  produceWithinMs: z.coerce.number().int().min(1).default(2000),
  /** Callers waiting for one owner; beyond, commands are turned away. */
  waitingMax: z.coerce.number().int().min(1).default(4096),
  /** Callers waiting for one aggregate. */
  aggregateMax: z.coerce.number().int().min(1).default(512),
  /** Commands a second of one party, and how many of them at once after a pause. */
  partyRate: z.coerce.number().min(0.1).default(200),
  partyBurst: z.coerce.number().int().min(1).default(1000),
  /** Commands that would be answered later than this, at the rate at which others are, are turned away. */
  shedAfterMs: z.coerce.number().int().min(1).default(250),
  heartbeatMs: z.coerce.number().int().min(100).default(15_000),
  /** Open connections; whoever comes beyond is not let in, and comes again. */
  connectionsMax: z.coerce.number().int().min(1).default(20_000),
  /** Open live streams of this process. */
  watchersMax: z.coerce.number().int().min(0).default(10_000),
});
export type GatewayConfig = z.output<typeof GatewayEnvironment> & Pick<ProcessConfig, 'log' | 'pager'>;

export const readGatewayConfig = (): GatewayConfig => readEnvironment(GatewayEnvironment);
