import { z } from 'zod';
import { command, event, query, refusal, refusing, table } from './declare.ts';
import { CivilDate, Instant, line, page, paging, SaleId } from './scalars.ts';

/** One number (or word) that law, a bank or an operator may change. Values are exact strings in the given unit. */
export const Rule = z
  .object({
    id: z.string().regex(/^[a-z-]+(\.[a-z0-9-]+)+$/),
    value: z.string().max(200),
    unit: z.enum(['fen', 'bps', 'working-days', 'days', 'months', 'seconds', 'count', 'list', 'version']),
    source: z.object({ zh: line(300), en: line(300) }),
    /** law, published, plan, proposal: as DOMAIN marks them; unverified ones are never shown as law. */
    status: z.enum(['law', 'published', 'plan', 'proposal', 'unverified']),
    from: CivilDate,
    to: CivilDate.nullable(),
  })
  .meta({ id: 'Rule' });
/** Key: the rule's id. All versions of it, newest last, and the rulebook version that put it in force. */
export const rules = table(
  'oversight.rules.v1',
  z.object({ id: z.string(), rulebook: z.string(), versions: z.array(Rule).min(1) }),
);
/** Key: the year. Days that differ from the plain week; provisional when the State Council has not announced them. */
export const CalendarYear = z
  .object({
    year: z.int().min(2020).max(2100),
    provisional: z.boolean(),
    source: line(200),
    /** Weekdays off. */
    holidays: z.array(CivilDate),
    /** Saturdays and Sundays worked (调休). */
    workdays: z.array(CivilDate),
  })
  .meta({ id: 'CalendarYear' });
export const calendar = table('oversight.calendar.v1', CalendarYear);

export const oversightRefusals = {
  'clock-immovable': refusal(
    409,
    ['本平台的时钟不可拨动。', 'The clock of this platform does not move.'],
    ['仅演示与测试平台可拨动时钟。', 'Only demonstration and test platforms step their clock.'],
  ),
  'clock-behind': refusal(
    422,
    ['时钟只能向前拨动。', 'The clock only moves forward.'],
    ['请选择晚于当前平台时间的时刻。', "Choose an instant after the platform's now."],
  ),
  'clock-moving': refusal(
    409,
    ['时钟正在推进中。', 'The clock is moving already.'],
    ['请等待到达后再试。', 'Wait until it has arrived.'],
  ),
};
const r = oversightRefusals;

export const activateRulebook = command('oversight.rulebook.activate.v1', {
  summary: { zh: '启用规则版本', en: 'Activate a rulebook version' },
  key: 'rulebook',
  keyType: z.literal('main'),
  data: z.object({
    rulebook: z.literal('main'),
    version: line(60),
    rules: z.array(Rule).min(1),
    calendar: z.array(CalendarYear).min(1),
  }),
  answer: z.object({ version: z.string() }),
  permission: ['service'],
  rejections: {},
});
export const advanceClock = command('oversight.clock.advance.v1', {
  route: 'POST /v1/clock/advance',
  summary: { zh: '推进演示时钟到某一时刻', en: 'Step the demonstration clock to an instant' },
  key: 'clock',
  keyType: z.literal('main'),
  data: z.object({ clock: z.literal('main').default('main'), to: Instant }),
  answer: z.object({ to: Instant }),
  permission: ['ops'],
  rejections: refusing(r, 'clock-immovable', 'clock-behind', 'clock-moving'),
});
/** Sent by oversight itself: everything up to the target has happened. */
export const arriveClock = command('oversight.clock.arrive.v1', {
  summary: { zh: '时钟到达', en: 'The clock has arrived' },
  key: 'clock',
  keyType: z.literal('main'),
  data: z.object({ clock: z.literal('main'), offsetMs: z.int().min(0), to: Instant }),
  answer: z.object({}),
  permission: ['service'],
  rejections: {},
});

export const rulebookActivated = event('oversight.rulebook.activated.v1', {
  key: 'rulebook',
  data: z.object({ rulebook: z.literal('main'), version: line(60), rules: z.int() }),
  sentence: { zh: '规则版本 {version} 生效。', en: 'Rulebook version {version} came into force.' },
  audience: 'public',
});
export const clockArrived = event('oversight.clock.arrived.v1', {
  key: 'clock',
  data: z.object({ clock: z.literal('main'), to: Instant }),
  sentence: { zh: '演示时钟已推进。', en: 'The demonstration clock was stepped.' },
  audience: 'desk',
});

export const getClock = query('oversight.clock.get.v1', {
  route: 'GET /v1/clock',
  summary: { zh: '平台时间', en: "The platform's time" },
  permission: 'anyone',
  params: z.object({}),
  answer: z.object({ now: Instant, steppable: z.boolean(), movingTo: Instant.nullable() }),
});
export const getRulebook = query('oversight.rulebook.get.v1', {
  route: 'GET /v1/rulebook',
  summary: { zh: '现行规则与来源', en: 'The rules in force and their sources' },
  permission: 'anyone',
  params: z.object({}),
  answer: z.object({ version: z.string(), activatedAt: Instant, rules: z.array(Rule) }),
});
export const getCalendar = query('oversight.calendar.get.v1', {
  route: 'GET /v1/calendar/:year',
  summary: { zh: '工作日历', en: 'The working-day calendar of a year' },
  permission: 'anyone',
  params: z.object({ year: z.coerce.number().int().min(2020).max(2100) }),
  answer: CalendarYear,
});
const RecordRow = z
  .object({
    at: Instant,
    type: z.string(),
    sentence: z.object({ zh: z.string(), en: z.string() }),
    /** Why: what was decided, and what led to it as far as the asker may see that. */
    reason: z.object({ zh: z.string(), en: z.string() }).nullable(),
    actor: z.object({ party: z.string(), person: z.string() }),
    eventId: z.string(),
  })
  .meta({ id: 'RecordRow' });
/** Who did what, when and why: only what the asker may see. */
export const getRecord = query('oversight.sale.record.v1', {
  route: 'GET /v1/sales/:saleId/record',
  summary: { zh: '一笔交易的全程记录', en: 'The record of a sale' },
  permission: 'anyone',
  params: z.object({ saleId: SaleId, ...paging }),
  answer: page(RecordRow),
});
export const listSales = query('oversight.sale.list.v1', {
  route: 'GET /v1/sales',
  summary: { zh: '全部交易', en: 'All sales' },
  permission: ['desk', 'ops'],
  params: z.object(paging),
  answer: page(
    z.object({ saleId: SaleId, startedAt: Instant, lastAt: Instant, events: z.int(), lastType: z.string() }),
  ),
});
