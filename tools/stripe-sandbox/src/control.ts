import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Deliveries, forgery, webhookMode } from './deliveries.ts';
import { StripeFailure, invalid, missingObject } from './failure.ts';
import { type Faults, faultSpec } from './faults.ts';
import type { RequestLog } from './request-log.ts';
import { showAccount } from './resources/account-view.ts';
import { completeAccount } from './resources/accounts.ts';
import { closeDispute, openDispute } from './resources/disputes.ts';
import { payIntent, paySession } from './resources/hosted-payment.ts';
import { showIntent } from './resources/intent-view.ts';
import { failPayout, showPayout } from './resources/payouts.ts';
import { failRefund, showRefund } from './resources/refunds.ts';
import { showSession } from './resources/session-view.ts';
import type { Charge } from './states.ts';
import type { Store } from './store.ts';
import { summarise } from './summary.ts';
import type { Settings, Work } from './work.ts';

export interface Controls {
  store: Store;
  faults: Faults;
  deliveries: Deliveries;
  log: RequestLog;
  pause: (paused: boolean) => void;
}

const digits = z
  .string()
  .regex(/^\d{1,8}$/, 'digits of fen')
  .transform(BigInt);
const count = z.int().min(0);

const advance = z.strictObject({ seconds: z.int().positive() });
const settings = z.strictObject({
  fee_bps: count.max(10_000).optional(),
  fee_fixed_fen: digits.optional(),
  settlement_seconds: count.optional(),
  refund_seconds: count.optional(),
  payout_seconds: count.optional(),
});
const pay = z.strictObject({
  session: z.string().optional(),
  payment_intent: z.string().optional(),
  method: z.string(),
  outcome: z.enum(['succeeded', 'failed']).default('succeeded'),
});
const onboarding = z.strictObject({
  holder: z.string().min(1).default('演示收款人 Demonstration payee'),
  last4: z
    .string()
    .regex(/^\d{4}$/)
    .default('6789'),
});
const payoutFailure = z.strictObject({ failure_code: z.string().default('account_closed') });
const dispute = z.strictObject({
  charge: z.string().optional(),
  payment_intent: z.string().optional(),
  reason: z.string().default('fraudulent'),
});
const ruling = z.strictObject({ status: z.enum(['won', 'lost']) });
const redelivery = z.strictObject({ event: z.string().optional() });

function read<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw invalid(z.prettifyError(result.error));
}

const shownSettings = ({ feeFixedFen, ...rest }: Settings) => ({
  clock_offset_seconds: rest.clockOffsetSeconds,
  fee_bps: rest.feeBps,
  fee_fixed_fen: String(feeFixedFen),
  settlement_seconds: rest.settlementSeconds,
  refund_seconds: rest.refundSeconds,
  payout_seconds: rest.payoutSeconds,
});

async function disputed(work: Work, asked: z.output<typeof dispute>): Promise<Charge> {
  if (asked.charge) return work.need('charge', asked.charge, 'charge');
  const intent = await work.need('payment_intent', asked.payment_intent ?? '', 'payment_intent');
  if (!intent.charge) throw invalid('This PaymentIntent has no charge.');
  return work.trace('charge', intent.charge);
}

async function payAs(work: Work, asked: z.output<typeof pay>): Promise<object> {
  const { publicUrl } = work.scene;
  if (asked.session) {
    const session = await work.need('checkout.session', asked.session, 'session');
    return showSession(await paySession(work, session, asked), publicUrl);
  }
  const intent = await work.need('payment_intent', asked.payment_intent ?? '', 'payment_intent');
  return showIntent(await payIntent(work, intent, asked), publicUrl);
}

