import { applyDeposit, noteRail } from '@yuzhi/protocol/escrow';
import type { Command } from '@yuzhi/protocol/declare';

const opened = (command: Command, route: `POST /${string}`): Command => ({ ...command, route, permission: ['bidder'] });

/** Commands that only services send, with an address of their own: on the bench's door, and on no other. */
export const TILL = {
  random: opened(applyDeposit, 'POST /v1/till/applied-deposits'),
  hot: opened(noteRail, 'POST /v1/till/charges'),
};

const PRINCIPAL = /"principal":\{[^}]*\}/;
const ESCROW = '"principal":{"party":"service:escrow","person":"service:escrow","roles":["service"]}';

/** Whoever signed in, it is escrow itself that asks: the owner takes these commands from nobody else. */
export const asEscrow = (value: string | null): string | null => value && value.replace(PRINCIPAL, ESCROW);
