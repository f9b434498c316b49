import { randomUUID } from 'node:crypto';
import { approveListing, getListing, retryListing, submitListing } from '@yuzhi/protocol/listings';
import { listSetAside } from '@yuzhi/protocol/ops';
import { getPatent, reservePatent } from '@yuzhi/protocol/register';
import { eventually } from './eventually.ts';
import { invented } from './invented.ts';
import { importInto, Sale } from './sale.ts';
import type { Firm, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;
/** By the rulebook: three attempts, an hour each. */
export const [ATTEMPTS, ATTEMPT_MS] = [3, HOUR_MS];

/** A listing whose patent the register fails to let go, for its mirror does not hold it. */
export class StuckListing {
  private constructor(
    readonly stage: Stage,
    readonly seller: Firm,
    readonly saleId: string,
    /** In the mirror. */
    readonly known: ReturnType<typeof invented>[number],
    /** The one that is offered, and is not. */
    readonly unknown: typeof known,
  ) {}

  /** `firstSerial`: of two patents. */
  static async draft(stage: Stage, seller: Firm, firstSerial: number): Promise<StuckListing> {
    const [known, unknown] = invented(2, [seller], firstSerial);
    await stage.office.enter([known!]);
    await importInto(stage, seller.client, known!.number);
    const { saleId } = await Sale.draft(stage, seller, { patentNumber: unknown!.number, inventors: [] });
    return new StuckListing(stage, seller, saleId, known!, unknown!);
  }

  seen = () => this.seller.client.ask(getListing, { saleId: this.saleId });
  /** How often the register has failed. */
  setAside = async () =>
    (await this.stage.desk.ask(listSetAside, {})).items.filter(({ key }) => key === this.unknown.number).length;

  /** Approved, refused by the register, and then told that the register holds its patent after all. */
  async begin(): Promise<void> {
    const { saleId, seller, stage } = this;
    await seller.client.send(submitListing, { saleId });
    await stage.desk.send(approveListing, { saleId });
    await eventually('its return', async () => (await this.seen()).status === 'returned');
    await this.#pretendToHold();
  }
  /** Until it is asked no more. */
  async stick(): Promise<void> {
    const { stage } = this;
    await this.begin();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await eventually(`failure ${attempt}`, async () => (await this.setAside()) === attempt);
      await stage.advanceTo((await stage.now()) + ATTEMPT_MS);
    }
    await eventually('a stuck listing', async () => (await this.seen()).stuck);
  }
  /** The cause is put right. */
  async mend(): Promise<void> {
    await this.stage.office.enter([this.unknown]);
    await importInto(this.stage, this.seller.client, this.unknown.number);
  }

  /** As register would write it by a mistake of ours: that it holds for the sale a patent which it has refused. */
  async #pretendToHold(): Promise<void> {
    const { stage, seller, saleId, known, unknown } = this;
    const { entry } = await stage.anyone.ask(getPatent, { patentNumber: known.number });
    const id = randomUUID();
    const principal = { party: 'service:register', person: 'service:register', roles: ['service'] };
    const asked = { patentNumber: unknown.number, saleId, seller: seller.uscc, purpose: 'transfer' };
    const outcome = { status: 200, code: 'done', body: { ...entry, patentNumber: unknown.number } };
    const data = { of: reservePatent.type, askKey: unknown.number, asked, outcome };
    const envelope = { id, idempotencyKey: id, type: 'platform.answer.v1', key: saleId, principal, data };
    const body = JSON.stringify({ topic: retryListing.topic, key: saleId, value: JSON.stringify(envelope) });
    const written = await fetch(`${process.env['YUZHI_REHEARSAL_URL']}/records`, { method: 'POST', body });
    if (!written.ok) throw new Error(`the rehearsal refused a record: ${await written.text()}`);
  }
}
