import { collectDefaultMetrics, type Metric, type OpenMetricsContentType, Registry } from 'prom-client';
import { Counters, type Declared, Gauges, Histograms } from './series.ts';

/** One registry a process; several services in one process tell themselves apart by the label `service`. */
export const registry = new Registry<OpenMetricsContentType>();
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
collectDefaultMetrics({ register: registry });

/** Seconds. Close to each other where answers usually lie, for whoever reckons quantiles. */
const SECONDS = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Families answer what the registry asks of a metric; it has no type for what answers without being one of its own. */
const registered = <F extends { readonly name: string }>(family: F): F => {
  registry.registerMetric(family as unknown as Metric);
  return family;
};
const counter = <L extends string>(declared: Declared<L>) => registered(new Counters(declared));
const gauge = <L extends string>(declared: Declared<L>) => registered(new Gauges(declared));
const histogram = <L extends string>(declared: Declared<L>, bounds: readonly number[]) =>
  registered(new Histograms(declared, bounds));

/** Everything that is counted on the platform. What a label may say has few values: no person, no lot, no id. */
export const metrics = {
  /** `type` is the command's; empty for what is no command. Live streams are not among them: they do not end. */
  requests: histogram(
    {
      name: 'yuzhi_http_request_seconds',
      help: 'Requests by route, command type and status.',
      unit: 'seconds',
      labels: ['service', 'method', 'route', 'type', 'status'],
    },
    SECONDS,
  ),
  /** `type` is of the command, form or hook whose own refusal it is; empty for a refusal of the door's. */
  refusals: counter({
    name: 'yuzhi_refusals_total',
    help: 'Refusals sent, by declaration, code and status.',
    unit: 'requests',
    labels: ['type', 'code', 'status'],
  }),
  decided: counter({
    name: 'yuzhi_commands_decided_total',
    help: 'Commands decided, by type and outcome code.',
    unit: 'commands',
    labels: ['service', 'type', 'code'],
  }),
  commits: histogram(
    { name: 'yuzhi_commit_seconds', help: 'Duration of one batch commit.', unit: 'seconds', labels: ['service'] },
    SECONDS,
  ),
  commitSizes: histogram(
    { name: 'yuzhi_commit_commands', help: 'Commands of one batch commit.', unit: 'commands', labels: ['service'] },
    SIZES,
  ),
  retries: counter({
    name: 'yuzhi_commit_retries_total',
    help: 'Batches tried again, by reason.',
    unit: 'commands',
    labels: ['service', 'reason'],
  }),
  quarantined: counter({
    name: 'yuzhi_quarantined_total',
    help: 'Poisoned commands and events set aside.',
    unit: 'records',
    labels: ['service', 'kind'],
  }),
  /** Counted when committed. */
  moves: counter({
    name: 'yuzhi_process_moves_total',
    help: 'Moves of process managers, by process, state and what happened.',
    unit: 'moves',
    labels: ['process', 'from', 'on'],
  }),
  errands: counter({
    name: 'yuzhi_errand_calls_total',
    help: 'Calls to the outside, by errand and whether they were answered.',
    unit: 'requests',
    labels: ['service', 'errand', 'answered'],
  }),
  lag: gauge({
    name: 'yuzhi_consumer_lag_records',
    help: 'Records on the log that a consumer is not through with, by its group.',
    unit: 'records',
    labels: ['service', 'group'],
  }),
  queued: gauge({
    name: 'yuzhi_commands_queued',
    help: 'Commands that were fetched and wait for their commit.',
    unit: 'commands',
    labels: ['service'],
  }),
  unsent: gauge({
    name: 'yuzhi_outbox_unsent_records',
    help: 'Committed records that are not on the log yet.',
    unit: 'records',
    labels: ['service'],
  }),
  outboxAge: gauge({
    name: 'yuzhi_outbox_age_seconds',
    help: 'How long the oldest committed record has waited to be on the log.',
    unit: 'seconds',
    labels: ['service'],
  }),
  sealAge: gauge({
    name: 'yuzhi_seal_age_seconds',
    help: 'How long ago everything written until then was sealed: what may have been edited since shows in no seal.',
    unit: 'seconds',
    labels: ['chain'],
  }),
  /** Of the reconciler, which is a job and no process that is scraped: it leaves them in a file. */
  findings: gauge({
    name: 'yuzhi_reconcile_findings',
    help: 'What each check of the last reconciliation found.',
    unit: 'records',
    labels: ['check'],
  }),
  reconciledAt: gauge({
    name: 'yuzhi_reconciled_at_seconds',
    help: 'When the last reconciliation ended, seconds since 1970.',
    unit: 'seconds',
    labels: [],
  }),
  setAside: gauge({
    name: 'yuzhi_set_aside_records',
    help: 'Poisoned commands and parked events that wait for repair.',
    unit: 'records',
    labels: ['service', 'kind'],
  }),
  overdue: gauge({
    name: 'yuzhi_process_overdue_seconds',
    help: 'How far the oldest process is past its deadline.',
    unit: 'seconds',
    labels: ['service'],
  }),
  errandsPending: gauge({
    name: 'yuzhi_errands_pending',
    help: 'Work with the outside that is intended and has no result.',
    unit: 'tasks',
    labels: ['service'],
  }),
  callers: gauge({
    name: 'yuzhi_callers_waiting',
    help: 'Callers at this door who wait for a decision, by owner.',
    unit: 'requests',
    labels: ['owner'],
  }),
  poolWaiting: gauge({
    name: 'yuzhi_pool_waiting_requests',
    help: 'Statements that wait for a database connection.',
    unit: 'requests',
    labels: ['service', 'pool'],
  }),
  poolOpen: gauge({
    name: 'yuzhi_pool_connections',
    help: 'Open database connections.',
    unit: 'connections',
    labels: ['service', 'pool'],
  }),
  watchers: gauge({
    name: 'yuzhi_stream_watchers',
    help: 'Open live streams.',
    unit: 'watchers',
    labels: ['stream'],
  }),
  failedLooks: counter({
    name: 'yuzhi_failed_looks_total',
    help: 'Gauges that could not be read: what they say is old.',
    unit: 'requests',
    labels: ['of'],
  }),
};
