import { Instant } from '@yuzhi/protocol/scalars';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { shanghaiDate } from './calendar.ts';
import { controlRoutes } from './control-routes.ts';
import { type Faults, installFaults } from './faults.ts';
import { officeRefusals, refusalBody, Refused } from './office-refusals.ts';
import { OfficeStore } from './office-store.ts';
import { DEMONSTRATION_NOTICE } from './register-codes.ts';
import { registerRoutes } from './register-routes.ts';

/** The platform's clock, epoch ms: the office's today, as long as it does not go back. */
const CLOCK_HEADER = 'x-office-now';
/** 500 patents at once, with room. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

function callersDay(request: FastifyRequest): string {
  const header = request.headers[CLOCK_HEADER];
  if (header === undefined) return shanghaiDate(Date.now());
  const now = Instant.safeParse(header === '' ? NaN : Number(header));
  if (!now.success) throw new Refused('malformed-request', { issues: [{ path: CLOCK_HEADER, message: 'epoch ms' }] });
  return shanghaiDate(now.data);
}

/** A failure of ours, of the caller's JSON, of its contents, or a refusal: all become a body from the catalogue. */
function refusalOf(error: Error & { statusCode?: number }): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof ZodError)
    return new Refused('invalid-input', {
      issues: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
  const { statusCode = 500 } = error;
  return new Refused(statusCode < 500 ? 'malformed-request' : 'internal-fault');
}

function build(store: OfficeStore, faults: Faults): FastifyInstance {
  // A caller who hangs on a fault must not keep the office from closing.
  const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true, logger: { level: 'error' } });
  installFaults(app, faults);
  app.addHook('preHandler', async (request) => store.advance(callersDay(request)));
  app.addHook('preSerialization', async (_request, _reply, payload) => ({
    ...(payload as object),
    demo: true,
    notice: DEMONSTRATION_NOTICE,
  }));
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const { code, more } = refusalOf(error);
    if (code === 'internal-fault') request.log.error(error);
    return reply.code(officeRefusals[code].status).send(refusalBody(code, more));
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(refusalBody('not-found')));
  registerRoutes(app, store);
  controlRoutes(app, store, faults);
  return app;
}

/**
 * Starts the simulated patent office on 127.0.0.1, its state in the database of its own that the URL names (its tables
 * are made when they are missing); port 0 takes a free one. Closing ends every connection.
 */
export async function startPatentOffice({ databaseUrl, port }: { databaseUrl: string; port: number }) {
  const store = await OfficeStore.open(databaseUrl);
  const app = build(store, { mode: 'error', left: 0 });
  try {
    const url = await app.listen({ port, host: '127.0.0.1' });
    return {
      url,
      close: async () => {
        await app.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
