import { registerBidder } from '@yuzhi/protocol/bidding';
import { openDepositOrder } from '@yuzhi/protocol/escrow';
import { importPatent } from '@yuzhi/protocol/register';
import { beforeAll, expect, it } from '@jest/globals';
import { freshSuffix, gather } from './cast.ts';
import { eventually } from './eventually.ts';
import { readAddresses } from './journeys.config.ts';
import { personToken } from './sign-in.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';
import { send } from './wire.ts';

interface Span {
  spanId: string;
  parentSpanId?: string;
  name: string;
}

const addresses = readAddresses();
const stage = new Stage(addresses);
let line: StraightLine;

beforeAll(async () => {
  const suffix = freshSuffix();
  line = new StraightLine(stage, await gather(stage, suffix), suffix.patent);
  const { patentNumber } = await line.patent();
  await line.list(patentNumber);
}, 60_000);

/** The spans of a trace as edges from name to name. */
async function edgesOf(trace: string): Promise<string[]> {
  const spans = (await (await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/spans?trace=${trace}`)).json()) as Span[];
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ parentSpanId, name }) => `${names.get(parentSpanId ?? '') ?? '-'} → ${name}`);
}

it('joins one trace from the door over the log to what another service does because of it', async () => {
  const { saleId } = line.sale;
  const { firmA } = line.cast;
  const { terms } = await line.sale.auction();
  const trace = Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  const token = await personToken(addresses.url, firmA.person.loginName, firmA.person.password)();
  const answered = await send(addresses.url, {
    method: 'POST',
    path: `/v1/auctions/${saleId}/registrations`,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-organisation': firmA.uscc,
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({ rulesVersion: terms.rulesVersion }),
  });
  expect(answered.status).toBe(200);
  const joined = [
    `- → ${registerBidder.route}`,
    `${registerBidder.route} → decide ${registerBidder.type}`,
    `decide ${registerBidder.type} → decide ${openDepositOrder.type}`,
  ];
  // Each process sends its spans when it likes.
  const edges = await eventually('the joined spans', async () => {
    const seen = await edgesOf(trace);
    return joined.every((edge) => seen.includes(edge)) && seen;
  });
  expect(edges.some((edge) => edge.includes(importPatent.type))).toBe(false);
}, 60_000);
