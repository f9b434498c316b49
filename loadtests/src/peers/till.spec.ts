import { asEscrow, TILL } from './till.ts';

describe("the till's door", () => {
  it('asks as escrow itself, whoever signed in, and leaves everything else as it was', () => {
    const principal = { party: '91410100DEM500005X', person: 'p', roles: ['bidder', 'finance'] };
    const envelope = { id: '1', idempotencyKey: 'a "principal":{} b', key: 'main', principal, data: { saleId: 's' } };
    const escrow = { party: 'service:escrow', person: 'service:escrow', roles: ['service'] };
    expect(JSON.parse(asEscrow(JSON.stringify(envelope))!)).toEqual({ ...envelope, principal: escrow });
    expect(asEscrow(null)).toBeNull();
  });

  it('opens commands that the product keeps to its services', () => {
    for (const { route, type } of Object.values(TILL))
      expect([route, type]).toEqual([expect.any(String), expect.stringMatching(/^escrow\./)]);
  });
});
