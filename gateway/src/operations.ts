import { permit, type Principals } from '@yuzhi/chassis/principals';
import { Denied } from '@yuzhi/chassis/problem';
import { askedOf } from '@yuzhi/messaging/ids';
import type { FastifyInstance } from 'fastify';
import { operationUrl } from './commands.ts';
import type { Owners } from './owners.ts';

export interface OperationsParts {
  http: FastifyInstance;
  owners: Owners;
  principals: Principals;
  services: ReadonlySet<string>;
}

/** What became of a command, for the party that sent it: "not decided yet" is an answer. */
export function registerOperations({ http, owners, principals, services }: OperationsParts): void {
  http.get('/v1/operations/:owner/:aggregate/:key', async (request, reply) => {
    const { owner, aggregate, key } = request.params as Record<'owner' | 'aggregate' | 'key', string>;
    const asker = (await principals.of(request.headers))?.principal;
    permit('person', asker);
    if (!services.has(owner)) throw new Denied('not-found');
    const [filed] = await owners.readInbox(owner, [askedOf(asker!.party, aggregate, key).id]);
    reply.header('cache-control', 'no-store').type('application/json');
    if (filed) return reply.send(JSON.stringify(filed.outcome));
    const operation = operationUrl(owner, { key: aggregate, idempotencyKey: key });
    return reply.code(202).send(JSON.stringify({ operation, status: 202, code: 'not-decided-yet' }));
  });
}
