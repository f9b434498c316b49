import { movePayee, type Payee } from './documents.ts';
import type { Draft } from './draft.ts';
import { intend } from './operations.ts';
import { payeeProcess } from './processes.ts';

/** The rail has made the account, if that was still awaited. */
export const opened = (payee: Payee): Payee => (payee.state === 'opening' ? movePayee(payee, 'opened') : payee);

/** Has an account opened with the rail; who has not finished there gets a fresh link, for theirs last minutes. */
export function onboard(draft: Draft, party: string, payee: Payee | undefined, returnUrl: string): void {
  if (!payee) {
    draft.putPayee({ party, state: payeeProcess.initial, account: null, onboardingUrl: null, links: 0, version: 0 });
    intend(draft, { id: `payee:${party}`, kind: 'payee', saleId: null, party, amountFen: 0n, returnUrl });
    return;
  }
  const links = payee.links + 1;
  draft.putPayee({ ...payee, links, onboardingUrl: null });
  const id = `link:${party}:${links}`;
  intend(draft, { id, kind: 'link', saleId: null, party, amountFen: 0n, returnUrl, payeeAccount: payee.account });
}
