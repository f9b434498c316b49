import { z } from 'zod';
import { command, query, refusal, refusing, stream } from './declare.ts';
import { Id, Instant, page, paging, SaleId, text } from './scalars.ts';
import { SERVICES } from './service-names.ts';

/** A count of things; null where it cannot be known. */
const Count = z.int().min(0);
const PerSecond = z.number().min(0);
const Milliseconds = z.number().min(0);
/** Of 1. */
const Share = z.number().min(0).max(1);

const placeOf = {
  service: z.enum(SERVICES),
  kind: z.enum(['command', 'event']),
  topic: z.string().regex(/^[a-z-]+\.(commands|events)$/),
  partition: z.int().min(0).max(9999),
  offset: z.string().regex(/^\d{1,18}$/),
  key: text(255),
};
/** A poisoned command or a parked event: where it stands on the log, and why it was set aside by `service`. */
export const SetAsideRecord = z
  .object({
    ...placeOf,
    key: z.string(),
    type: z.string().nullable(),
    /** The first line of what was thrown. */
    error: z.string(),
    at: Instant,
  })
  .meta({ id: 'SetAsideRecord' });

/** Between two looks at every process. What nobody could be asked about is null; times are of the real clock. */
export const LiveFrame = z
  .object({
    at: Instant,
    overMs: Count,
    /** At the doors. Quantiles are interpolated within the buckets of the metrics. */
    requests: z.object({
      perSecond: PerSecond,
      failedShare: Share.nullable(),
      p50Ms: Milliseconds.nullable(),
      p95Ms: Milliseconds.nullable(),
      p99Ms: Milliseconds.nullable(),
    }),
    bids: z.object({ acceptedPerSecond: PerSecond, refusedPerSecond: PerSecond, p99Ms: Milliseconds.nullable() }),
    callersWaiting: Count,
    watchers: z.object({ halls: Count, all: Count }),
    oldestOutboxMs: Milliseconds,
    overdueMs: Milliseconds,
    lag: z.array(z.object({ service: z.string(), group: z.string(), records: Count })),
    setAside: z.object({ commands: Count, events: Count, items: z.array(SetAsideRecord) }),
    /**
     * Halls that are watched or bid in. `moments` are what was shown in them during the last minute; `p99Ms` is of the
     * answers to quotes of the last minute or two, null where nobody watches or nobody quoted.
     */
    halls: z.array(z.object({ saleId: SaleId, watchers: Count, moments: Count, p99Ms: Milliseconds.nullable() })),
    members: z.array(z.object({ name: z.string(), up: z.boolean(), busyShare: Share.nullable() })),
  })
  .meta({ id: 'LiveFrame' });
/** One frame every two seconds while somebody watches; its number is the time in units of two seconds. */
export const live = stream('oversight.ops.live.v1', {
  route: 'GET /v1/ops/live',
  summary: { zh: '运维实时视图（每两秒一帧）', en: 'Live view for ops: a frame every two seconds' },
  permission: ['ops'],
  params: z.object({ view: z.literal('main').default('main') }),
  key: 'view',
  item: LiveFrame,
});
export const listSetAside = query('oversight.ops.set-aside.v1', {
  route: 'GET /v1/ops/set-aside',
  summary: { zh: '隔离的命令与停放的事件', en: 'Poisoned commands and parked events' },
  permission: ['ops'],
  params: z.object({}),
  answer: z.object({
    items: z.array(SetAsideRecord),
    /** Who did not answer: what they set aside is not among the items. */
    silent: z.array(z.string()),
  }),
});

export const opsRefusals = {
  'replay-not-found': refusal(
    404,
    ['没有该重放申请。', 'There is no such replay.'],
    ['请核对申请编号。', 'Check its id.'],
  ),
  'replay-own': refusal(
    403,
    ['申请人不能批准自己的重放。', 'Whoever asked for a replay does not approve it.'],
    ['请另一名运维人员批准。', 'Ask another ops person to approve it.'],
  ),
  'replay-settled': refusal(
    409,
    ['该重放申请已批准、已撤回或已过期。', 'The replay was approved or declined already, or is too old.'],
    ['如仍需重放，请重新申请。', 'Ask for it anew if it is still wanted.'],
  ),
};
const r = opsRefusals;

const Replay = z.object({ replay: Id });
/** What can never be sent again, such as bytes that are no request, is discarded; the log has it as long as it has. */
const Act = z.enum(['replay', 'discard']);
/**
 * An event that is sent again stands for everything that is parked under its key: order is kept. One that is discarded
 * stands for itself.
 */
export const askReplay = command('oversight.replay.ask.v1', {
  route: 'POST /v1/ops/replays',
  summary: {
    zh: '申请重放或丢弃隔离的命令或停放的事件',
    en: 'Ask for a replay of what was set aside, or to discard it',
  },
  key: 'replay',
  keyType: Id,
  data: z.object({ ...placeOf, act: Act.default('replay'), reason: text(300) }),
  answer: Replay,
  permission: ['ops'],
  rejections: {},
});
export const approveReplay = command('oversight.replay.approve.v1', {
  route: 'POST /v1/ops/replays/:replay/approval',
  summary: { zh: '批准重放（须为另一人）', en: 'Approve a replay, as another person' },
  key: 'replay',
  keyType: Id,
  data: z.object({}),
  answer: Replay,
  permission: ['ops'],
  rejections: refusing(r, 'replay-not-found', 'replay-own', 'replay-settled'),
});
export const declineReplay = command('oversight.replay.decline.v1', {
  route: 'POST /v1/ops/replays/:replay/refusal',
  summary: { zh: '否决或撤回重放申请', en: 'Decline a replay, or take it back' },
  key: 'replay',
  keyType: Id,
  data: z.object({}),
  answer: Replay,
  permission: ['ops'],
  rejections: refusing(r, 'replay-not-found', 'replay-settled'),
});
/** Sent by oversight itself when the owner was told. */
export const settleReplay = command('oversight.replay.settle.v1', {
  summary: { zh: '重放已执行', en: 'A replay was carried out' },
  key: 'replay',
  keyType: Id,
  data: z.object({ replay: Id, sent: Count, stillPoisoned: z.string().max(1000).nullable() }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});

export const ReplayView = z
  .object({
    replay: Id,
    state: z.enum(['asked', 'approved', 'declined', 'expired', 'settled']),
    record: z.object({ ...placeOf, key: z.string() }),
    act: Act,
    reason: z.string(),
    askedBy: z.string(),
    askedAt: Instant,
    /** Until when somebody may agree. */
    validUntil: Instant,
    /** Who approved or declined. */
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    /** How many were sent again or discarded; none: nothing was there any more, or `stillPoisoned` says why not. */
    outcome: z.object({ sent: Count, stillPoisoned: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'Replay' });
/** Newest first. */
export const listReplays = query('oversight.replay.list.v1', {
  route: 'GET /v1/ops/replays',
  summary: { zh: '重放申请', en: 'Replays' },
  permission: ['ops'],
  params: z.object(paging),
  answer: page(ReplayView),
});
