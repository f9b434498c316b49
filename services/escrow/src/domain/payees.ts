import { movePayee, type Payee } from './documents.ts';
import type { Draft } from './draft.ts';
import { anew, intend } from './operations.ts';
import { payeeProcess } from './processes.ts';

/** The rail has made the account, if that was still awaited. */
export const opened = (payee: Payee): Payee => (payee.state === 'opening' ? movePayee(payee, 'opened') : payee);

/** What the rail is asked at present, or was asked last: his account, or a link to go on with it. */
export const onboardingId = ({ party, links }: Pick<Payee, 'party' | 'links'>): string =>
  links === 0 ? `payee:${party}` : `link:${party}:${links}`;
const blocked = (draft: Draft, payee: Payee) => {
  const asked = draft.book.operation(onboardingId(payee));
  return asked?.state === 'blocked' ? asked : undefined;
};

/** Whether his account is ready, or is being opened. */
export const hasAccount = (draft: Draft, payee: Payee): boolean =>
  payee.state === 'ready' || (payee.state === 'opening' && !blocked(draft, payee));

/** Has an account opened with the rail; who has not finished there gets a fresh link, for theirs last minutes. */
export function onboard(draft: Draft, party: string, payee: Payee | undefined, returnUrl: string): void {
  if (!payee) {
    draft.putPayee({ party, state: payeeProcess.initial, account: null, onboardingUrl: null, links: 0, version: 0 });
    const id = onboardingId({ party, links: 0 });
    intend(draft, { id, kind: 'payee', saleId: null, party, amountFen: 0n, returnUrl });
    return;
  }
  const refused = blocked(draft, payee);
  if (refused) return void anew(draft, { ...refused, returnUrl });
  const links = payee.links + 1;
  draft.putPayee({ ...payee, links, onboardingUrl: null });
  const id = onboardingId({ party, links });
  intend(draft, { id, kind: 'link', saleId: null, party, amountFen: 0n, returnUrl, payeeAccount: payee.account });
}
