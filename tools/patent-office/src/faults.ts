import type { FastifyInstance } from 'fastify';
import type { FaultMode } from './control-wire.ts';
import { refusalBody } from './office-refusals.ts';

/** What the office gets wrong on purpose, in memory: a restarted office is a repaired one. */
export interface Faults {
  mode: FaultMode;
  left: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The answer is to be lost although the work was done. */
    losesAnswer: boolean;
  }
}

/**
 * `error`: refused, nothing done. `timeout`: done, but the answer is a timeout. `hang`: nothing done, and no answer
 * until the caller hangs up.
 */
export function installFaults(app: FastifyInstance, faults: Faults): void {
  app.decorateRequest('losesAnswer', false);
  app.addHook('onRequest', (request, reply, proceed) => {
    if (request.url.startsWith('/_office') || faults.left === 0) return proceed();
    faults.left--;
    if (faults.mode === 'hang') return;
    if (faults.mode === 'error') return void reply.code(503).send(refusalBody('office-unavailable'));
    request.losesAnswer = true;
    proceed();
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (!request.losesAnswer) return payload;
    reply.code(503);
    return refusalBody('office-timeout');
  });
}
