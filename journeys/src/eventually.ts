import { isUnanswered, Refused } from '@yuzhi/protocol/refused';

const WITHIN_MS = 45_000;

/** Repeats what may be repeated while nobody answers: a server that is just starting again. */
export async function untilAnswered<T>(act: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + WITHIN_MS; ;) {
    try {
      return await act();
    } catch (error) {
      if (!isUnanswered(error) || performance.now() > until) throw error;
      await new Promise((go) => setTimeout(go, 200));
    }
  }
}

/**
 * Asks again until `found` gives something: what follows a command on other services takes a moment. Refusals are
 * waited out too; the last one is thrown when the time is over.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  withinMs = WITHIN_MS,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (let wait = 20, last: unknown; ; wait = Math.min(wait * 1.5, 250)) {
    try {
      const found = await ask();
      if (found) return found;
    } catch (error) {
      if (!(error instanceof Refused) && !isUnanswered(error)) throw error;
      last = error;
    }
    if (performance.now() > until) throw new Error(`${what}: not within ${withinMs / 1000} s`, { cause: last });
    await new Promise((go) => setTimeout(go, wait));
  }
}
