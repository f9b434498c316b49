import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One registry a process; several services in one process tell themselves apart by the label `service`. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });

const seconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const registers = [registry];

export const metrics = {
  requests: new Histogram({
    name: 'yuzhi_http_request_seconds',
    help: 'Requests by route and status, in seconds.',
    labelNames: ['service', 'route', 'status'],
    buckets: seconds,
    registers,
  }),
  decided: new Counter({
    name: 'yuzhi_commands_decided_total',
    help: 'Commands decided, by type and outcome code.',
    labelNames: ['service', 'type', 'code'],
    registers,
  }),
  commits: new Histogram({
    name: 'yuzhi_commit_seconds',
    help: 'Duration of one batch commit, in seconds.',
    labelNames: ['service'],
    buckets: seconds,
    registers,
  }),
  /** Counted when decided: a commit that is tried again counts twice. */
  moves: new Counter({
    name: 'yuzhi_process_moves_total',
    help: 'Moves of process managers, by process, state and what happened.',
    labelNames: ['process', 'from', 'on'],
    registers,
  }),
  refusals: new Counter({
    name: 'yuzhi_refusals_total',
    help: 'Refusals sent, by code and status.',
    labelNames: ['code', 'status'],
    registers,
  }),
  retries: new Counter({
    name: 'yuzhi_commit_retries_total',
    help: 'Batches tried again, by reason.',
    labelNames: ['service', 'reason'],
    registers,
  }),
  quarantined: new Counter({
    name: 'yuzhi_quarantined_total',
    help: 'Poisoned commands and events set aside.',
    labelNames: ['service', 'kind'],
    registers,
  }),
  lag: new Gauge({
    name: 'yuzhi_command_lag',
    help: 'Commands on the log that are not decided yet (end offset minus stored offset).',
    labelNames: ['service'],
    registers,
  }),
  watchers: new Gauge({
    name: 'yuzhi_stream_watchers',
    help: 'Open SSE connections.',
    labelNames: ['stream'],
    registers,
  }),
};
