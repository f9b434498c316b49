import { createHash } from 'node:crypto';
import { PatentNumber } from '@yuzhi/protocol/patent-number';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Desk } from './desk.ts';
import { acceptFiling, type Filing } from './filing.ts';
import { Refused } from './office-refusals.ts';
import type { BodyHashes, OfficeStore } from './office-store.ts';
import { NewFiling } from './wire.ts';

export const NumberParams = z.object({ number: PatentNumber });
const IdParams = z.object({ id: z.string().max(40) });
const limit = z.coerce.number().int().min(1).max(500).default(100);
const PageQuery = z.object({ after: PatentNumber.optional(), limit });
const ChangesQuery = z.object({ after: z.coerce.number().int().min(0).default(0), limit });

/** Of what is filed. A party is who its code says: spelling its name in another way makes no other filing. */
function hashOf(body: NewFiling): string {
  const content = JSON.stringify(body, (key, value: unknown) => (key === 'name' ? undefined : value));
  return createHash('sha256').update(content).digest('hex');
}

function file(desk: Desk, hashes: BodyHashes, body: NewFiling): { filing: Filing; isNew: boolean } {
  const hash = hashOf(body);
  const known = [...desk.filings.values()].find((f) => f.reference === body.reference);
  if (known && hashes.get(known.id) !== hash) throw new Refused('reference-used');
  if (known) return { filing: known, isNew: false };
  if (!desk.patents.has(body.number)) throw new Refused('not-on-register');
  const id = `DEMO-${desk.today.replaceAll('-', '')}-${String(++desk.filingCount).padStart(6, '0')}`;
  const filing = acceptFiling(body, id, desk.today, desk.delayDays);
  desk.filings.set(id, filing);
  hashes.set(id, hash);
  return { filing, isNew: true };
}

/** What everybody may ask of the office: the register, its changes, and filings. */
export function registerRoutes(app: FastifyInstance, store: OfficeStore): void {
  app.get('/register', async (request) => {
    const query = PageQuery.parse(request.query);
    const { items, head } = await store.page(query.after ?? '', query.limit);
    return { items, next: items.length === query.limit ? items.at(-1)!.number : null, head };
  });

  app.get('/register/:number', async (request) => {
    const extract = await store.extract(NumberParams.parse(request.params).number);
    if (!extract) throw new Refused('not-on-register');
    return extract;
  });

  app.get('/changes', async (request) => {
    const { after, limit: size } = ChangesQuery.parse(request.query);
    const { items, head } = await store.changes(after, size);
    return { items, next: items.at(-1)?.seq ?? after, head };
  });

  app.post('/filings', async (request, reply) => {
    const body = NewFiling.parse(request.body);
    const wanted = { numbers: [body.number], reference: body.reference };
    const { id, isNew } = await store.write(wanted, (desk, hashes) => {
      const { filing, isNew: created } = file(desk, hashes, body);
      return { id: filing.id, isNew: created };
    });
    // Read again: without any delay the office has decided it by now.
    return reply.code(isNew ? 201 : 200).send(await store.filing(id));
  });

  app.get('/filings/:id', async (request) => {
    const filing = await store.filing(IdParams.parse(request.params).id);
    if (!filing) throw new Refused('filing-unknown');
    return filing;
  });
}
