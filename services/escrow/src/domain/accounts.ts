/** Codes of the book's accounts. */
export const RAIL = 'psp:stripe';
export const RAIL_COST = 'expense:psp';
export const FEE_INCOME = 'revenue:fee';
/** Money that came in for nothing we know of; it goes back. */
export const UNASKED = 'wallet:unasked';
export const depositOf = (saleId: string, party: string): string => `deposit:${saleId}:${party}`;
export const escrowOf = (saleId: string): string => `escrow:${saleId}`;
export const payableTo = (party: string): string => `payable:${party}`;
