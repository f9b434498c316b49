import { describe, expect, it } from '@jest/globals';
import { refusal } from './declare.ts';
import { platformRefusals } from './platform.ts';
import { problem } from './problem.ts';
import { isUnanswered, readRefusal, refusedFrom } from './refused.ts';

const tooLow = refusal(422, ['低于最低价', 'The bid is too low.'], ['请提高报价', 'Bid more.']);
const rejections = { 'bid-too-low': tooLow };
const answered = (status: number, body: string) => readRefusal(new Response(body, { status }), rejections);

describe('a refusal', () => {
  it('speaks in the words that came with it, else in those of the catalogue', async () => {
    const later = problem('bid-too-low', { ...tooLow, zh: '报价过低' }, { nextFen: '200' });
    expect(await answered(422, JSON.stringify(later))).toMatchObject({
      words: { zh: '报价过低' },
      body: { nextFen: '200' },
    });
    const outcome = { status: 422, code: 'bid-too-low', body: { nextFen: '200' } };
    expect(refusedFrom(outcome, rejections)).toMatchObject({ words: { zh: '低于最低价' }, next: tooLow.next });
    expect(refusedFrom({ ...outcome, code: 'forbidden' }, rejections).next).toEqual(platformRefusals.forbidden.next);
  });

  it('reads for a log as code and sentence', () => {
    expect(String(refusedFrom({ status: 422, code: 'bid-too-low', body: null }, rejections))).toBe(
      'Refused: bid-too-low: The bid is too low.',
    );
  });

  it.each([
    [502, '<html>Bad Gateway</html>'],
    [503, ''],
    [504, '"late"'],
    [500, '{"code":7}'],
  ])('by a proxy (%d %s) has no code of ours', async (status, body) => {
    expect(await answered(status, body)).toMatchObject({ code: `http-${status}`, status });
  });
});

describe('a problem', () => {
  it('keeps what the catalogue says, whatever else is said', () => {
    expect(problem('bid-too-low', tooLow, { status: 'open', code: 'x', nextFen: '200' })).toEqual({
      type: '/problems/bid-too-low',
      title: 'The bid is too low.',
      status: 422,
      code: 'bid-too-low',
      zh: '低于最低价',
      en: 'The bid is too low.',
      next: tooLow.next,
      nextFen: '200',
    });
  });
});

describe('nobody answered', () => {
  const coded = (code: string) => refusedFrom({ status: 503, code, body: {} });
  it.each([
    ['a lost connection', new TypeError('fetch failed'), true],
    ['our log', coded('log-unavailable'), true],
    ['an owner', coded('owner-unavailable'), true],
    ['a door that took nothing', coded('overloaded'), true],
    ['a proxy', coded('http-502'), true],
    ['a stored outcome', coded('bid-too-low'), false],
    ['too many requests', coded('too-many-requests'), false],
    ['a signal', new DOMException('over', 'AbortError'), false],
    ['anything else', undefined, false],
  ])('for %s: %s', (_, failure, expected) => {
    expect(isUnanswered(failure)).toBe(expected);
  });
});
