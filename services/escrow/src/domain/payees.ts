import type { Payee } from './documents.ts';
import type { Draft } from './draft.ts';
import { intend } from './operations.ts';

/** Has an account opened with the rail; who has not finished there gets a fresh link, for theirs last minutes. */
export function onboard(draft: Draft, party: string, payee: Payee | undefined, returnUrl: string): void {
  if (!payee) {
    draft.putPayee({ party, state: 'opening', account: null, onboardingUrl: null, links: 0, version: 0 });
    intend(draft, { id: `payee:${party}`, kind: 'payee', saleId: null, party, amountFen: 0n, returnUrl });
    return;
  }
  const links = payee.links + 1;
  draft.putPayee({ ...payee, links, onboardingUrl: null });
  const id = `link:${party}:${links}`;
  intend(draft, { id, kind: 'link', saleId: null, party, amountFen: 0n, returnUrl, payeeAccount: payee.account });
}
