import { readTransactions } from './pgbench.ts';
import { quotes } from './quotes.ts';
import { percentile, spreadOf } from './stats.ts';
import { wholeAnswer } from './steady.ts';
import { biddersPerLot, noteSent, turnOf } from './turns.ts';
import { readAnswer } from './wrk.ts';

const bidders = ['A', 'B', 'C', 'D'].map((organisation) => ({ token: 't', organisation, person: 'p' }));
const plan = { host: 'h:1', bidders, amount: 100_000_000_000_000, first: 0 };
const take = (lots: string[], count: number, first = 0) => {
  const requests = quotes({ ...plan, lots, first });
  return Array.from({ length: count }, () => {
    const { value } = requests.next();
    const [, lot, who, amount] = /auctions\/(\w+)\/bids.*x-organisation: (\w+).*"amountFen":"(\d+)"/s.exec(value)!;
    return { lot, who, amount: BigInt(amount!), value };
  });
};

describe('a load of quotes', () => {
  it('rises with every request, lot after lot, and nobody outbids himself', () => {
    const sent = take(['x', 'y'], 8);
    expect(sent.map(({ lot, who }) => `${lot}${who}`).join(' ')).toBe('xA yC xB yD xA yC xB yD');
    expect(sent.every(({ amount }, i) => i === 0 || amount > sent[i - 1]!.amount)).toBe(true);
  });

  it('lets everybody take a turn where there is one lot, and two where there are many', () => {
    expect([biddersPerLot(1, 400), biddersPerLot(10, 400), biddersPerLot(10_000, 400)]).toEqual([400, 40, 2]);
    expect(take(['x'], 5).map(({ who }) => who)).toEqual(['A', 'B', 'C', 'D', 'A']);
  });

  it('goes on where the last one on the same lots ended, higher than all of it', () => {
    const lots = ['x', 'y'];
    const before = turnOf(lots);
    noteSent(lots, 3);
    const next = turnOf(lots);
    expect([before.first, next.first]).toEqual([0, 3]);
    expect(next.amount).toBeGreaterThan(before.amount + 3);
    expect(take(lots, 1, next.first)[0]).toMatchObject({ lot: 'y', who: 'D' });
  });

  it('says how long its body is', () => {
    const [head, body] = take(['x'], 1)[0]!.value.split('\r\n\r\n');
    expect(head).toContain(`content-length: ${body!.length}`);
  });

  it('is read from the last line of wrk, whatever wrk prints before', () => {
    const line = { sent: 9, answered: 9, accepted: 8, others: { '422 x': 1 }, unanswered: 0, seconds: 1.5 };
    const said = JSON.stringify({ ...line, latencyMs: [[50, 1.2]] });
    const text = `Running 1s test @ http://h\n  9 requests in 1.50s\n${said}\n`;
    expect(readAnswer(text)).toEqual({ ...line, latencyMs: [[50, 1.2]] });
    expect(() => readAnswer('unable to connect to h:1')).toThrow(/unable to connect/);
  });

  it('is an answer once all bytes of its body have come', () => {
    const body = '{"code":"报"}';
    const head = `HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const answer = Buffer.from(head + body).toString('latin1');
    expect(wholeAnswer(answer)).toEqual({ status: 422, body: Buffer.from(body).toString('latin1') });
    expect(wholeAnswer(answer.slice(0, -1))).toBeUndefined();
    expect(wholeAnswer('HTTP/1.1 200 OK\r\ncontent-le')).toBeUndefined();
  });

  it('reads the rate of pgbench, and refuses one in which a part failed', () => {
    const said = (failed: number) =>
      `number of transactions actually processed: 1200\nnumber of failed transactions: ${failed} (0.1%)\n` +
      'latency average = 1 ms\ntps = 601.5 (without initial connection time)\n';
    expect(readTransactions(said(0))).toEqual({ count: 1200, perSecond: 601.5 });
    expect(() => readTransactions(said(2))).toThrow(/2 transactions failed/);
    expect(
      readTransactions('number of transactions actually processed: 0\nnumber of failed transactions: 0 (NaN%)'),
    ).toEqual({
      count: 0,
      perSecond: 0,
    });
    expect(() => readTransactions('pgbench: error')).toThrow(/nothing that can be read/);
  });
});

describe('medians and ranges', () => {
  it('take the middle, or the mean of the two in the middle', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
  });
  it('a percentile is a value that was measured', () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.99, 0.999, 1].map((share) => percentile(sorted, share))).toEqual([1, 50, 99, 100, 100]);
  });
});
