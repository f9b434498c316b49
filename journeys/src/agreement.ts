import { getReconciliation, listOperations } from '@yuzhi/protocol/escrow';
import { eventually } from './eventually.ts';
import type { Stage } from './stage.ts';

/** What the book and the rail differ by, once no call of the rail is under way. Throws with those that stay open. */
export async function agreement(stage: Stage) {
  const { desk } = stage;
  const openOnes = async () => {
    const states = ['intended', 'sent', 'blocked'] as const;
    const pages = await Promise.all(states.map((state) => desk.ask(listOperations, { state, limit: 100 })));
    return pages.flatMap(({ items }) => items).filter(({ kind }) => kind !== 'payee');
  };
  const settled = eventually('agreement', async () => {
    const reconciled = await desk.ask(getReconciliation, {});
    return reconciled.operationsOpen === 0 && reconciled;
  });
  return settled.catch(async (cause: unknown) => {
    throw new Error(`open on the rail: ${JSON.stringify(await openOnes())}`, { cause });
  });
}
