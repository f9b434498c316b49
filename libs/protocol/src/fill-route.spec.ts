import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fillQuery, fillRoute } from './fill-route.ts';

describe('a route', () => {
  it('takes its parameters and leaves the rest', () => {
    expect(fillRoute('POST /v1/sales/:saleId/bids/:round', { saleId: 's', round: 2, priceFen: '1' })).toEqual({
      path: '/v1/sales/s/bids/2',
      rest: { priceFen: '1' },
    });
  });

  it.each([[{}], [{ saleId: undefined }], [{ saleId: '' }]])('is not filled from %j', (input) => {
    expect(() => fillRoute('GET /v1/sales/:saleId', input)).toThrow('GET /v1/sales/:saleId needs saleId');
  });

  it('is read back as it was filled, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (saleId) => {
        const { path } = fillRoute('GET /v1/sales/:saleId/money', { saleId });
        const [, , , written, last, ...more] = path.split('/');
        expect([decodeURIComponent(written!), last, more]).toEqual([saleId, 'money', []]);
      }),
    );
  });
});

describe('a query string', () => {
  it('has every value there is, lists by repetition', () => {
    expect(
      fillQuery('GET /v1/sales', { q: '豫 知&', limit: 20, open: true, kinds: ['a', 'b'], after: undefined }),
    ).toBe('/v1/sales?q=%E8%B1%AB+%E7%9F%A5%26&limit=20&open=true&kinds=a&kinds=b');
  });

  it('is absent when there is nothing to say', () => {
    expect(fillQuery('GET /v1/sales', { after: undefined, kinds: [] })).toBe('/v1/sales');
  });
});
