import { describe, expect, it } from '@jest/globals';
import { MemoryBroker, MemoryLog } from '@yuzhi/messaging/memory-log';
import { calendar, rules } from '@yuzhi/protocol/oversight';
import { logger } from '@yuzhi/telemetry/logging';
import { Calendar, Rulebook } from './rulebook.ts';

const source = { zh: '测试', en: 'test' };
const version = (id: string, value: string, unit: string, from = '2020-01-01', to: string | null = null) => ({
  id,
  value,
  unit,
  source,
  status: 'plan',
  from,
  to,
});
const quiet = logger('till', 'silent');
const on = (date: string) => Date.parse(`${date}T10:00:00+08:00`);
const now = on('2026-06-01');

async function opened(needed: string[] = []) {
  const broker = new MemoryBroker();
  broker.create({ topic: rules.topic, partitions: 1, compacted: true });
  broker.create({ topic: calendar.topic, partitions: 1, compacted: true });
  const keep = (id: string, rulebook: string, ...versions: object[]) =>
    broker.append({ topic: rules.topic, key: id, value: JSON.stringify({ id, rulebook, versions }) });
  return { log: new MemoryLog(broker), broker, keep, rulebook: new Rulebook(needed, quiet) };
}

describe('a rulebook', () => {
  it('gives each value in its own unit', async () => {
    const { log, keep, rulebook } = await opened();
    keep('fees.sale', '2026.1', version('fees.sale', '250', 'bps'));
    keep('fees.cap', '2026.1', version('fees.cap', '9007199254740993', 'fen'));
    keep('sale.signing', '2026.1', version('sale.signing', '5', 'working-days'));
    keep('terms.text', '2026.1', version('terms.text', '2026-A', 'version'));
    await rulebook.start(log);
    expect(rulebook.bps('fees.sale', now)).toBe(250);
    expect(rulebook.fen('fees.cap', now)).toBe(9_007_199_254_740_993n);
    expect(rulebook.int('sale.signing', now)).toBe(5);
    expect(rulebook.text('terms.text', now)).toBe('2026-A');
    expect(rulebook.at('fees.sale', now).status).toBe('plan');
  });

  it('refuses to take a value for what it is not', async () => {
    const { log, keep, rulebook } = await opened();
    keep('fees.sale', '1', version('fees.sale', '250', 'bps'));
    keep('odd.count', '1', version('odd.count', '2.5', 'count'));
    await rulebook.start(log);
    expect(() => rulebook.fen('fees.sale', now)).toThrow(RangeError);
    expect(() => rulebook.int('fees.sale', now)).toThrow(RangeError);
    expect(() => rulebook.int('odd.count', now)).toThrow(RangeError);
    expect(() => rulebook.int('not.there', now)).toThrow('no rule not.there is in force on 2026-06-01');
  });

  it('gives the version that was in force on the day, both its first and its last day included', async () => {
    const { log, keep, rulebook } = await opened();
    keep(
      'fees.sale',
      '2',
      version('fees.sale', '300', 'bps', '2025-01-01', '2025-12-31'),
      version('fees.sale', '250', 'bps', '2026-01-01'),
    );
    await rulebook.start(log);
    expect(rulebook.bps('fees.sale', on('2025-01-01'))).toBe(300);
    expect(rulebook.bps('fees.sale', Date.parse('2025-12-31T23:59:59.999+08:00'))).toBe(300);
    expect(rulebook.bps('fees.sale', Date.parse('2026-01-01T00:00:00+08:00'))).toBe(250);
    expect(() => rulebook.bps('fees.sale', on('2024-12-31'))).toThrow(RangeError);
  });

  it('gives a list of words, of those that may stand in it', async () => {
    const { log, keep, rulebook } = await opened();
    keep('net.deducts', '1', version('net.deducts', 'costs,fee', 'list'));
    keep('net.nothing', '1', version('net.nothing', '', 'list'));
    await rulebook.start(log);
    expect(rulebook.list('net.deducts', ['fee', 'costs', 'tax'], now)).toEqual(['fee', 'costs']);
    expect(rulebook.list('net.nothing', ['fee'], now)).toEqual([]);
    expect(() => rulebook.list('net.deducts', ['fee'], now)).toThrow(RangeError);
    expect(() => rulebook.int('net.deducts', now)).toThrow(RangeError);
  });

  it('takes the rule of a province before the nation’s, as long as it is in force', async () => {
    const { log, keep, rulebook } = await opened();
    keep('floor', '1', version('floor', '5000', 'bps'));
    keep('floor.41', '1', version('floor.41', '7000', 'bps', '2026-01-01'));
    await rulebook.start(log);
    expect(rulebook.of('floor', '410100', now)).toBe('floor.41');
    for (const region of ['110000', undefined]) expect(rulebook.of('floor', region, now)).toBe('floor');
    expect(rulebook.of('floor', '410100', on('2025-12-31'))).toBe('floor');
  });

  it('names the version that was activated last', async () => {
    const { log, keep, rulebook } = await opened();
    expect(() => rulebook.version()).toThrow(RangeError);
    keep('fees.sale', '2026.1', version('fees.sale', '250', 'bps'));
    await rulebook.start(log);
    expect(rulebook.version()).toBe('2026.1');
    keep('fees.sale', '2026.2', version('fees.sale', '200', 'bps'));
    expect(rulebook.version()).toBe('2026.2');
    expect(rulebook.bps('fees.sale', now)).toBe(200);
  });

  it('has not started before it holds every rule that the service needs', async () => {
    const { log, keep, rulebook } = await opened(['fees.sale', 'fees.cap']);
    let started = false;
    keep('fees.sale', '1', version('fees.sale', '250', 'bps'));
    const starting = rulebook.start(log).then(() => (started = true));
    await new Promise((go) => setTimeout(go, 20));
    expect(started).toBe(false);
    expect(rulebook.missing).toEqual(['fees.cap']);
    keep('fees.cap', '1', version('fees.cap', '1', 'fen'));
    await starting;
    expect(rulebook.missing).toEqual([]);
  });
});

describe('the calendar', () => {
  it('reckons with the years that oversight published, as soon as they are', async () => {
    const { log, broker } = await opened();
    const days = new Calendar();
    await days.start(log);
    expect(days.isWorkingDay(on('2026-10-10'))).toBe(false);
    expect(days.addWorkingDays(on('2026-10-09'), 1).provisional).toBe(true);
    const year = { year: 2026, provisional: false, source: 'test', holidays: ['2026-10-01'], workdays: ['2026-10-10'] };
    broker.append({ topic: calendar.topic, key: '2026', value: JSON.stringify(year) });
    expect(days.isWorkingDay(on('2026-10-10'))).toBe(true);
    expect(days.isWorkingDay(on('2026-10-01'))).toBe(false);
    expect(days.addWorkingDays(on('2026-10-09'), 1)).toEqual({ at: on('2026-10-11') - 36_000_000, provisional: false });
  });
});
