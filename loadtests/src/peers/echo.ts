// Peer E: the same route on a bare Fastify that answers what it was sent. Nothing durable: it is what HTTP alone costs.
import Fastify from 'fastify';
import { ready } from './ready.ts';

const http = Fastify({ logger: false });
http.post<{ Body: { amountFen: string } }>('/v1/auctions/:saleId/bids', async (request) => ({
  amountFen: request.body.amountFen,
}));
await http.listen({ port: 0, host: '127.0.0.1' });
ready(http.server.address(), () => http.close());