/** Time, and the sandbox's own settings. */
function serveClock(server: FastifyInstance, { store, deliveries }: Controls): void {
  server.get('/clock', async () => ({ now: await store.now() }));
  server.post('/clock/advance', async (request) => {
    const { seconds } = read(advance, request.body);
    await store.changeSettings((known) => ({ clockOffsetSeconds: known.clockOffsetSeconds + seconds }));
    await store.sweep();
    deliveries.kick();
    return { now: await store.now() };
  });
  server.post('/settings', async (request) => {
    const asked = read(settings, request.body);
    const changed = await store.changeSettings((known) => ({
      feeBps: asked.fee_bps ?? known.feeBps,
      feeFixedFen: asked.fee_fixed_fen ?? known.feeFixedFen,
      settlementSeconds: asked.settlement_seconds ?? known.settlementSeconds,
      refundSeconds: asked.refund_seconds ?? known.refundSeconds,
      payoutSeconds: asked.payout_seconds ?? known.payoutSeconds,
    }));
    return shownSettings(changed);
  });
  server.get('/summary', () => summarise(store));
}

/** What goes wrong, and what is delivered how. */
function serveTrouble(server: FastifyInstance, { faults, deliveries, pause, log }: Controls): void {
  server.post('/faults', (request) => {
    faults.arm(read(faultSpec, request.body));
    return { armed: true };
  });
  server.get('/faults', async () => faults.sums);
  server.delete('/faults', () => {
    faults.clear();
    return { armed: false };
  });
  server.post('/webhooks', (request) => {
    const mode = read(webhookMode, request.body);
    deliveries.setMode(mode);
    return mode;
  });
  server.get('/webhooks', () => deliveries.sums());
  server.post('/webhooks/redeliver', async (request) => {
    const { event } = read(redelivery, request.body);
    return { deliveries: await deliveries.redeliver(event) };
  });
  server.post('/webhooks/forge', async (request) => ({ sent: await deliveries.forge(read(forgery, request.body)) }));
  server.post('/pause', () => (pause(true), { paused: true }));
  server.post('/resume', () => (pause(false), { paused: false }));
  server.get('/requests', () => ({ requests: log.all() }));
}

/** What people and banks do. */
function serveActors(server: FastifyInstance, { store }: Controls): void {
  const act = (body: (work: Work) => Promise<object>) => store.transact(store.scene(), body);
  server.post('/pay', (request) => act((work) => payAs(work, read(pay, request.body))));
  server.post<{ Params: { id: string } }>('/accounts/:id/complete', (request) =>
    act(async (work) => {
      const { holder, last4 } = read(onboarding, request.body);
      const account = await work.need('account', request.params.id);
      return showAccount(work, completeAccount(work, account, holder, last4));
    }),
  );
  server.post<{ Params: { id: string } }>('/payouts/:id/fail', (request) =>
    act(async (work) => {
      const { failure_code: code } = read(payoutFailure, request.body);
      const payout = await work.find('payout', request.params.id);
      if (!payout) throw missingObject('payout', request.params.id);
      return showPayout(await failPayout(work, payout, code));
    }),
  );
  server.post<{ Params: { id: string } }>('/refunds/:id/fail', (request) =>
    act(async (work) => showRefund(await failRefund(work, await work.need('refund', request.params.id)))),
  );
  server.post('/disputes', (request) =>
    act(async (work) => {
      const asked = read(dispute, request.body);
      return openDispute(work, await disputed(work, asked), asked.reason);
    }),
  );
  server.post<{ Params: { id: string } }>('/disputes/:id/close', (request) =>
    act(async (work) => {
      const { status } = read(ruling, request.body);
      return closeDispute(work, await work.need('dispute', request.params.id), status);
    }),
  );
}

/** The sandbox's own interface, for tests, demonstrations and drills. Whoever reaches it may use it. */
export function serveControl(server: FastifyInstance, controls: Controls): void {
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof StripeFailure) return reply.code(error.status).send({ error: error.body });
    request.log.error(error);
    return reply.code(500).send({ error: { message: 'The sandbox failed: its log says why.' } });
  });
  serveClock(server, controls);
  serveTrouble(server, controls);
  serveActors(server, controls);
}
