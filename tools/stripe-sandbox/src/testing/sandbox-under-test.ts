import { afterAll, beforeAll, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import Stripe from 'stripe';
import { startStripeMock } from '../stripe-mock.ts';
import { type StripeSandbox, startStripeSandbox } from '../stripe-sandbox.ts';
import type { Summary } from '../summary.ts';

const adminUrl = process.env['DATABASE_URL'];

async function administer(sql: string, connectionString = adminUrl): Promise<void> {
  if (!connectionString)
    throw new Error('DATABASE_URL names no PostgreSQL server: these tests make a database on one.');
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A sandbox of the test file's own, on a database of its own. */
export class SandboxUnderTest {
  private sandbox: StripeSandbox | undefined;
  private readonly database = `stripe_sandbox_${randomUUID().replaceAll('-', '')}`;
  /** The unmodified client, which neither retries nor reports about itself. */
  stripe!: Stripe;

  constructor(private readonly now?: () => number) {}

  get url(): string {
    return this.sandbox!.url;
  }

  get databaseUrl(): string {
    const url = new URL(adminUrl!);
    url.pathname = `/${this.database}`;
    return url.toString();
  }

  async start(): Promise<void> {
    await administer(`create database ${this.database}`);
    await this.open(0);
  }

  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port);
    await this.sandbox!.close();
    await this.open(port);
  }

  async stop(): Promise<void> {
    await this.sandbox?.close();
    await administer(`drop database if exists ${this.database} with (force)`);
  }

  /** As if nothing had ever happened. */
  async clear(): Promise<void> {
    const tables = ['object', 'idempotency', 'delivery', 'setting'].map((table) => `stripe_sandbox.${table}`);
    await administer(`truncate ${tables.join(', ')}`, this.databaseUrl);
  }

  client(key = 'sk_test_yuzhi', options: Partial<Stripe.StripeConfig> = {}): Stripe {
    const { hostname: host, port } = new URL(this.url);
    return new Stripe(key, { host, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...options });
  }

  requests() {
    return this.sandbox!.requests();
  }

  /** The sandbox's own interface. Throws what it refuses. */
  async control<T = unknown>(method: 'DELETE' | 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/_sandbox${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T & { error?: { message: string } };
    if (!response.ok) throw new Error(answer.error?.message ?? `status ${response.status}`);
    return answer;
  }

  advance(seconds: number): Promise<unknown> {
    return this.control('POST', '/clock/advance', { seconds });
  }

  summary(): Promise<Summary> {
    return this.control('GET', '/summary');
  }

  /** A payee that has been through onboarding. */
  async payee(businessType: 'company' | 'individual' = 'individual'): Promise<string> {
    const account = await this.stripe.accounts.create({
      type: 'express',
      country: 'CN',
      business_type: businessType,
      capabilities: { transfers: { requested: true } },
    });
    await this.control('POST', `/accounts/${account.id}/complete`);
    return account.id;
  }

  /** A card payment whose funds are available at once, unless another card says otherwise. */
  paid(fen: bigint, card = 'pm_card_bypassPending', extra: Partial<Stripe.PaymentIntentCreateParams> = {}) {
    const payment = { currency: 'cny', allowed_payment_method_types: ['card'], payment_method: card, confirm: true };
    return this.stripe.paymentIntents.create({ amount: Number(fen), ...payment, ...extra });
  }

  private async open(port: number): Promise<void> {
    this.sandbox = await startStripeSandbox({
      databaseUrl: this.databaseUrl,
      port,
      ...(this.now && { now: this.now }),
    });
    this.stripe = this.client();
  }
}

/** Starts it before the file's tests and removes it after them. */
export function useSandbox(now?: () => number): SandboxUnderTest {
  const sandbox = new SandboxUnderTest(now);
  beforeAll(() => sandbox.start());
  afterAll(() => sandbox.stop());
  return sandbox;
}

/** Every request that the file's tests made, before the judge that Stripe publishes. Belongs at the end of a file. */
export async function expectStripeMockToAccept(sandbox: Pick<StripeSandbox, 'requests'>): Promise<void> {
  const mock = await startStripeMock();
  try {
    const requests = sandbox.requests();
    expect(requests.length).toBeGreaterThan(0);
    const refusals = await mock.replay(requests);
    // It answers 404 to all of /v2, which it does not know; the day it does, this fails and these join the others.
    const v2 = requests.filter(({ url }) => url.startsWith('/v2/'));
    expect(refusals.filter(({ request, status }) => v2.includes(request) && status === 404)).toHaveLength(v2.length);
    expect(refusals.filter(({ request }) => !v2.includes(request))).toEqual([]);
  } finally {
    await mock.stop();
  }
}

/** What Stripe refused, as the client's own error. */
export async function refusal(request: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('it was not refused', { cause: error });
}
