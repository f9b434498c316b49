import type { Bench } from './bench.ts';
import type { Prepare } from './prepare.ts';
import { quoteAt } from './quotes.ts';
import { clear, shelve, type ShelfName } from './shelf.ts';
import { median } from './stats.ts';
import { noteSent, turnOf } from './turns.ts';

const FULL = 10_000_000;
const LOTS = 1000;
const AGAIN_MS = 5;
const ANSWERED_WITHIN_MS = 30_000;

const filled = new WeakSet<Bench>();
/** Many quotes are laid in once, few before each load. */
async function lay(bench: Bench, name: ShelfName, few: number): Promise<void> {
  const { adminUrl } = await bench.shelf(name);
  if (name === 'few') {
    await clear(adminUrl);
    return shelve(adminUrl, few);
  }
  if (filled.has(bench)) return;
  filled.add(bench);
  await shelve(adminUrl, FULL);
}

/** The load of another variant, on top of what is behind the engine. */
export const onShelf =
  (prepare: Prepare, name: ShelfName, few: number): Prepare =>
  async (bench, earlier) => ({ ...(await prepare(bench, earlier)), supply: () => lay(bench, name, few) });

/** Kills an engine and starts it again, over and over: how long until a quote on one of its open lots is accepted. */
export const bootLoad =
  (name: ShelfName, few: number): Prepare =>
  async (bench) => {
    const target = await bench.shelf(name);
    const lots = await target.lots(LOTS);
    const bidders = await bench.bidders.signedIn();
    const quote = async () => {
      const { amount, first } = turnOf(lots);
      const { path, headers, body } = quoteAt({ lots, bidders, amount, first }, first);
      noteSent(lots, 1);
      const answer = await fetch(target.url + path, { method: 'POST', headers, body });
      return answer.status;
    };
    const load = async (seconds: number) => {
      const started = performance.now();
      const boots: number[] = [];
      do {
        const since = performance.now();
        await target.restart();
        await untilAccepted(quote);
        boots.push(performance.now() - since);
      } while (performance.now() - started < seconds * 1000);
      const count = boots.length;
      const spent = (performance.now() - started) / 1000;
      return { operations: count, attempts: count, others: {}, seconds: spent, measures: { bootMs: median(boots) } };
    };
    return { cast: target.cast, load, supply: () => lay(bench, name, few) };
  };

async function untilAccepted(quote: () => Promise<number>): Promise<void> {
  for (const until = performance.now() + ANSWERED_WITHIN_MS; ;) {
    const status = await quote();
    if (status === 200) return;
    if (performance.now() > until) throw new Error(`an engine that was started again answers ${status}`);
    await new Promise((go) => setTimeout(go, AGAIN_MS));
  }
}
