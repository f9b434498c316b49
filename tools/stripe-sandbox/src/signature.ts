import { createHmac } from 'node:crypto';

/** The Stripe-Signature header: the real time in seconds, and what the secret makes of it and the body. */
export function signatureOf(secret: string, payload: string, seconds = Math.floor(Date.now() / 1000)): string {
  const digest = createHmac('sha256', secret).update(`${seconds}.${payload}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
