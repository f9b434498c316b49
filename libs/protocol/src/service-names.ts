/** Everybody who owns something and is sent commands. */
export const SERVICES = ['identity', 'register', 'listings', 'bidding', 'contracts', 'escrow', 'oversight'] as const;
export type ServiceName = (typeof SERVICES)[number];
