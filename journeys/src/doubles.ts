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
  completeOnboarding = (pageUrl: string, holder: string) => submitted(pageUrl, { action: 'complete', holder, last4: '6789' });
  /** Each call meets each of these faults with this probability, as the seed draws it. */
  async misbehave(modes: readonly string[], probability: number, seed: number): Promise<void> {
    for (const [i, mode] of modes.entries()) await control(`${this.url}/_sandbox/faults`, { mode, probability, seed: seed + i });
  }
  webhooks = (mode: string) => control(`${this.url}/_sandbox/webhooks`, { mode });
  /** Sends our hook an event that the rail did not sign. */
  forge = () => control(`${this.url}/_sandbox/webhooks/forge`, {}).then((answer) => (answer as { sent: { status: number }[] }).sent);
  async calm(): Promise<void> {
    await fetch(`${this.url}/_sandbox/faults`, { method: 'DELETE' });
    await this.webhooks('normal');
  }
  summary = async () => (await control(`${this.url}/_sandbox/summary`)) as RailSummary;
}

/** The simulated patent office. */
export class Office {
  constructor(private readonly url: string) {}

  async enter(patents: readonly object[]): Promise<void> {
    await control(`${this.url}/_office/patents`, { patents });
  }
  async owners(number: string): Promise<{ party: string; name: string }[]> {
    const { owners } = (await control(`${this.url}/register/${encodeURIComponent(number)}`)) as {
      owners: { party: string; name: string }[];
    };
    return owners;
  }
}
