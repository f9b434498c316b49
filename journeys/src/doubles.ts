/** What the outside world does in a demonstration: the simulated office's and the sandbox's control APIs. */
async function control(url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Sends a page's form; a page that leads on has taken it. */
async function submitted(pageUrl: string, fields: Record<string, string>): Promise<void> {
  const response = await fetch(pageUrl, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
  if (response.status !== 303) throw new Error(`${pageUrl} answered ${response.status}: ${await response.text()}`);
}

export interface RailSummary {
  paid_in_fen: string;
  refunded_fen: string;
  transferred_fen: string;
  paid_out_fen: string;
  difference_fen: string;
  balances: { account: string; available_fen: string; pending_fen: string }[];
}

/** The sandbox of the payment rail, as payers and banks move it. */
export class Rail {
  constructor(private readonly url: string) {}

  /** Pays on the hosted page, as a person's browser does: its form, with his method. */
  payOnPage = (pageUrl: string, method = 'alipay') => submitted(pageUrl, { method, outcome: 'succeeded' });
  completeOnboarding = (pageUrl: string, holder: string) =>
    submitted(pageUrl, { action: 'complete', holder, last4: '6789' });
  /** Each call meets each of these faults with this probability, as the seed draws it. */
  async misbehave(modes: readonly string[], probability: number, seed: number): Promise<void> {
    for (const [i, mode] of modes.entries())
      await control(`${this.url}/_sandbox/faults`, { mode, probability, seed: seed + i });
  }
  /** The next calls of an operation meet these faults, one each. */
  async fail(operation: string, modes: readonly string[]): Promise<void> {
    for (const mode of modes) await control(`${this.url}/_sandbox/faults`, { operation, mode, count: 1 });
  }
  /** The bank sends back what was called done, or is under way. */
  sendBack = (what: 'refunds' | 'payouts', id: string) => control(`${this.url}/_sandbox/${what}/${id}/fail`, {});
  /** Moves the rail's own clock on. */
  pass = (seconds: number) => control(`${this.url}/_sandbox/clock/advance`, { seconds });
  payOutWithin = (seconds: number) => control(`${this.url}/_sandbox/settings`, { payout_seconds: seconds });
  /** Calls since the rail started, and how many of them met which fault. */
  struck = async () =>
    (await control(`${this.url}/_sandbox/faults`)) as { calls: number; struck: Partial<Record<string, number>> };
  /** The payee's bank sends a payout back. */
  failPayout = (railId: string) => control(`${this.url}/_sandbox/payouts/${railId}/fail`, {});
  webhooks = (mode: string, more: object = {}) => control(`${this.url}/_sandbox/webhooks`, { mode, ...more });
  /** What was sent to us since the rail started, each copy counted, and how many were dropped. */
  deliveries = async () => (await control(`${this.url}/_sandbox/webhooks`)) as { posts: number; drops: number };
  /** Sends our hook an event that the rail did not sign. */
  forge = (kind = 'wrong-secret') =>
    control(`${this.url}/_sandbox/webhooks/forge`, { kind }).then(
      (answer) => (answer as { sent: { status: number }[] }).sent,
    );
  async calm(): Promise<void> {
    await fetch(`${this.url}/_sandbox/faults`, { method: 'DELETE' });
    await this.webhooks('normal');
  }
  summary = async () => (await control(`${this.url}/_sandbox/summary`)) as RailSummary;
}

export interface Owner {
  party: string;
  name: string;
}

/** Patents that the office enters at once. */
const ENTERED_MAX = 500;

/** The simulated patent office. */
export class Office {
  constructor(private readonly url: string) {}

  async enter(patents: readonly object[]): Promise<void> {
    for (let at = 0; at < patents.length; at += ENTERED_MAX) {
      await control(`${this.url}/_office/patents`, { patents: patents.slice(at, at + ENTERED_MAX) });
    }
  }
  async owners(number: string): Promise<Owner[]> {
    const { owners } = (await control(`${this.url}/register/${encodeURIComponent(number)}`)) as { owners: Owner[] };
    return owners;
  }

  /** Somebody's right on a patent, or what keeps its owner from dealing in it, from today on. */
  encumber = (number: string, kind: 'pledge' | 'preservation', holder: string) =>
    this.#ofPatent(number, 'encumbrances', { kind, holder: { party: null, name: holder } });
  /** The first encumbrance of a patent is E1. */
  disencumber = (number: string, release = 'E1') => this.#ofPatent(number, 'encumbrances', { release });
  payAnnuity = (number: string) => this.#ofPatent(number, 'annuity', { act: 'pay' });
  endOrRestore = (number: string, act: 'lapse' | 'restoration') => this.#ofPatent(number, 'status', { act });
  #ofPatent = (number: string, what: string, body: object) =>
    control(`${this.url}/_office/patents/${encodeURIComponent(number)}/${what}`, body);

  /** A transfer that did not go by way of the platform, registered today. */
  async transfer(number: string, from: readonly Owner[], to: readonly Owner[]): Promise<void> {
    const reference = `outside-${number}-${Math.random()}`;
    const filing = { kind: 'transfer', reference, number, contractSha256: '0'.repeat(64), from, to };
    const { id } = (await control(`${this.url}/filings`, filing)) as { id: string };
    await this.decide(id, 'registered').catch(async (error: unknown) => {
      // Its clock may have moved on meanwhile, and it have decided by itself.
      const { state } = (await control(`${this.url}/filings/${encodeURIComponent(id)}`)) as { state: string };
      if (state !== 'registered') throw error;
    });
  }
  decide = (filingId: string, outcome: 'registered' | 'refused' | 'defective') =>
    control(`${this.url}/_office/filings/${encodeURIComponent(filingId)}/decide`, { outcome });
  /** Working days until what is filed from now on is registered; half of them until it is examined. */
  takeDays = (days: number) => control(`${this.url}/_office/delay`, { days });
}
