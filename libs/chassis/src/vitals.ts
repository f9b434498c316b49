import { performance } from 'node:perf_hooks';
import type { Reader } from '@yuzhi/database/store';
import { listSetAside, type SetAside } from '@yuzhi/messaging/quarantine';
import type { Runtime } from '@yuzhi/messaging/runtime';
import type { Standing } from '@yuzhi/messaging/standing';
import { metrics } from '@yuzhi/telemetry/metrics';
import { merged } from '@yuzhi/telemetry/series';
import type { FastifyInstance } from 'fastify';
import type { InnerDoor } from './internal.ts';

/** How one process is: totals since its start, from whose differences rates come, and how things stand. */
export interface Vitals extends Told {
  service: string;
  /** Upper bounds of the buckets in `answers`, seconds. */
  bounds: readonly number[];
  /** By type of command; the empty one is everything else. `counts` by bucket, `failed` are those of 500 and above. */
  answers: { type: string; failed: number; counts: number[] }[];
  decided: { type: string; code: string; count: number }[];
  /** Share of the time in which the event loop had work, since it was asked last. */
  busy: number;
}
/** What only the process itself knows, by what it is. */
export interface Told {
  /** Of an owner. */
  standing?: Standing;
  setAside?: SetAside[];
  /** Items of the last minute by live channel, the busiest first. */
  busiest?: { channel: string; items: number }[];
  /**
   * Of a door: who watches which live channel, with the answers of the last minute or two to callers who asked
   * something of what is shown there, by bucket; and callers that wait for a decision.
   */
  watchers?: { channel: string; watchers: number; answers: number[] }[];
  callers?: number;
}

/** Of one look at what was set aside. */
const SET_ASIDE_MAX = 200;
const BUSIEST_MAX = 20;

/** What an owner tells of itself. */
export const ownerVitals = (runtime: Runtime, reader: Reader) => async (): Promise<Told> => {
  const [standing, setAside] = await Promise.all([runtime.standing(), listSetAside(reader, SET_ASIDE_MAX)]);
  return { standing, setAside, busiest: runtime.busiest.top(BUSIEST_MAX) };
};

/** What users ask for; our own looks at ourselves are not traffic. */
const isTraffic = ({ route }: Readonly<Record<string, string>>) => !/^\/(health|metrics|internal)\b/.test(route ?? '');

function answersOf(service: string): Vitals['answers'] {
  const series = metrics.requests.where({ service }).filter(({ labels }) => isTraffic(labels));
  const byType = Map.groupBy(series, ({ labels }) => labels['type'] ?? '');
  return [...byType].map(([type, of]) => ({
    type,
    failed: of
      .filter(({ labels }) => Number(labels['status']) >= 500)
      .flatMap(({ counts }) => counts)
      .reduce((sum, count) => sum + count, 0),
    counts: merged(of.map(({ counts }) => counts)),
  }));
}

/** Tells the vitals of this process to whoever knows the secret. */
export function registerVitals(http: FastifyInstance, door: InnerDoor, service: string, tell: () => Promise<Told>) {
  let before = performance.eventLoopUtilization();
  http.get('/internal/vitals', door, async (): Promise<Vitals> => {
    const now = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(now, before).utilization;
    before = now;
    const decided = metrics.decided
      .where({ service })
      .map(({ labels, value }) => ({ type: labels['type']!, code: labels['code']!, count: value }));
    const { bounds } = metrics.requests;
    return { service, bounds, answers: answersOf(service), decided, busy, ...(await tell()) };
  });
}
