import { describe, expect, it } from '@jest/globals';
import { root } from '@yuzhi/backing/environment';
import { join } from 'node:path';
import { givenServers, Launched, leftOf } from './launched.fixture.ts';

/**
 * 245,000 yuan less a fee of 2 % (4,900) and documented costs of 8,000 leaves 232,100; of that inventors receive 70 %
 * (162,470), the first of them twice as much as the others (Henan's regulation on the transformation of achievements);
 * the seller the rest and his costs.
 */
const MONEY = ['¥245,000.00', '¥4,900.00', '¥8,000.00', '¥232,100.00', '¥81,235.00', '¥40,617.50', '¥77,630.00'];

describe('the demonstration', () => {
  it('tells the whole story, closes to the fen, and leaves nothing', async () => {
    const demo = new Launched('demo', [], givenServers());
    const code = await demo.ended;
    expect([code, demo.said]).toEqual([0, expect.stringMatching(/^10\. /m)]);
    for (const amount of MONEY) expect(demo.said).toContain(amount);
    expect(demo.said).toContain('总账合计 ¥0.00，与支付通道差额 ¥0.00');
    expect(leftOf(demo.pid, join(root, '.yuzhi/demo'))).toEqual([]);
  });
});
