import { Receive, type Received } from '@yuzhi/chassis/answers';
import { refuse } from '@yuzhi/messaging/decision';
import { stripeWebhook } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { PaymentRail, type RailEvent, SignatureInvalid } from './payment-rail.ts';
import { RailInbox } from './rail-inbox.ts';

/** Takes a webhook down and says so at once; what it means is looked up afterwards. */
@Injectable()
export class RailHook {
  constructor(
    private readonly rail: PaymentRail,
    private readonly inbox: RailInbox,
  ) {}

  @Receive(stripeWebhook)
  async receive({ body, headers }: Received<typeof stripeWebhook>) {
    let event: RailEvent;
    try {
      event = this.rail.read(body, headers['stripe-signature'] as string | undefined);
    } catch (error) {
      if (error instanceof SignatureInvalid) return refuse('signature-invalid');
      throw error;
    }
    await this.inbox.keep([event]);
    return { received: true as const };
  }
}
