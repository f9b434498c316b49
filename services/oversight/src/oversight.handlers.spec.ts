import { describe, expect, it } from '@jest/globals';
import { Accepted, type Decision, type Sent } from '@yuzhi/messaging/decision';
import type { Command, DataOf } from '@yuzhi/protocol/declare';
import type { activateRulebook } from '@yuzhi/protocol/oversight';
import type { ClockState } from './domain/clock.ts';
import { activated } from './domain/rulebook.ts';
import type { OversightConfig } from './oversight.config.ts';
import { ClockHandlers, RulebookHandlers } from './oversight.handlers.ts';

const NOW = 1_796_000_000_000;
const sent = <C extends Command>(data: DataOf<C>) => ({ key: 'main', data }) as unknown as Sent<C>;
const codeOf = (decision: Decision<unknown>) => (decision instanceof Accepted ? 'done' : decision.code);
const keptBy = ({ kept }: Decision<unknown>) =>
  kept.map(({ table, key, data }) => [table.type.split('.')[1], key, data]);

const rule = (id: string, value: string, from = '2026-01-01') => ({
  ...{ id, value, unit: 'bps' as const, source: { zh: '演示', en: 'demonstration' } },
  ...{ status: 'proposal' as const, from, to: null },
});
const year = (of: number) => ({ year: of, provisional: false, source: 'test', holidays: [], workdays: [] });
const edition = (
  version: string,
  more: Partial<DataOf<typeof activateRulebook>> = {},
): DataOf<typeof activateRulebook> => ({
  ...{ rulebook: 'main', version, rules: [rule('escrow.fee-bps', '200')], calendar: [year(2026)] },
  ...more,
});

describe('activating a rulebook', () => {
  const { activate } = new RulebookHandlers();

  it('lets everybody hold each rule with all its versions, and each year', () => {
    const rules = [
      rule('escrow.fee-bps', '200'),
      rule('bidding.deposit-min-bps', '500'),
      rule('escrow.fee-bps', '150', '2027-01-01'),
    ];
    const decision = activate(undefined, sent(edition('2026-11', { rules })), NOW);
    expect(decision).toMatchObject({ body: { version: '2026-11' }, state: { edition: '2026-11', version: 1 } });
    expect(keptBy(decision)).toEqual([
      ['rules', 'escrow.fee-bps', { id: 'escrow.fee-bps', rulebook: '2026-11', versions: [rules[0], rules[2]] }],
      [
        'rules',
        'bidding.deposit-min-bps',
        { id: 'bidding.deposit-min-bps', rulebook: '2026-11', versions: [rules[1]] },
      ],
      ['calendar', '2026', year(2026)],
    ]);
    expect(decision.events.map(({ data }) => data)).toEqual([{ rulebook: 'main', version: '2026-11', rules: 3 }]);
  });

  it('takes back what the new edition no longer has', () => {
    const before = activated(
      undefined,
      edition('2026-11', { rules: [rule('a.b', '1'), rule('c.d', '2')], calendar: [year(2025), year(2026)] }),
      NOW,
    );
    const decision = activate(before, sent(edition('2026-12', { rules: [rule('c.d', '3')] })), NOW);
    const gone = keptBy(decision).filter(([, , data]) => data === null);
    expect(gone).toEqual([
      ['rules', 'a.b', null],
      ['calendar', '2025', null],
    ]);
  });

  it('that is in force changes nothing', () => {
    const before = activated(undefined, edition('2026-11'), NOW);
    const again = activate(before, sent(edition('2026-11', { rules: [rule('a.b', '1')] })), NOW + 1);
    expect(again).toMatchObject({ state: before, body: { version: '2026-11' }, kept: [], events: [] });
  });
});

describe('the clock', () => {
  const clock = new ClockHandlers({ steppable: true } as OversightConfig);
  const still = new ClockHandlers({ steppable: false } as OversightConfig);
  const moving: ClockState = { id: 'main', offsetMs: 0, movingTo: NOW + 1000, version: 1 };
  const to = NOW + 1000;

  it('sets off, or is refused by every code', () => {
    expect(clock.advance(undefined, sent({ clock: 'main', to }), NOW)).toMatchObject({ state: moving, body: { to } });
    expect(codeOf(still.advance(undefined, sent({ clock: 'main', to }), NOW))).toBe('clock-immovable');
    expect(codeOf(clock.advance(undefined, sent({ clock: 'main', to: NOW }), NOW))).toBe('clock-behind');
    expect(codeOf(clock.advance(moving, sent({ clock: 'main', to: to + 1 }), NOW))).toBe('clock-moving');
  });

  it('tells that it has arrived, once', () => {
    const arrive = (state: ClockState | undefined) => clock.arrive(state, sent({ clock: 'main', offsetMs: 1000, to }));
    const arrived = arrive(moving);
    expect(arrived.state).toEqual({ ...moving, movingTo: null, offsetMs: 1000, version: 2 });
    expect(arrived.events.map(({ data }) => data)).toEqual([{ clock: 'main', to }]);
    expect(arrive(arrived.state)).toMatchObject({ state: arrived.state, events: [] });
  });
});
